"""Related suppliers: companies that are one group or go by one sign, and why."""

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from directory.relations import Relation, RelationReason
from schema import paging
from schema.context import Info
from schema.enums import publish

if TYPE_CHECKING:
    from schema.supplier import Supplier

publish(
    RelationReason,
    "Why two suppliers are related; they stay two.",
    {
        RelationReason.GROUP_NAME: "One has a group's name that the other bears (`groupe X`, `X holding`), and both "
        "have one site or one address.",
        RelationReason.SAME_SITE: "They have one web site.",
        RelationReason.SAME_SIGN: "They go by one sign, as do others in several towns: a chain or a franchise.",
    },
)


@strawberry.type(description="Another supplier that has to do with this one.")
class RelatedSupplier:
    """A relation, seen from one of the two."""

    supplier: Annotated["Supplier", strawberry.lazy("schema.supplier")] = strawberry.field(
        description="The other supplier."
    )
    reason: RelationReason = strawberry.field(description="Why they are related.")
    detail: str = strawberry.field(
        description="What relates them, in comparable form: the site, the sign, or the group's name."
    )

    @classmethod
    def of(cls, relation: Relation, supplier: "Supplier") -> Self:
        """The relation to this supplier."""
        return cls(supplier=supplier, reason=relation.reason, detail=relation.detail)


async def related_to(info: Info, number: int, first: int | None) -> list[RelatedSupplier]:
    """The first relations of the supplier with this number, the strongest first."""
    from schema.supplier import suppliers_of  # noqa: PLC0415  # the two types name each other

    size = paging.size(10 if first is None else first)
    relations = (await info.context.loaders.relations_of.load(number))[:size]
    found = await suppliers_of(info, [relation.supplier for relation in relations])
    return [
        RelatedSupplier.of(relation, supplier)
        for relation, supplier in zip(relations, found, strict=True)
        if supplier is not None
    ]
