"""Partners, and how fresh what they gave is."""

from datetime import datetime
from typing import Self

import strawberry

from directory.disclosure import Role
from directory.records import utc
from directory.store.views import Health, PartnerState, ServedFrom
from schema import ids
from schema.context import Info
from schema.enums import publish
from schema.fields import resolved

publish(
    Health,
    "How a partner's directory answers.",
    {
        Health.UP: "Its last harvest was accepted.",
        Health.DEGRADED: "Its last harvest failed; what was read before is served.",
        Health.DOWN: "Several harvests failed in a row, or none was ever accepted; what there is of it is served.",
        Health.PAUSED: "A steward stopped its harvests; what was read before is served.",
    },
)
publish(
    ServedFrom,
    "Where the values of a partner's listings come from in an answer.",
    {
        ServedFrom.LIVE: "Read from the partner for this very answer.",
        ServedFrom.CACHE: "The last accepted harvest, which is the last attempted.",
        ServedFrom.STALE_CACHE: "The last accepted harvest; a later one failed.",
        ServedFrom.NOTHING: "No harvest was ever accepted.",
    },
)


@strawberry.type(description="An organisation whose member directory is read.")
class Partner(ids.Node):
    """A partner as its settings describe it, with its state."""

    code: str = strawberry.field(
        description="Its short name (`cmar`), lasting; filters and keys take it as well as the id."
    )
    name: str = strawberry.field(description="The name people know it by.")
    organisation: str = strawberry.field(description="The organisation behind the directory.")
    url: str | None = strawberry.field(description="Its web site.")
    licence: str | None = strawberry.field(description="The licence under which its listings may be used again.")
    state: strawberry.Private[PartnerState]

    @classmethod
    def of(cls, state: PartnerState) -> Self:
        """The partner in this state."""
        info = state.info
        return cls(
            id=ids.encode("Partner", info.id),
            code=info.id,
            name=info.name,
            organisation=info.organisation,
            url=info.url or None,
            licence=info.licence,
            state=state,
        )

    @resolved("How much it contributes now, and how fresh it is.")
    def status(self, info: Info) -> "PartnerStatus":
        return PartnerStatus.of(self.state, info.context.clock(), info.context.caller.role)


@strawberry.type(description="How much a partner contributes to answers now, and how fresh it is.")
class PartnerStatus:
    """The state of one partner at the instant of the answer."""

    partner: Partner = strawberry.field(description="The partner spoken of.")
    status: Health = strawberry.field(description="How the partner's directory answers.")
    age_seconds: int | None = strawberry.field(
        description="Seconds since the last accepted harvest; null when there was none."
    )
    members: int = strawberry.field(description="How many of its listings are served.")
    problem: str | None = strawberry.field(
        description="What is wrong with it, in one sentence; null when nothing is. Stewards are told the cause."
    )
    served_from: ServedFrom = strawberry.field(description="Where its values come from in this answer.")
    last_attempt_at: datetime | None = strawberry.field(
        description="When it was last harvested, with or without success."
    )
    last_success_at: datetime | None = strawberry.field(description="When its last accepted harvest was.")

    @classmethod
    def of(cls, state: PartnerState, now: datetime, role: Role) -> Self:
        """The partner's state as it is ``now``."""
        return cls(
            partner=Partner.of(state),
            status=state.health,
            age_seconds=_age(state.last_success_at, now),
            members=state.record_count,
            problem=_problem(state.problem, role),
            served_from=state.served_from,
            last_attempt_at=state.last_attempt_at,
            last_success_at=state.last_success_at,
        )


def _problem(cause: str | None, role: Role) -> str | None:
    """The cause may name servers and settings: it is for those who mend them."""
    if cause is None or role is Role.STEWARD:
        return cause
    return "Its last harvest failed; what was read before is served."


def _age(since: datetime | None, now: datetime) -> int | None:
    # A harvest of another machine may end "after" our own clock's now.
    return None if since is None else max(0, int((now - utc(since)).total_seconds()))


async def partner_of(info: Info, code: str) -> Partner:
    """The partner that the store names by this short code; the store names none that is not registered."""
    return Partner.of((await info.context.loaders.partners())[code])


async def every_status(info: Info) -> list[PartnerStatus]:
    """The state of every partner, in order of their codes."""
    now = info.context.clock()
    role = info.context.caller.role
    return [PartnerStatus.of(state, now, role) for state in (await info.context.loaders.partners()).values()]


@strawberry.type
class PartnerQuery:
    """Root fields about partners."""

    @resolved("Every partner whose directory is read, with its state.")
    async def partners(self, info: Info) -> list[Partner]:
        return [Partner.of(state) for state in (await info.context.loaders.partners()).values()]
