"""Partners, and how fresh what they gave is."""

from datetime import datetime
from typing import Annotated, Self

import strawberry
from msgspec.structs import asdict

from directory.disclosure import Role
from directory.records import PartnerKind, utc
from directory.store.quality import PartnerQuality
from directory.store.views import Health, PartnerState, ServedFrom
from schema import ids, paging
from schema.context import Info
from schema.cost import SEVERAL, counted_by, holds, weighs
from schema.enums import publish
from schema.fields import resolved
from schema.roles import sees_harvests
from schema.run import HarvestRun, runs_of

publish(
    PartnerKind,
    "What a partner is to the directory.",
    {
        PartnerKind.DIRECTORY: "Its members are listed because they belong to it.",
        PartnerKind.REGISTER: "An official register: it says what is so of companies that others list.",
    },
)
publish(
    Health,
    "How a partner's directory answers.",
    {
        Health.UP: "Its last harvest was accepted.",
        Health.DEGRADED: "Its last harvest failed or is held for a steward; what was read before is served.",
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
        ServedFrom.STALE_CACHE: "The last accepted harvest; a later one failed or is held for a steward.",
        ServedFrom.NOTHING: "No harvest was ever accepted.",
    },
)


@strawberry.type(description="How good a partner's own data is; shares are from 0 to 1, null without members.")
class DataQuality:
    """A partner's listings in numbers."""

    members: int = strawberry.field(description="How many members are counted.")
    valid_siren: float | None = strawberry.field(description="Share with a SIREN that passes its check.")
    valid_address: float | None = strawberry.field(description="Share with an address whose commune is known.")
    located: float | None = strawberry.field(description="Share with a place of their own on the map.")
    duplicates: int = strawberry.field(description="Listings that repeat another one of the same partner.")
    closed_in_register: int = strawberry.field(description="Members that the official register says have closed.")
    unknown_to_register: int = strawberry.field(description="Members whose SIREN the official register does not know.")
    freshness_days_median: float | None = strawberry.field(
        description="Median age in days: since the partner changed a member or, where it does not say, since the hub "
        "first read it as it is."
    )

    @classmethod
    def of(cls, quality: PartnerQuality) -> Self:
        """The numbers, as the store counts them."""
        return cls(**asdict(quality))


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
    kind: PartnerKind = strawberry.field(description="What it is to the directory.")
    next_run_at: datetime | None = strawberry.field(
        description="When the schedule harvests it next; null while it is paused, or before its first harvest."
    )
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
            kind=info.kind,
            next_run_at=state.due_at,
            state=state,
        )

    @resolved("How much it contributes now, and how fresh it is.")
    def status(self, info: Info) -> "PartnerStatus":
        return PartnerStatus.of(self.state, info.context.clock(), info.context.caller.role)

    @resolved(
        "Its latest harvests, newest first; null for all but stewards and the partner itself.",
        weighs(5),
        counted_by("first", otherwise=10),
    )
    async def runs(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=f"How many to give, at most {paging.MAX}.")] = 10,
    ) -> list[HarvestRun] | None:
        return await runs_of(info, self.code, first)

    @resolved("The harvest that waits for a steward; null when none does, and for those who may not see `runs`.")
    def held_run(self, info: Info) -> HarvestRun | None:
        held = self.state.held
        return HarvestRun.of(held) if held and sees_harvests(info, self.code) else None

    @resolved(
        "How good its own data is; null for all but stewards and the partner itself. Looks at all its listings.",
        weighs(200),
    )
    async def data_quality(self, info: Info) -> "DataQuality | None":
        if not sees_harvests(info, self.code):
            return None
        return DataQuality.of(await info.context.loaders.quality_of.load(self.code))


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

    @resolved("Every partner whose directory is read, with its state.", holds(SEVERAL))
    async def partners(self, info: Info) -> list[Partner]:
        return [Partner.of(state) for state in (await info.context.loaders.partners()).values()]
