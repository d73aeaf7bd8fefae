"""The search: a page of suppliers in order, their number, their facets, and what each partner contributed."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Annotated, Self, cast

import strawberry

from directory.disclosure import Sight
from directory.records import PartnerKind
from directory.search import query as search
from directory.search.access import finds_by_place, may_be_placed
from directory.search.query import Clue, FacetField, Hit, Results, SearchQuery
from directory.search.reasons import reasons
from schema import paging
from schema.arguments import ABSENT, given
from schema.context import Info
from schema.cost import SEVERAL, counted_by, holds, weighs
from schema.enums import publish
from schema.errors import BadInput
from schema.fields import resolved
from schema.filters import BEST_FIRST, Near, SupplierOrder, SupplierWhere, near_of, order_of, where_of
from schema.hot import Lasting
from schema.interpretation import WITHOUT, Interpretation
from schema.meant import meant
from schema.paging import AFTER, BEFORE, FIRST, LAST, PageInfo, window_of
from schema.partner import PartnerStatus, every_status
from schema.reason import MatchReason, told
from schema.selection import selects
from schema.supplier import Supplier, suppliers_of

publish(
    FacetField,
    "What the suppliers found can be counted by.",
    {
        FacetField.NAF: "Activity, by NAF sub-class.",
        FacetField.NAF_DIVISION: "Activity, by NAF division (`43`).",
        FacetField.NAF_SECTION: "Activity, by NAF section (`F`).",
        FacetField.SIZE: "Enterprise category.",
        FacetField.LABEL: "Label.",
        FacetField.RESPONSIBLE_PURCHASING: "Whether a label counts for responsible purchasing.",
        FacetField.PARTNER: "Partner that lists them.",
        FacetField.PARTNER_COUNT: "How many partners list them: so many or more, as `minPartners` takes it.",
        FacetField.DEPARTMENT: "Department of a site.",
        FacetField.EPCI: "Intercommunality (EPCI) of a site.",
        FacetField.COMMUNE: "Commune of a site.",
        FacetField.LEGAL_FORM: "Legal form.",
        FacetField.STATUS: "Whether in business.",
        FacetField.HAS: "Fields that are known; e-mail and phone for roles that may see contacts.",
        FacetField.QUALITY: "Quality score: so much or more, as `minQuality` takes it.",
    },
)

DEFAULT_BUCKETS = 20
MAX_BUCKETS = 100


@strawberry.type(description="One value and how many of the suppliers found have it.")
class FacetBucket:
    """A line of a facet."""

    value: str = strawberry.field(description="The value, as the filter of the same name takes it.")
    label: str = strawberry.field(description="What it is called, in French.")
    count: int = strawberry.field(description="How many suppliers have it.")
    selected: bool = strawberry.field(description="Whether `where` names it now.")


@strawberry.type(
    description="The most frequent values of a field, over all the suppliers found and those that would be if the "
    "field's own filter were left out: the other choices that there are.",
    directives=[weighs(10)],
)
class Facet:
    """A facet, most frequent values first."""

    field: FacetField = strawberry.field(description="What is counted by.")
    buckets: list[FacetBucket] = strawberry.field(description="The values, most frequent first.")
    other_count: int = strawberry.field(description="The counts of the values left out, added up.")


@strawberry.type(description="A supplier found, and its place among the rest.")
class SupplierEdge(Lasting):
    """The Relay edge."""

    cursor: str = strawberry.field(description="Its place, to be given as `after` or `before`.")
    node: Supplier = strawberry.field(description="The supplier.")
    score: float | None = strawberry.field(
        description="How well it answers `query`, to be compared within one answer only."
    )
    distance_km: float | None = strawberry.field(
        description="Kilometres to its nearest site; null without `near` and without such a place in `query`."
    )
    page: strawberry.Private["SupplierConnection"]

    @resolved("Why it was found and stands here; empty where it was not ranked by relevance.", holds(SEVERAL))
    async def reasons(self, info: Info) -> list[MatchReason]:
        if self.score is None:
            return []
        loaders, record = info.context.loaders, self.node.record
        near = self.page.question.near
        found = reasons(record, self.page.clues, near.radius_km if near else None, self.distance_km)
        sight = Sight.of(record, info.context.caller.role)
        provenance = sight.provenance(await loaders.provenance_of.load(record.id))
        return told(found, provenance, await loaders.partners(), self.distance_km)


@strawberry.type(description="A page of the suppliers found, and what can be said of all of them.")
class SupplierConnection:
    """The Relay connection. The search has run once; what else it takes to answer is read when it is asked for.

    ``asked`` is all that the page depends on, for one state of the store.
    """

    page_info: PageInfo = strawberry.field(description="Where this page lies among the rest.")
    asked: strawberry.Private[Hashable]
    question: strawberry.Private[SearchQuery]
    hits: strawberry.Private[Sequence[Hit]]
    total: strawberry.Private[int | None]
    clues: strawberry.Private[Sequence[Clue]]

    @classmethod
    def of(cls, asked: Hashable, question: SearchQuery, results: Results) -> Self:
        """The page of these results."""
        cursors = [hit.cursor for hit in results.hits]
        return cls(
            page_info=PageInfo.around(cursors, has_next=results.has_next, has_previous=results.has_previous),
            asked=asked,
            question=question,
            hits=results.hits,
            total=results.total,
            clues=results.clues,
        )

    @resolved("What was understood of `query`; null without it.")
    def interpretation(self) -> Interpretation | None:
        return Interpretation.of(self.question.understood) if self.question.understood else None

    @resolved("How many suppliers were found in all.", weighs(5))
    def total_count(self) -> int:
        return cast("int", self.total)  # the search counts whenever this field is asked for

    @resolved("The suppliers of this page with their places.")
    async def edges(self, info: Info) -> list[SupplierEdge]:
        pages = info.context.hot.pages
        known: list[SupplierEdge] | None = pages.get(self.asked)
        if known is None:
            known = await self._placed(info)
            pages.put(self.asked, known)
        return known

    async def _placed(self, info: Info) -> list[SupplierEdge]:
        return [
            SupplierEdge(
                cursor=hit.cursor,
                node=node,
                score=hit.score,
                distance_km=hit.distance_km and _metres(hit.distance_km),
                page=self,
            )
            for hit, node in await self._found(info)
        ]

    @resolved("The suppliers of this page alone.")
    async def nodes(self, info: Info) -> list[Supplier]:
        return [node for _, node in await self._found(info)]

    @resolved(
        "Counts over all the suppliers found, in the order of `of`. The filter of the field counted is left out of its "
        "own counts (`naf` of NAF, NAF_DIVISION and NAF_SECTION; `locatedIn` of DEPARTMENT, EPCI and COMMUNE; `labels` "
        "of LABEL; `partners` of PARTNER …), every other one holds, `not` and those named `all…` too.",
        counted_by("of", "top", otherwise=DEFAULT_BUCKETS, in_fields=("buckets",)),
    )
    async def facets(
        self,
        info: Info,
        of: Annotated[list[FacetField], strawberry.argument(description="What to count by.")],
        top: Annotated[
            int | None, strawberry.argument(description=f"How many values to give for each, at most {MAX_BUCKETS}.")
        ] = DEFAULT_BUCKETS,
    ) -> list[Facet]:
        wanted = tuple(dict.fromkeys(of))
        index = info.context.index()
        found = await info.context.found(index.facets, self.question, wanted, _buckets(top))
        names = await _partner_names(info) if FacetField.PARTNER in wanted else {}
        return [_facet(facet, names) for facet in found]

    @resolved("What each partner contributes to this answer: which one is missing or stale.", weighs(5), holds(SEVERAL))
    async def coverage(self, info: Info) -> list[PartnerStatus]:
        return [each for each in await every_status(info) if each.partner.state.info.kind is PartnerKind.DIRECTORY]

    async def _found(self, info: Info) -> list[tuple[Hit, Supplier]]:
        known = await suppliers_of(info, [hit.id for hit in self.hits])
        # The store may be ahead of the index: who is gone, hidden or merged since then is left out of the page …
        found = [
            (hit, supplier)
            for hit, supplier in zip(self.hits, known, strict=True)
            if supplier and supplier.record.id == hit.id
        ]
        if not finds_by_place(self.question):
            return found
        # … and so is whoever was found by a place that may not be shown any more.
        return [(hit, supplier) for hit, supplier in found if may_be_placed(self.question, supplier.record)]


async def _partner_names(info: Info) -> dict[str, str]:
    return {code: state.info.name for code, state in (await info.context.loaders.partners()).items()}


def _buckets(top: int | None) -> int:
    count = DEFAULT_BUCKETS if top is None else top
    if not 1 <= count <= MAX_BUCKETS:
        raise BadInput(f"`top` is a number from 1 to {MAX_BUCKETS}.")
    return count


def _facet(facet: search.Facet, partner_names: Mapping[str, str]) -> Facet:
    names = partner_names if facet.field is FacetField.PARTNER else {}
    return Facet(
        field=facet.field,
        buckets=[
            FacetBucket(
                value=bucket.value,
                label=names.get(bucket.value, bucket.label),
                count=bucket.count,
                selected=bucket.selected,
            )
            for bucket in facet.buckets
        ],
        other_count=facet.other_count,
    )


@strawberry.type
class SuppliersQuery:
    """The root field that searches."""

    @resolved(
        "Suppliers that answer a question, each company once whoever lists it.",
        weighs(40),
        counted_by("first", "last", otherwise=paging.DEFAULT, in_fields=("edges", "nodes")),
    )
    async def suppliers(
        self,
        info: Info,
        *,
        query: Annotated[
            str | None, strawberry.argument(description="Words, in French: trade, name, what is sold.")
        ] = ABSENT,
        without: Annotated[list[str] | None, strawberry.argument(description=WITHOUT)] = ABSENT,
        where: Annotated[SupplierWhere | None, strawberry.argument(description="Filters that must hold.")] = ABSENT,
        near: Annotated[
            Near | None, strawberry.argument(description="Only suppliers with a site in this disc.")
        ] = ABSENT,
        order_by: Annotated[
            SupplierOrder | None, strawberry.argument(description="Their order; relevance unless said.")
        ] = BEST_FIRST,
        first: Annotated[int | None, strawberry.argument(description=FIRST)] = ABSENT,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = ABSENT,
        last: Annotated[int | None, strawberry.argument(description=LAST)] = ABSENT,
        before: Annotated[str | None, strawberry.argument(description=BEFORE)] = ABSENT,
    ) -> SupplierConnection:
        count = selects(info, "totalCount")
        window = window_of(given(first), given(after), given(last), given(before), count=count)
        role = info.context.caller.role
        question = SearchQuery(
            text=given(query), where=where_of(where, role), near=near_of(near), order=order_of(order_by), role=role
        )
        question = meant(question, without or (), info.context.understander)
        index = info.context.index()
        found = await info.context.found(index.search, question, window)
        return SupplierConnection.of((index.meta.generation, question, window), question, found)


def _metres(km: float) -> float:
    """No finer than a metre: points are given to five decimals at best."""
    return round(km, 3)
