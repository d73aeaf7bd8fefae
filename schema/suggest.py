"""Completing what is being typed, in GraphQL: companies, activities and places, in one list."""

from typing import Annotated, Self

import strawberry

from directory import geography, records
from directory.disclosure import Role, visible
from directory.search.catalogue import Answer
from directory.search.suggest import MAX_TEXT, MOST, Company, Suggested, SuggestionKind, named
from directory.search.writing import Fit
from directory.store.reading import StoredSupplier
from schema import ids
from schema.arguments import ABSENT, given
from schema.classification import Activity
from schema.context import Info
from schema.cost import FEW, counted_by, holds, weighs
from schema.enums import publish
from schema.fields import resolved

publish(
    SuggestionKind,
    "What is suggested.",
    {
        SuggestionKind.COMPANY: "A company in business, by its name or a trade name.",
        SuggestionKind.ACTIVITY: "An activity, by its official label or what the trade calls it.",
        SuggestionKind.PLACE: "A commune, an intercommunality, a department or a region, by its name or a postcode.",
    },
)

DEFAULT = 8


@strawberry.type(description="A stretch of a text, to be shown in bold.")
class TextPart:
    """Where a text answers what is typed."""

    start: int = strawberry.field(description="Where it starts, in characters (Unicode code points) from 0.")
    length: int = strawberry.field(description="How many characters it has.")


@strawberry.type(description="Something that may be meant by what is typed.")
class Suggestion:
    """A line of the list under an input."""

    kind: SuggestionKind = strawberry.field(description="What it is.")
    text: str = strawberry.field(description="What to show: the name that answers what is typed.")
    value: str = strawberry.field(
        description="What it stands for: the id of a supplier, the NAF sub-class of an activity (as `where: {naf}` "
        "takes it), the official code of a place (as `where: {locatedIn}` takes it)."
    )
    matches: list[TextPart] = strawberry.field(
        description="The parts of `text` that answer, in their order.", directives=[holds(FEW)]
    )
    detail: str | None = strawberry.field(
        description="A line to show beside it, in French: commune and activity of a company, code and official label "
        "of an activity, kind and department of a place; null where none is known."
    )

    @classmethod
    def of(cls, kind: SuggestionKind, value: str, fit: Fit, detail: str | None) -> Self:
        """The suggestion of a value by the name that answers."""
        parts = [TextPart(start=part.start, length=part.length) for part in fit.parts]
        return cls(kind=kind, text=fit.text, value=value, matches=parts, detail=detail)


@strawberry.type
class SuggestQuery:
    """The root field that completes."""

    @resolved(
        "What may be meant by a text that is being typed: every word of it begins a word of the name, accents and "
        "case aside. Names that begin so come first; then companies of the best quality, activities that most "
        "suppliers have, the most populous places, the kinds in turn. Where next to nothing answers, one slip is "
        "forgiven in words of four letters and more, two from eight on.",
        weighs(40),
        counted_by("first", otherwise=DEFAULT),
    )
    async def suggest(
        self,
        info: Info,
        text: Annotated[
            str, strawberry.argument(description=f"What has been typed so far; at most {MAX_TEXT} characters.")
        ],
        kinds: Annotated[
            list[SuggestionKind] | None,
            strawberry.argument(description="What to suggest, in the order of preference; everything unless said."),
        ] = ABSENT,
        first: Annotated[int | None, strawberry.argument(description=f"How many at most, from 0 to {MOST}.")] = DEFAULT,
    ) -> list[Suggestion]:
        index, trades = info.context.index(), info.context.understander().trades
        wanted = tuple(given(kinds) or SuggestionKind)
        found = await index.answer(index.suggest, text, wanted, DEFAULT if first is None else first, trades)
        numbers = [each.found.supplier for each in found if isinstance(each.found, Company)]
        stored = dict(zip(numbers, await info.context.loaders.suppliers.load_many(numbers), strict=True))
        return [shown for each in found if (shown := _shown(each, text, stored))]


def _shown(suggested: Suggested, text: str, stored: dict[int, StoredSupplier | None]) -> Suggestion | None:
    found = suggested.found
    if isinstance(found, Answer):
        return Suggestion.of(suggested.kind, found.entry.value, found.fit, found.entry.detail)
    known = stored[found.supplier]
    # The store may be ahead of the index: who is gone, hidden, merged, masked or named otherwise by now is left out. It
    # is shown as to the public, whoever asks: a list under an input is seen by whoever looks over the shoulder.
    record = visible(known.supplier, Role.PUBLIC) if known and known.supplier.id == found.supplier else None
    names = [name for name in (record.name, *record.trade_names) if name != records.MASK] if record else []
    fit = named(names, text)
    if record is None or fit is None:
        return None
    return Suggestion.of(suggested.kind, ids.encode("Supplier", record.id), fit, _detail(record))


def _detail(supplier: records.Supplier) -> str | None:
    """Where a company is and what it does."""
    site = supplier.head_office
    commune = geography.commune(site.address.commune_code or "") if site else None
    written = site.address.commune if site else None
    town = commune.name if commune else written
    activity = Activity.of(supplier.activities[0]).label if supplier.activities else None
    return " · ".join(filter(None, (town, activity))) or None
