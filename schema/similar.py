"""More like this: suppliers that have much in common with one, and what."""

from typing import TYPE_CHECKING, Annotated, Final, Self

import strawberry

from directory import records
from directory.disclosure import Field, Sight
from directory.nomenclature import naf
from directory.portrait import SIZES
from directory.records import CompanySize
from directory.search.document import label_name
from directory.search.likeness import Likeness, Reason, Similar
from schema.context import Info
from schema.cost import FEW, holds
from schema.enums import publish
from schema.errors import BadInput

if TYPE_CHECKING:
    from schema.filters import Near
    from schema.supplier import Supplier

DEFAULT: Final = 10
MOST: Final = 50

publish(
    Likeness,
    "In what two suppliers are alike.",
    {
        Likeness.ACTIVITY: "Activity: the same sub-class, class or group of the NAF.",
        Likeness.WORDS: "Uncommon words with which both say what they do.",
        Likeness.LABELS: "Labels that both hold.",
        Likeness.SIZE: "The enterprise category.",
        Likeness.NEARNESS: "Where they are.",
    },
    name="SimilarityKind",
)
# What a likeness would tell of the other supplier.
_TOLD: Final = {
    Likeness.ACTIVITY: Field.ACTIVITIES,
    Likeness.WORDS: Field.DESCRIPTION,
    Likeness.LABELS: Field.LABELS,
    Likeness.SIZE: Field.HEADCOUNT,
    Likeness.NEARNESS: Field.LOCATION,
}


@strawberry.type(description="One thing that two suppliers have in common.")
class SimilarityReason:
    """A reason."""

    kind: Likeness = strawberry.field(description="In what they are alike.")
    detail: str = strawberry.field(description="What they have in common: a sentence in French.")
    points: int = strawberry.field(description="What it adds to the score.")

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """The reason in words."""
        return cls(kind=reason.kind, detail=_detail(reason), points=reason.points)


@strawberry.type(description="A supplier that is much like another.")
class SimilarSupplier:
    """A likeness, seen from one of the two."""

    supplier: Annotated["Supplier", strawberry.lazy("schema.supplier")] = strawberry.field(
        description="The other supplier."
    )
    score: int = strawberry.field(
        description="How much they have in common: the points of the reasons, to be compared within one answer only."
    )
    reasons: list[SimilarityReason] = strawberry.field(
        description="What they have in common, what counts most first.", directives=[holds(FEW)]
    )


async def similar_to(
    info: Info, supplier: records.Supplier, first: int | None, near: "Near | None"
) -> list[SimilarSupplier]:
    """The suppliers most like this one that the caller may see."""
    from schema.filters import near_of  # noqa: PLC0415  # its enumerations are published with the suppliers
    from schema.supplier import suppliers_of  # noqa: PLC0415  # the two types name each other

    size = DEFAULT if first is None else first
    if not 0 <= size <= MOST:
        raise BadInput(f"`first` is a number from 0 to {MOST}.")
    found = await info.context.similar(supplier, size, near_of(near))
    pairs = zip(found, await suppliers_of(info, [each.id for each in found]), strict=True)
    # The store may be ahead of the index: who is gone, hidden or merged since then is left out.
    seen = [
        _similar(info, each, other, is_near=near is not None)
        for each, other in pairs
        if other and other.record.id == each.id
    ]
    return [each for each in seen if each]


def _similar(info: Info, found: Similar, other: "Supplier", *, is_near: bool) -> SimilarSupplier | None:
    """The likeness by what may be shown of the other supplier now."""
    sight = Sight.of(other.record, info.context.caller.role)
    reasons = [reason for reason in found.reasons if sight.sees(_TOLD[reason.kind])]
    if not reasons or (is_near and not sight.sees(Field.LOCATION)):
        return None
    return SimilarSupplier(
        supplier=other,
        score=sum(reason.points for reason in reasons),
        reasons=[SimilarityReason.of(reason) for reason in reasons],
    )


def _detail(reason: Reason) -> str:
    match reason.kind:
        case Likeness.ACTIVITY:
            return "Activité : " + " ; ".join(f"{naf.label(code) or code} ({code})" for code in reason.common)
        case Likeness.WORDS:
            return "Mots en commun : " + ", ".join(reason.common)
        case Likeness.LABELS:
            return "Labels en commun : " + ", ".join(map(label_name, reason.common))
        case Likeness.SIZE:
            return "Même taille : " + SIZES[CompanySize(reason.common[0])]
        case Likeness.NEARNESS:
            return f"À moins de {reason.common[0]} km"
