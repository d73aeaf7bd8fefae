"""Stewards' decisions about matching and values. Each is kept with its author and its reason, and can be undone.

A decision is answered with the suppliers as they are after it: what it changes is computed before the answer is given.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Self

import strawberry

from directory import stewardship
from directory.resolution import resolve
from directory.stewardship import Conflicting, Meaningless, Refused, Stale, Unknown, decide
from schema import ids, paging
from schema.arguments import ABSENT, given
from schema.context import Info
from schema.cost import EDIT, FEW, holds
from schema.decision import Decision
from schema.enums import publish
from schema.errors import BadInput
from schema.match_review import TYPE as REVIEW
from schema.match_review import pair_of
from schema.payload import ErrorCode, UserError, reason_error
from schema.roles import for_stewards
from schema.run_decision import Reason
from schema.supplier import Supplier, supplier_of
from schema.supplier_field import SupplierField

NO_SUCH_REVIEW = "This pair does not wait for a decision (any more)."
CODES: Mapping[type[Refused], ErrorCode] = {
    Unknown: ErrorCode.NOT_FOUND,
    Meaningless: ErrorCode.INVALID,
    Conflicting: ErrorCode.CONFLICT,
    Stale: ErrorCode.STALE_VERSION,
}

SupplierId = Annotated[strawberry.ID, strawberry.argument(description="The supplier.")]
Version = Annotated[
    str, strawberry.argument(description="What the decision is made on: `Supplier.version` as it was looked at.")
]
Field = Annotated[SupplierField, strawberry.argument(description="The field.")]


class Answer(StrEnum):
    """What a steward says to a question."""

    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"


publish(
    Answer,
    "What a steward answers: are the two listings one company?",
    {Answer.CONFIRMED: "They are one company.", Answer.REJECTED: "They are two companies."},
    name="MatchAnswer",
)


@strawberry.input(description="An answer to one question.")
class MatchDecisionInput:
    """One of several answers."""

    review: strawberry.ID = strawberry.field(description="The question: `MatchReview.id`.")
    decision: Answer = strawberry.field(description="The answer.")
    version: str = strawberry.field(description="What it is made on: `MatchReview.version` as it was looked at.")
    same_site: bool | None = strawberry.field(
        default=ABSENT, description="With CONFIRMED: they are one establishment too. False unless said."
    )


@strawberry.type(description="What was decided and what has become of the suppliers, or why nothing was decided.")
class SupplierPayload:
    """What every mutation of this module answers."""

    supplier: Supplier | None = strawberry.field(
        description="The supplier that was named, or its survivor, as it is now; null where none was, or on errors."
    )
    suppliers: list[Supplier] = strawberry.field(
        description="Every supplier that has one of the listings decided on, as it is now.", directives=[holds(FEW)]
    )
    decisions: list[Decision] = strawberry.field(
        description="What was kept, in the order given.", directives=[holds(FEW)]
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was decided; empty when all went well.", directives=[holds(FEW)]
    )

    @classmethod
    def failed(cls, error: UserError) -> Self:
        """Nothing was decided."""
        return cls(supplier=None, suppliers=[], decisions=[], user_errors=[error])


class _Fault(Exception):
    """An argument cannot be taken."""

    def __init__(self, error: UserError) -> None:
        super().__init__(error.message)
        self.error = error


Making = Callable[[], Sequence[stewardship.Decision]]


@strawberry.type
class StewardMutation:
    """Root fields that decide on matches, suppliers and their values."""

    @for_stewards(
        "Answer a question of the queue. It is about its two listings alone: suppliers are merged by name.", EDIT
    )
    async def match_decide(
        self,
        info: Info,
        review: Annotated[strawberry.ID, strawberry.argument(description="The question: `MatchReview.id`.")],
        decision: Annotated[Answer, strawberry.argument(description="The answer.")],
        version: Annotated[
            str, strawberry.argument(description="What it is made on: `MatchReview.version` as it was looked at.")
        ],
        reason: Reason,
        same_site: Annotated[
            bool | None,
            strawberry.argument(description="With CONFIRMED: they are one establishment too. False unless said."),
        ] = ABSENT,
    ) -> SupplierPayload:
        said = MatchDecisionInput(review=review, decision=decision, version=version, same_site=given(same_site))
        if error := reason_error(reason) or await _no_review(info, [said], None):
            return SupplierPayload.failed(error)
        return await _decide(info, lambda: [_answer(said)], reason)

    @for_stewards("Answer several questions of the queue: all of them or, if one cannot be, none.", EDIT)
    async def match_decide_many(
        self,
        info: Info,
        decisions: Annotated[
            list[MatchDecisionInput], strawberry.argument(description=f"The answers, at most {paging.MAX}.")
        ],
        reason: Reason,
    ) -> SupplierPayload:
        many = "decisions"
        if len(decisions) > paging.MAX:
            sentence = f"{len(decisions)} answers are too many at once; give at most {paging.MAX}."
            return SupplierPayload.failed(UserError.of(many, ErrorCode.TOO_MANY, sentence))
        if not decisions:
            return SupplierPayload.failed(UserError.of(many, ErrorCode.INVALID, "Give at least one answer."))
        if error := reason_error(reason) or await _no_review(info, decisions, many):
            return SupplierPayload.failed(error)
        return await _decide(info, lambda: [_answer(said) for said in decisions], reason, many=many)

    @for_stewards(
        "Merge suppliers: all their listings are one company from now on, whatever is harvested. Never those of two "
        "SIRENs. The ids of all of them lead to the supplier that they become.",
        EDIT,
    )
    async def supplier_merge(
        self,
        info: Info,
        into: Annotated[strawberry.ID, strawberry.argument(description="The supplier whose id stays.")],
        from_: Annotated[
            list[strawberry.ID], strawberry.argument(name="from", description="The suppliers merged into it.")
        ],
        versions: Annotated[
            list[str],
            strawberry.argument(
                description="What the decision is made on: `Supplier.version` of `into`, then of each of `from`."
            ),
        ],
        reason: Reason,
    ) -> SupplierPayload:
        def make() -> Sequence[stewardship.Decision]:
            others = tuple(_number("Supplier", "from", each) for each in from_)
            return [stewardship.Merge(into=_number("Supplier", "into", into), others=others, versions=tuple(versions))]

        return await _decide(info, make, reason, supplier=into)

    @for_stewards(
        "Split listings off from a supplier: from now on they are another company, all of them the same one. The part "
        "with most listings keeps the id.",
        EDIT,
    )
    async def supplier_split(
        self,
        info: Info,
        id: SupplierId,  # noqa: A002
        listings: Annotated[
            list[strawberry.ID], strawberry.argument(description="The listings that leave; at least one must stay.")
        ],
        version: Version,
        reason: Reason,
    ) -> SupplierPayload:
        def make() -> Sequence[stewardship.Decision]:
            gone = tuple(_number("Listing", "listings", each) for each in listings)
            return [stewardship.Split(supplier=_number("Supplier", "id", id), listings=gone, version=version)]

        return await _decide(info, make, reason, supplier=id)

    @for_stewards("Move a listing to another supplier: it is one company with that one's listings from now on.", EDIT)
    async def listing_move(
        self,
        info: Info,
        listing: Annotated[strawberry.ID, strawberry.argument(description="The listing.")],
        to: Annotated[strawberry.ID, strawberry.argument(description="The supplier that it belongs to.")],
        versions: Annotated[
            list[str],
            strawberry.argument(
                description="What the decision is made on: `Supplier.version` of its present supplier, then of `to`."
            ),
        ],
        reason: Reason,
    ) -> SupplierPayload:
        def make() -> Sequence[stewardship.Decision]:
            number, target = _number("Listing", "listing", listing), _number("Supplier", "to", to)
            return [stewardship.Move(listing=number, to=target, versions=tuple(versions))]

        return await _decide(info, make, reason, supplier=to)

    @for_stewards(
        "Fix a field of a supplier to what one of its listings says, whatever has priority. What partial diffusion "
        "hides stays hidden. Of activities and labels, those of that listing alone remain.",
        EDIT,
    )
    async def supplier_pin_field(
        self,
        info: Info,
        id: SupplierId,  # noqa: A002
        field: Field,
        from_listing: Annotated[strawberry.ID, strawberry.argument(description="The listing whose value is taken.")],
        version: Version,
        reason: Reason,
    ) -> SupplierPayload:
        def make() -> Sequence[stewardship.Decision]:
            supplier, listing = _number("Supplier", "id", id), _number("Listing", "fromListing", from_listing)
            return [stewardship.Pin(supplier=supplier, field=field, listing=listing, version=version)]

        return await _decide(info, make, reason, supplier=id)

    @for_stewards("Let a field of a supplier be chosen by the rules again.", EDIT)
    async def supplier_unpin_field(
        self,
        info: Info,
        id: SupplierId,  # noqa: A002
        field: Field,
        version: Version,
        reason: Reason,
    ) -> SupplierPayload:
        def make() -> Sequence[stewardship.Decision]:
            return [stewardship.Unpin(supplier=_number("Supplier", "id", id), field=field, version=version)]

        return await _decide(info, make, reason, supplier=id)

    @for_stewards("Take a decision back, as if it had never been made; both stay on record.", EDIT)
    async def decision_undo(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The decision.")],  # noqa: A002
        reason: Reason,
    ) -> SupplierPayload:
        return await _decide(info, lambda: [stewardship.Undo(_number("Decision", "id", id))], reason)


async def _decide(
    info: Info, make: Making, reason: str, *, supplier: strawberry.ID | None = None, many: str | None = None
) -> SupplierPayload:
    """Keep the decisions, bring the suppliers up to date, and answer with them."""
    context = info.context
    if error := reason_error(reason):
        return SupplierPayload.failed(error)
    try:
        numbers = await decide(
            context.database, make(), author=context.caller.author, reason=reason.strip(), clock=context.clock
        )
    except _Fault as fault:
        return SupplierPayload.failed(fault.error)
    except Refused as refusal:
        return SupplierPayload.failed(_error(refusal, many))
    await resolve(context.database, matcher=context.matcher(), clock=context.clock)
    context.forget()
    return await _payload(info, numbers, supplier)


async def _payload(info: Info, numbers: Sequence[int], supplier: strawberry.ID | None) -> SupplierPayload:
    loaders = info.context.loaders
    acts = [act for act in await loaders.stewards.acts.load_many(numbers) if act]
    keys = list(dict.fromkeys(key for act in acts for key in act.listings))
    listings = [number for number in await loaders.stewards.listing_ids.load_many(keys) if number]
    stored = [each for each in await loaders.listings.load_many(listings) if each]
    homes = sorted({each.supplier_id for each in stored if each.supplier_id})
    found = await asyncio.gather(*(supplier_of(info, number) for number in homes))
    named = await supplier_of(info, ids.number_of("Supplier", supplier)) if supplier else None
    return SupplierPayload(
        supplier=named,
        suppliers=[each for each in found if each],
        decisions=[Decision.of(act) for act in acts],
        user_errors=[],
    )


async def _no_review(info: Info, answers: Sequence[MatchDecisionInput], many: str | None) -> UserError | None:
    """What is wrong with the questions, if anything."""
    for place, said in enumerate(answers):
        path = ["review"] if many is None else [many, str(place), "review"]
        try:
            pair = pair_of(ids.key_of(REVIEW, said.review))
        except BadInput as refusal:
            return UserError(field=path, code=ErrorCode.INVALID, message=str(refusal))
        if await info.context.loaders.stewards.reviews.load(pair) is None:
            return UserError(field=path, code=ErrorCode.NOT_FOUND, message=NO_SUCH_REVIEW)
    return None


def _answer(said: MatchDecisionInput) -> stewardship.Decision:
    left, right = pair_of(ids.key_of(REVIEW, said.review))
    if said.decision is Answer.REJECTED:
        return stewardship.Reject(left=left, right=right, version=said.version)
    same_site = bool(given(said.same_site))
    return stewardship.Confirm(left=left, right=right, version=said.version, same_site=same_site)


def _number(type_name: str, argument: str, opaque: str) -> int:
    try:
        return ids.number_of(type_name, opaque)
    except BadInput as refusal:
        raise _Fault(UserError.of(argument, ErrorCode.INVALID, str(refusal))) from None


def _error(refusal: Refused, many: str | None) -> UserError:
    path = [refusal.about] if many is None else [many, str(refusal.place), refusal.about]
    return UserError(field=path, code=CODES[type(refusal)], message=str(refusal))
