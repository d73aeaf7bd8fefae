"""The life of a harvest run: begun, kept alive, accepted, held or refused, and forgotten one day.

A run that is ``RUNNING`` owns its partner until ``alive_until``, which its process moves on while it lives. When that
instant has passed the process is dead, and whoever comes next buries the run: refused, with nothing left behind. A run
that is ``HELD`` keeps what it has staged until a steward decides or a later run overtakes it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import PartnerInfo, PartnerKind
from directory.store import copies, partners, staging
from directory.store.database import LOCK_TIMEOUT
from directory.store.listings import listing
from directory.store.partners import Run, RunKind, RunSkip, RunStatus, RunTrigger, as_run, partner, run, run_skip

# A heartbeat may wait for its turn to write as long as any writer may: its run must not be taken for dead meanwhile.
LEASE = timedelta(seconds=1.5 * LOCK_TIMEOUT)
KEPT_RUNS = 200
KEPT_FOR = timedelta(days=90)
PRUNED_AT_ONCE = 20  # each is looked for among all listings by the database itself
ASIDE = frozenset({RunKind.MEMBERS, RunKind.REPLAY})  # beside the harvests: these move nothing that a harvest goes by
DIED = "The program stopped before the run had ended; harvest again."


class Begun(Struct, frozen=True, kw_only=True):
    """A run at its start: where to read from (``None``: everything), and the partner's members so far.

    The run is ``REFUSED``, with its reason, when the partner is paused or another run of it is alive.
    """

    run: Run
    cursor: str | None
    members: int


async def begin(
    connection: AsyncConnection,
    info: PartnerInfo,
    *,
    full: bool,
    at: datetime,
    kind: RunKind | None = None,
    trigger: RunTrigger = RunTrigger.MANUAL,
) -> Begun:
    """Start a run of a partner, which becomes known by it, and delete old ones that nobody asks for any more.

    ``kind`` is given for what goes on beside the harvests.
    """
    await partners.register(connection, info)
    known = await claimed(connection, info.id, at)
    obstacle = f"{info.name} is paused; resume it to harvest it again." if known.paused else None
    obstacle = obstacle or await rival(connection, info.id, info.name)
    is_aside = kind in ASIDE
    cursor = None if full or is_aside else known.cursor
    kind = kind if kind and is_aside else RunKind.FULL if cursor is None else RunKind.INCREMENTAL
    values: dict[str, Any] = {"partner": info.id, "kind": kind, "trigger": trigger, "started_at": at}
    values |= {"since": cursor, "alive_until": at + LEASE}
    if obstacle:
        values |= {"status": RunStatus.REFUSED, "ended_at": at, "problem": obstacle}
    else:
        values |= {"status": RunStatus.RUNNING}
        if not is_aside or info.kind is PartnerKind.REGISTER:
            await connection.execute(update(partner).where(partner.c.id == info.id).values(last_attempt_at=at))
    begun = await _add(connection, values)
    await prune(connection, info.id, at)
    return Begun(run=begun, cursor=cursor, members=known.members)


async def claimed(connection: AsyncConnection, partner_id: str, at: datetime) -> Row[Any]:
    """The partner's row, which nobody else claims before this transaction ends, and its dead runs buried."""
    # On PostgreSQL this row is what two runs of one partner queue for; on SQLite the transaction has the lock already.
    claim = select(partner).where(partner.c.id == partner_id).with_for_update()
    known = (await connection.execute(claim)).one()
    await _bury(connection, at)
    return known


async def rival(connection: AsyncConnection, partner_id: str, name: str) -> str | None:
    """What to say when a run of the partner is alive."""
    alive = select(run.c.started_at).where(run.c.partner == partner_id, run.c.status == RunStatus.RUNNING)
    since = await connection.scalar(alive)
    if since is None:
        return None
    return f"{name} is already being harvested, since {since:%Y-%m-%d %H:%M:%S} UTC; wait for that run to end."


async def keep_alive(connection: AsyncConnection, run_id: int, at: datetime) -> None:
    """Say that the run's process lives."""
    await connection.execute(_running(run_id).values(alive_until=at + LEASE))


async def owned(connection: AsyncConnection, run_id: int) -> bool:
    """Whether the run is still running, which nobody else can then end before this transaction does."""
    mine = select(run.c.id).where(run.c.id == run_id, run.c.status == RunStatus.RUNNING).with_for_update()
    return (await connection.scalar(mine)) is not None


async def end(
    connection: AsyncConnection, run_id: int, status: RunStatus, at: datetime, values: Mapping[str, Any]
) -> Run:
    """Close the run with its counts and drop what waited with it; one that was closed already stays as it is."""
    closing = _open(run_id).values(status=status, ended_at=at, shape=None, **values)
    closed = (await connection.execute(closing.returning(run))).mappings().one_or_none()
    await staging.forget(connection, run_id)
    return as_run(closed) if closed else await _as_it_is(connection, run_id)


async def hold(connection: AsyncConnection, run_id: int, at: datetime, values: Mapping[str, Any]) -> Run:
    """Leave the run to a steward, with what it has staged."""
    await connection.execute(_open(run_id).values(status=RunStatus.HELD, ended_at=at, **values))
    return await _as_it_is(connection, run_id)


async def fail(connection: AsyncConnection, run_id: int, at: datetime, values: Mapping[str, Any]) -> Run:
    """Refuse a run that did not come to its end: nothing can be made of what it was answered.

    One that did stays as it is, as when its process was interrupted after it had been concluded.
    """
    if (await proven(connection, run_id)).scope is not None:
        return await _as_it_is(connection, run_id)
    await copies.forget(connection, run_id)
    return await end(connection, run_id, RunStatus.REFUSED, at, values)


async def overtake(connection: AsyncConnection, partner_id: str, later: int) -> None:
    """Reject the partner's held run, if there is one: a later run says more than it."""
    held = await partners.held_run(connection, partner_id)
    if held is not None and held.id != later:
        problem = f"Run {later} overtook this one before a steward had decided."
        await end(connection, held.id, RunStatus.REJECTED, held.ended_at or held.started_at, {"problem": problem})


async def prune(connection: AsyncConnection, partner_id: str, at: datetime) -> None:
    """Delete a few of the partner's oldest runs that nobody asks for any more.

    Kept are the newest ones, young ones, held ones, those that a listing or a copy names, the last that read everything
    and, of those since, the ones whose skipped rows the next run is compared with.
    """
    mine = run.c.partner == partner_id
    newest = select(run.c.id).where(mine).order_by(run.c.id.desc()).offset(KEPT_RUNS - 1).limit(1).scalar_subquery()
    is_old = and_(mine, run.c.id < newest, run.c.ended_at < at - KEPT_FOR, run.c.status != RunStatus.HELD)
    accepted = mine, run.c.status == RunStatus.ACCEPTED, run.c.kind == RunKind.FULL
    whole = func.coalesce(select(func.max(run.c.id)).where(*accepted).scalar_subquery(), 0)
    is_compared = or_(run.c.id == whole, and_(run.c.id > whole, exists().where(run_skip.c.run_id == run.c.id)))
    old = (await connection.scalars(select(run.c.id).where(is_old, ~is_compared, ~copies.HAS_COPIES))).all()
    if old:
        named = set(
            await connection.scalars(select(listing.c.run_id).where(listing.c.partner == partner_id).distinct())
        )
        unnamed = [each for each in old if each not in named][:PRUNED_AT_ONCE]
        await connection.execute(delete(run).where(run.c.id.in_(unnamed)))


async def add_skips(connection: AsyncConnection, run_id: int, skips: Sequence[RunSkip]) -> None:
    """Keep rows of the run that were not used."""
    if skips:
        rows = [{"run_id": run_id, **{name: getattr(skip, name) for name in skip.__struct_fields__}} for skip in skips]
        await connection.execute(insert(run_skip), rows)


async def proven(connection: AsyncConnection, run_id: int) -> Row[Any, Any, Any, Any]:
    """What the End of a run said: its ``scope``, ``cursor`` and ``shape``, and whether a sweep was ``swept``."""
    said = run.c.scope, run.c.swept, run.c.cursor, run.c.shape
    return (await connection.execute(select(*said).where(run.c.id == run_id))).one()


async def _bury(connection: AsyncConnection, at: datetime) -> None:
    """Refuse the runs whose process has died; their partners are not to blame.

    A run that is being concluded is locked by its process, whose heartbeat waits meanwhile: it is not dead.
    """
    dead = select(run.c.id).where(run.c.status == RunStatus.RUNNING, run.c.alive_until < at)
    for run_id in (await connection.scalars(dead.with_for_update(skip_locked=True))).all():
        await fail(connection, run_id, at, {"problem": DIED})


async def _add(connection: AsyncConnection, values: Mapping[str, Any]) -> Run:
    return as_run((await connection.execute(insert(run).values(values).returning(run))).mappings().one())


async def _as_it_is(connection: AsyncConnection, run_id: int) -> Run:
    return as_run((await connection.execute(select(run).where(run.c.id == run_id))).mappings().one())


def _running(run_id: int) -> Any:
    return update(run).where(run.c.id == run_id, run.c.status == RunStatus.RUNNING)


def _open(run_id: int) -> Any:
    return update(run).where(run.c.id == run_id, run.c.status.in_((RunStatus.RUNNING, RunStatus.HELD)))
