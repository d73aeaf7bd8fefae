"""The queue of pairs of listings that wait for a steward's answer."""

from datetime import datetime
from typing import Annotated, Self

import strawberry

from directory.disclosure import Role
from directory.matching.contract import ReviewReason
from directory.store.reviews import Pair, Place, ReviewFilter, StoredReview
from schema import ids, paging
from schema.arguments import ABSENT, given
from schema.context import Info
from schema.cost import counted_by, weighs
from schema.enums import publish
from schema.errors import BadCursor, BadInput
from schema.fields import resolved
from schema.listing import Listing, listing_of
from schema.paging import AFTER, FIRST, PageInfo
from schema.roles import for_stewards
from schema.supplier import Supplier, supplier_of

publish(
    ReviewReason,
    "Why a pair of listings waits for a steward.",
    {
        ReviewReason.LIKELY: "They are alike, but not enough to be joined without asking.",
        ReviewReason.TWO_COMPANIES: "They are alike enough, but have two valid SIRENs, or two SIRETs for one site.",
        ReviewReason.UNSURE_CLUSTER: "They are alike enough, but the other listings of their two suppliers are not.",
        ReviewReason.CONTRADICTION: "Stewards decided what cannot all be true.",
    },
)

TYPE = "MatchReview"
CURSOR = "review"


@strawberry.input(description="Every filter given must hold; values inside one list are alternatives.")
class MatchReviewWhere:
    """Filters of the queue."""

    partner: strawberry.ID | None = strawberry.field(
        default=ABSENT, description="One of the two listings is this partner's: its id, or its short code (`cmar`)."
    )
    min_weight: float | None = strawberry.field(default=ABSENT, description="Match weight of at least this, in bits.")
    max_weight: float | None = strawberry.field(default=ABSENT, description="Match weight of at most this, in bits.")
    reasons: list[ReviewReason] | None = strawberry.field(default=ABSENT, description="Waits for one of these reasons.")


@strawberry.type(description="Two listings of two suppliers: are they one company?")
class MatchReview(ids.Node):
    """A question that waits."""

    reason: ReviewReason = strawberry.field(description="Why it waits.")
    weight: float = strawberry.field(description="How much speaks for one company, in bits; below 0, against it.")
    confidence: float = strawberry.field(description="How sure it is that they are one company, from 0 to 1.")
    gain: float = strawberry.field(
        description="What an answer is expected to bring, by which the queue is ordered: confidence, times the pairs "
        "of listings that a yes would join, times how open the question is (1 at one in two, 0 where it is answered)."
    )
    listing_count: int = strawberry.field(description="How many listings the two suppliers have together.")
    created_at: datetime = strawberry.field(description="Since when it waits.")
    pair: strawberry.Private[Pair]

    @classmethod
    def of(cls, review: StoredReview) -> Self:
        """The question as the store keeps it; whoever makes one has asked whether the caller is a steward."""
        return cls(
            id=ids.encode(TYPE, f"{review.left}-{review.right}"),
            reason=review.reason,
            weight=review.weight,
            confidence=review.confidence,
            gain=review.gain,
            listing_count=review.listings,
            created_at=review.created_at,
            pair=(review.left, review.right),
        )

    @resolved("What an answer names to say what it was made on; null when it has just been settled.")
    async def version(self, info: Info) -> str | None:
        return await info.context.loaders.stewards.review_version_of.load(self.pair)

    @resolved("One of the two listings; null when it has just been withdrawn.")
    async def left(self, info: Info) -> Listing | None:
        return await listing_of(info, self.pair[0])

    @resolved("The other one; null when it has just been withdrawn.")
    async def right(self, info: Info) -> Listing | None:
        return await listing_of(info, self.pair[1])

    @resolved("The supplier of `left`.")
    async def left_supplier(self, info: Info) -> Supplier | None:
        return await _supplier(info, self.pair[0])

    @resolved("The supplier of `right`.")
    async def right_supplier(self, info: Info) -> Supplier | None:
        return await _supplier(info, self.pair[1])


async def _supplier(info: Info, listing: int) -> Supplier | None:
    stored = await info.context.loaders.listings.load(listing)
    return await supplier_of(info, stored.supplier_id) if stored else None


@strawberry.type(description="A question and its place in the queue.")
class MatchReviewEdge:
    """The Relay edge."""

    cursor: str = strawberry.field(description="Its place, to be given as `after`.")
    node: MatchReview = strawberry.field(description="The question.")


@strawberry.type(description="A page of the queue, the question whose answer brings most first.")
class MatchReviewConnection:
    """The Relay connection."""

    edges: list[MatchReviewEdge] = strawberry.field(description="The questions with their places.")
    nodes: list[MatchReview] = strawberry.field(description="The questions alone.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the queue.")
    where: strawberry.Private[ReviewFilter]

    @resolved("How many questions wait in all.", weighs(5))
    async def total_count(self, info: Info) -> int:
        return await info.context.reader.stewards.review_count(self.where)


@strawberry.type
class MatchReviewQuery:
    """The root field of the queue."""

    @for_stewards(
        "Pairs of listings that wait for a steward, the answer that brings most first.",
        weighs(20),
        counted_by("first", otherwise=paging.DEFAULT, in_fields=("edges", "nodes")),
    )
    async def match_reviews(
        self,
        info: Info,
        where: Annotated[MatchReviewWhere | None, strawberry.argument(description="Filters that must hold.")] = ABSENT,
        first: Annotated[int | None, strawberry.argument(description=FIRST)] = ABSENT,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = ABSENT,
    ) -> MatchReviewConnection:
        size, wanted, behind = paging.size(given(first)), _filter(given(where)), given(after)
        found = await info.context.reader.stewards.reviews(wanted, _place(behind), size + 1)
        nodes = [MatchReview.of(each) for each in found[:size]]
        cursors = [paging.cursor(CURSOR, "|".join(map(repr, each.place))) for each in found[:size]]
        return MatchReviewConnection(
            edges=[MatchReviewEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
            nodes=nodes,
            page_info=PageInfo.around(cursors, has_next=len(found) > size, has_previous=behind is not None),
            where=wanted,
        )


async def review_of(info: Info, key: str) -> MatchReview | None:
    """The question with this key; ``None`` when it does not wait or the caller is no steward."""
    pair = pair_of(key)
    if info.context.caller.role is not Role.STEWARD:
        return None
    review = await info.context.loaders.stewards.reviews.load(pair)
    return MatchReview.of(review) if review else None


def pair_of(key: str) -> Pair:
    """The two listings in the key of a question. Raises :class:`BadInput`."""
    left, dash, right = key.partition("-")
    if not dash:
        raise BadInput(ids.NOT_OURS)
    return ids.as_number(left), ids.as_number(right)


def _filter(where: MatchReviewWhere | None) -> ReviewFilter:
    if not where:
        return ReviewFilter()
    partner = given(where.partner)
    return ReviewFilter(
        partner=ids.code_of("Partner", partner) if partner else None,
        min_weight=given(where.min_weight),
        max_weight=given(where.max_weight),
        reasons=tuple(given(where.reasons) or ()),
    )


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    try:
        gain, left, right = paging.place(CURSOR, after).split("|")
        return float(gain), ids.as_number(left), ids.as_number(right)
    except (ValueError, BadInput):
        raise BadCursor(paging.NOT_OURS) from None
