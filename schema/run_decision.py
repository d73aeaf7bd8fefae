"""A steward accepts or rejects a harvest that is held. Either is kept as a decision, with its author and its reason."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Protocol, Self

import strawberry

from directory import held
from directory.held import NotHeld
from directory.store.database import Database
from directory.store.partners import Run
from schema import ids
from schema.context import Info
from schema.cost import EDIT, FEW, holds
from schema.errors import BadInput
from schema.payload import ErrorCode, UserError, reason_error
from schema.roles import for_stewards
from schema.run import HarvestRun

HeldRun = Annotated[strawberry.ID, strawberry.argument(description="The harvest that is held: `Partner.heldRun`.")]
Reason = Annotated[
    str, strawberry.argument(description="Why, in at most 1,000 characters; it is kept with the decision.")
]


class Decide(Protocol):
    """:func:`directory.held.accept` or :func:`directory.held.reject`."""

    def __call__(
        self, database: Database, run_id: int, *, author: str, reason: str, clock: Callable[[], datetime]
    ) -> Awaitable[Run]:
        """Raises :class:`NotHeld`."""
        ...


@strawberry.type(description="A harvest that was decided on, or why it was not.")
class RunPayload:
    """What :class:`RunMutation` answers."""

    run: HarvestRun | None = strawberry.field(description="The harvest as it is now; null when nothing was decided.")
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was decided; empty when all went well.", directives=[holds(FEW)]
    )

    @classmethod
    def failed(cls, error: UserError) -> Self:
        """Nothing was decided."""
        return cls(run=None, user_errors=[error])


@strawberry.type
class RunMutation:
    """Root fields that decide on held harvests."""

    @for_stewards("Apply a harvest that is held: what it read is served from now on.", EDIT)
    async def run_accept(self, info: Info, id: HeldRun, reason: Reason) -> RunPayload:  # noqa: A002
        return await _decide(info, id, reason, held.accept)

    @for_stewards("Drop a harvest that is held: what was read before stays served, the next harvest reads anew.", EDIT)
    async def run_reject(self, info: Info, id: HeldRun, reason: Reason) -> RunPayload:  # noqa: A002
        return await _decide(info, id, reason, held.reject)


async def _decide(info: Info, opaque: str, reason: str, decide: Decide) -> RunPayload:
    context = info.context
    if error := reason_error(reason):
        return RunPayload.failed(error)
    try:
        number = ids.number_of("HarvestRun", opaque)
    except BadInput as refusal:
        return RunPayload.failed(UserError.of("id", ErrorCode.INVALID, str(refusal)))
    if await context.loaders.runs.load(number) is None:
        return RunPayload.failed(UserError.of("id", ErrorCode.NOT_FOUND, "There is no such harvest."))
    try:
        run = await decide(
            context.database, number, author=context.caller.author, reason=reason.strip(), clock=context.clock
        )
    except NotHeld as obstacle:
        return RunPayload.failed(UserError.of("id", ErrorCode.CONFLICT, str(obstacle)))
    finally:
        context.forget()
    return RunPayload(run=HarvestRun.of(run), user_errors=[])
