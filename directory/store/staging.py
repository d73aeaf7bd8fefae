"""The staging of a run: what a reading said, a row a member, until the run is applied, rejected or refused.

Each write is short, so that several partners harvested at once take turns on SQLite's one writer.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, Text, and_, case, delete, false, literal, null, or_, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store import rows
from directory.store.database import insert
from directory.store.listings import key_columns, listing, staged_listing
from directory.store.metadata import BigId
from directory.store.partners import RunKind, RunSkip, RunStatus, run

KEYS = tuple(column.name for column in key_columns())
PAGE = 2_000
REPEATED = "The same reading spoke of this member again later; its last word was used."

S, L = staged_listing.c, listing.c
USABLE = S.digest.is_not(None)
ACTIVE = L.withdrawn_at.is_(None)


async def stage(connection: AsyncConnection, partner: str, staged: Sequence[dict[str, Any]]) -> None:
    """Add rows to a run's staging, each with every column of ``staged_listing``; the last word on a member wins."""
    await _spare_unchanged(connection, partner, staged)
    await _add(connection, staged)


async def forget(connection: AsyncConnection, run_id: int) -> None:
    """Drop what a run has staged."""
    await connection.execute(delete(staged_listing).where(S.run_id == run_id))


async def add_absent(connection: AsyncConnection, run_id: int, partner: str, present: frozenset[str]) -> None:
    """Turn a sweep into tombstones: for each member, stored or read, that it did not find."""
    stored = select(L.external_id).where(L.partner == partner, ACTIVE)
    read = select(S.external_id).where(S.run_id == run_id, S.deleted.is_(False))
    known = await connection.stream_scalars(union_all(stored, read))
    absent = list({each: None async for page in known.partitions(PAGE) for each in page if each not in present})
    for start in range(0, len(absent), PAGE):
        await _add(connection, [rows.of_tombstone(run_id, each) for each in absent[start : start + PAGE]])


async def yield_to(connection: AsyncConnection, later: int, held: int) -> None:
    """Keep what a later run says of some members from being undone when the held one is accepted."""
    await _leave_alone(connection, held, select(S.external_id).where(S.run_id == later))


async def yield_to_harvests(connection: AsyncConnection, replay: int, partner: str, base: int) -> None:
    """Keep what was harvested after the run ``base`` from being undone by a replay of its copies."""
    ends = select(run.c.ended_at).where(run.c.partner == partner)
    replayed = ends.where(run.c.kind == RunKind.REPLAY, run.c.status == RunStatus.ACCEPTED)
    # What a run withdraws it withdraws at the very instant of its end: the base and earlier replays are no news.
    is_news = and_(L.withdrawn_at > ends.where(run.c.id == base).scalar_subquery(), L.withdrawn_at.not_in(replayed))
    harvested = and_(L.run_id > base, run.c.kind != RunKind.REPLAY)
    newer = select(L.external_id).join(run).where(L.partner == partner, or_(harvested, is_news))
    await _leave_alone(connection, replay, newer)


async def repeated(connection: AsyncConnection, run_id: int, limit: int) -> list[RunSkip]:
    """The first members, by id, with a listing that a later row of the reading replaced."""
    used = case((USABLE, 1), else_=0)
    again = select(S.external_id).where(S.run_id == run_id, S.mentions > used).order_by(S.external_id).limit(limit)
    return [RunSkip(external_id=each, reason=REPEATED) for each in await connection.scalars(again)]


def same_member(partner: str) -> Any:
    """What joins a staged row to its listing."""
    return and_(L.partner == literal(partner, Text), L.external_id == S.external_id)


async def _leave_alone(connection: AsyncConnection, run_id: int, external_ids: Select[tuple[str]]) -> None:
    """Make these members rows of no use in a run's staging: whatever it said of them, they stay as they are."""
    ids = external_ids.subquery().c.external_id
    columns = ["run_id", "external_id", "deleted", "mentions"]
    spared = select(literal(run_id, BigId), ids, false(), literal(0)).where(true())
    upsert = insert(connection, staged_listing).from_select(columns, spared)
    blank = {"deleted": false(), "digest": null(), "payload": null(), "raw": null()}
    await connection.execute(upsert.on_conflict_do_update(index_elements=["run_id", "external_id"], set_=blank))


async def _add(connection: AsyncConnection, staged: Sequence[dict[str, Any]]) -> None:
    """Write rows past SQLAlchemy's handling of parameters, which took as long as the database does."""
    statement = insert(connection, staged_listing)
    said = {name: column for name, column in statement.excluded.items() if name not in {"run_id", "external_id"}}
    counted = {"mentions": S.mentions + statement.excluded.mentions}
    upsert = statement.on_conflict_do_update(index_elements=["run_id", "external_id"], set_={**said, **counted})
    compiled = upsert.compile(dialect=connection.dialect, column_keys=staged_listing.c.keys())
    values = itemgetter(*(compiled.positiontup or ()))
    await connection.exec_driver_sql(str(compiled), [values(row) for row in staged])


async def _spare_unchanged(connection: AsyncConnection, partner: str, staged: Sequence[dict[str, Any]]) -> None:
    """Take the content out of rows that say what is stored already: most of a reading, most of the time."""
    ids = [row["external_id"] for row in staged]
    known = select(L.external_id, L.digest).where(L.partner == partner, ACTIVE, L.external_id.in_(ids))
    digests = {row.external_id: row.digest for row in await connection.execute(known)}
    for row in staged:
        if row["digest"] == digests.get(row["external_id"], b""):
            row["payload"] = row["raw"] = None
