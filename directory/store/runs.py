"""The life of a harvest run: begun, kept alive, accepted or refused.

A run that is ``RUNNING`` owns its partner until ``alive_until``, which its process moves on while it lives. When that
instant has passed the process is dead, and whoever comes next buries the run: refused, with nothing left behind.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import PartnerInfo
from directory.store import partners
from directory.store.listings import staged_listing
from directory.store.partners import Run, RunKind, RunSkip, RunStatus, as_run, partner, run, run_skip

LEASE = timedelta(seconds=30)
DIED = "The program stopped before the run had ended; harvest again."


class Begun(Struct, frozen=True, kw_only=True):
    """A run at its start: where to read from (``None``: everything), and the partner's members so far.

    The run is ``REFUSED``, with its reason, when the partner is paused or another run of it is alive.
    """

    run: Run
    cursor: str | None
    members: int


async def begin(connection: AsyncConnection, info: PartnerInfo, *, full: bool, at: datetime) -> Begun:
    """Start a run of a partner, which becomes known by it."""
    await partners.register(connection, info)
    # On PostgreSQL this row is what two runs of one partner queue for; on SQLite the transaction has the lock already.
    known = (await connection.execute(select(partner).where(partner.c.id == info.id).with_for_update())).one()
    await _bury(connection, at)
    obstacle = f"{info.name} is paused; resume it to harvest it again." if known.paused else None
    obstacle = obstacle or await _rival(connection, info)
    cursor = None if full else known.cursor
    kind = RunKind.FULL if cursor is None else RunKind.INCREMENTAL
    values: dict[str, Any] = {"partner": info.id, "kind": kind, "started_at": at, "alive_until": at + LEASE}
    if obstacle:
        values |= {"status": RunStatus.REFUSED, "ended_at": at, "problem": obstacle}
    else:
        values |= {"status": RunStatus.RUNNING}
        await connection.execute(update(partner).where(partner.c.id == info.id).values(last_attempt_at=at))
    return Begun(run=await _add(connection, values), cursor=cursor, members=known.members)


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
    """Close the run with its counts and drop what it had staged; one that was closed already stays as it is."""
    await connection.execute(_running(run_id).values(status=status, ended_at=at, **values))
    await connection.execute(delete(staged_listing).where(staged_listing.c.run_id == run_id))
    return as_run((await connection.execute(select(run).where(run.c.id == run_id))).mappings().one())


async def add_skips(connection: AsyncConnection, run_id: int, skips: Sequence[RunSkip]) -> None:
    """Keep rows of the run that were not used."""
    if skips:
        rows = [{"run_id": run_id, **{name: getattr(skip, name) for name in skip.__struct_fields__}} for skip in skips]
        await connection.execute(insert(run_skip), rows)


async def _bury(connection: AsyncConnection, at: datetime) -> None:
    """Refuse the runs whose process has died; their partners are not to blame."""
    dead = select(run.c.id).where(run.c.status == RunStatus.RUNNING, run.c.alive_until < at)
    for run_id in (await connection.scalars(dead)).all():
        await end(connection, run_id, RunStatus.REFUSED, at, {"problem": DIED})


async def _rival(connection: AsyncConnection, info: PartnerInfo) -> str | None:
    alive = select(run.c.started_at).where(run.c.partner == info.id, run.c.status == RunStatus.RUNNING)
    since = await connection.scalar(alive)
    if since is None:
        return None
    return f"{info.name} is already being harvested, since {since:%Y-%m-%d %H:%M:%S} UTC; wait for that run to end."


async def _add(connection: AsyncConnection, values: Mapping[str, Any]) -> Run:
    return as_run((await connection.execute(insert(run).values(values).returning(run))).mappings().one())


def _running(run_id: int) -> Any:
    return update(run).where(run.c.id == run_id, run.c.status == RunStatus.RUNNING)
