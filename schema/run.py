"""Harvest runs: what each read, what it cost, what of it could not be used, and how the partner's records have drifted.

Stewards see those of every partner, a partner's own key sees its own; for everybody else they are null.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from directory.disclosure import Role
from directory.store import partners
from directory.store.partners import DriftKind, RunKind, RunSkip, RunStatus, RunTrigger
from schema import ids, paging
from schema.context import Info
from schema.cost import SEVERAL, counted_by, holds, weighs
from schema.enums import publish
from schema.fields import resolved
from schema.roles import sees_harvests

if TYPE_CHECKING:
    from schema.partner import Partner

publish(
    RunKind,
    "What a harvest read.",
    {
        RunKind.FULL: "The whole directory.",
        RunKind.INCREMENTAL: "What had changed since the last harvest.",
        RunKind.MEMBERS: "Some members that the partner named.",
        RunKind.REPLAY: "Kept copies of earlier harvests; the partner was not asked.",
    },
)
publish(
    RunStatus,
    "How a harvest ended.",
    {
        RunStatus.RUNNING: "It has not ended.",
        RunStatus.ACCEPTED: "What it read is served.",
        RunStatus.UNCHANGED: "Nothing had changed.",
        RunStatus.HELD: "It was read whole and waits for a steward; what was read before is served.",
        RunStatus.REJECTED: "It was held, then rejected by a steward or overtaken by a later one.",
        RunStatus.REFUSED: "It was not whole, or not to be trusted; nothing of it was used.",
    },
)
publish(
    RunTrigger,
    "Who asked for a harvest.",
    {
        RunTrigger.MANUAL: "The operator.",
        RunTrigger.SCHEDULE: "The partner's rhythm.",
        RunTrigger.WEBHOOK: "The partner, by a signed call.",
    },
)
publish(
    DriftKind,
    "How a field of a partner's own records differs from before.",
    {
        DriftKind.APPEARED: "It was not there.",
        DriftKind.VANISHED: "It is not there any more.",
        DriftKind.CHANGED_TYPE: "It holds another kind of value.",
    },
)


@strawberry.type(description="A field of a partner's own records that came, went or changed its type.")
class FieldDrift:
    """A line of the drift."""

    field: str = strawberry.field(description="Its place in the partner's records (`adresse.code_postal`).")
    kind: DriftKind = strawberry.field(description="How it differs.")
    before: str | None = strawberry.field(description="An example of its value before; null when there was none.")
    after: str | None = strawberry.field(description="An example of its value now; null when there is none.")

    @classmethod
    def of(cls, drift: partners.Drift) -> Self:
        """The difference, as the store keeps it."""
        return cls(field=drift.field, kind=drift.kind, before=drift.before or None, after=drift.after or None)


@strawberry.type(description="A record that a harvest did not use.")
class SkippedRecord:
    """One of the first rows left out."""

    external_id: str | None = strawberry.field(description="Its id at the partner's, where it had one.")
    reason: str = strawberry.field(description="Why it was not used, in one sentence.")
    excerpt: str | None = strawberry.field(description="How the record begins; null for all but stewards.")

    @classmethod
    def of(cls, skip: RunSkip, role: Role) -> Self:
        """The record as a caller of this role may see it."""
        excerpt = skip.excerpt if role is Role.STEWARD and skip.excerpt else None
        return cls(external_id=skip.external_id, reason=skip.reason, excerpt=excerpt)


@strawberry.type(description="One harvest of one partner. It changes what is served only when it is accepted.")
class HarvestRun(ids.Node):
    """A run with its counts."""

    number: int = strawberry.field(description="Its number, as `circuit harvest --accept` takes it.")
    kind: RunKind = strawberry.field(description="What it read.")
    trigger: RunTrigger = strawberry.field(description="Who asked for it.")
    status: RunStatus = strawberry.field(description="How it ended.")
    started_at: datetime = strawberry.field(description="When it began.")
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it runs.")
    read: int = strawberry.field(description="Records that the partner gave.")
    added: int = strawberry.field(description="Members that are new; of a held run, that would be.")
    changed: int = strawberry.field(description="Members that changed; of a held run, that would.")
    unchanged: int = strawberry.field(description="Members that are as they were.")
    withdrawn: int = strawberry.field(description="Members that are gone; of a held run, that would be.")
    skipped: int = strawberry.field(description="Records that could not be used, or that came twice.")
    size_bytes: float = strawberry.field(description="Bytes of records read, a whole number.")
    requests: int = strawberry.field(description="Requests sent to the partner.")
    retries: int = strawberry.field(description="Those of them that repeated an earlier one.")
    waited_seconds: float = strawberry.field(
        description="Seconds spent in pauses that the partner asked for, that a retry takes or that politeness does."
    )
    problem: str | None = strawberry.field(
        description="Why it was refused or is held, or what an accepted one left to the next; null when all is well."
    )
    drift: list[FieldDrift] = strawberry.field(
        description="How the fields of the partner's own records differ from the last accepted harvest.",
        directives=[holds(SEVERAL)],
    )
    partner_code: strawberry.Private[str]

    @classmethod
    def of(cls, run: partners.Run) -> Self:
        """The run as the store keeps it; whoever makes one has asked :func:`~schema.roles.sees_harvests`."""
        counts = "read", "added", "changed", "unchanged", "withdrawn", "skipped", "requests", "retries"
        return cls(
            id=ids.encode("HarvestRun", run.id),
            number=run.id,
            kind=run.kind,
            trigger=run.trigger,
            status=run.status,
            started_at=run.started_at,
            ended_at=run.ended_at,
            size_bytes=run.size_bytes,
            waited_seconds=run.waited_seconds,
            problem=run.problem,
            drift=[FieldDrift.of(each) for each in run.drift],
            partner_code=run.partner,
            **{name: getattr(run, name) for name in counts},
        )

    @resolved("The partner that was read.")
    async def partner(self, info: Info) -> Annotated["Partner", strawberry.lazy("schema.partner")]:
        from schema.partner import partner_of  # noqa: PLC0415  # the two types name each other

        return await partner_of(info, self.partner_code)

    @resolved("The first records that it did not use, with the reason.", weighs(5), counted_by("first", otherwise=20))
    async def skips(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=f"How many to give, at most {paging.MAX}.")] = 20,
    ) -> list[SkippedRecord]:
        wanted = paging.size(first)
        if not self.skipped:
            return []
        found = await info.context.loaders.skips_of.load((self.number, wanted))
        return [SkippedRecord.of(skip, info.context.caller.role) for skip in found]


async def runs_of(info: Info, partner: str, first: int) -> list[HarvestRun] | None:
    """The partner's latest runs, newest first; ``None`` for a caller who may not see them."""
    wanted = paging.size(first)
    if not sees_harvests(info, partner):
        return None
    return [HarvestRun.of(run) for run in await info.context.loaders.runs_of.load((partner, wanted))]


async def run_of(info: Info, number: int) -> HarvestRun | None:
    """The run of this number; ``None`` when it was forgotten or the caller may not see it."""
    run = await info.context.loaders.runs.load(number)
    return HarvestRun.of(run) if run and sees_harvests(info, run.partner) else None
