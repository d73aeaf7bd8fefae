"""A steward stops a partner's harvests, or lets them go on. Kept as a decision, with its author and its reason."""

from typing import Annotated, Self

import strawberry

from directory.pausing import pause
from schema import ids
from schema.context import Info
from schema.cost import EDIT, FEW, holds
from schema.partner import Partner, partner_of
from schema.payload import ErrorCode, UserError, reason_error
from schema.roles import for_stewards
from schema.run_decision import Reason


@strawberry.type(description="A partner that was changed, or why it was not.")
class PartnerPayload:
    """What :class:`PartnerMutation` answers."""

    partner: Partner | None = strawberry.field(description="The partner as it is now; null when nothing was changed.")
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was changed; empty when all went well.", directives=[holds(FEW)]
    )

    @classmethod
    def failed(cls, error: UserError) -> Self:
        """Nothing was changed."""
        return cls(partner=None, user_errors=[error])


@strawberry.type
class PartnerMutation:
    """The root field that pauses partners."""

    @for_stewards(
        "Stop the harvests of a partner, or let them go on; what was read before is served all the same.", EDIT
    )
    async def partner_pause(
        self,
        info: Info,
        id: Annotated[  # noqa: A002
            strawberry.ID, strawberry.argument(description="The partner: its id, or its short code (`cmar`).")
        ],
        paused: Annotated[bool, strawberry.argument(description="True to stop, false to let go on.")],
        reason: Reason,
    ) -> PartnerPayload:
        context, code = info.context, ids.code_of("Partner", id)
        if error := reason_error(reason):
            return PartnerPayload.failed(error)
        # What cannot be a code is not looked for: it may hold what no database takes.
        is_known = code in await context.loaders.partners() and await pause(
            context.database,
            code,
            paused=paused,
            author=context.caller.author,
            reason=reason.strip(),
            clock=context.clock,
        )
        context.forget()
        if not is_known:
            return PartnerPayload.failed(UserError.of("id", ErrorCode.NOT_FOUND, "There is no such partner."))
        return PartnerPayload(partner=await partner_of(info, code), user_errors=[])
