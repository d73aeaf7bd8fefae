"""From a reading to the directory: rows are staged in small transactions, then applied in one, by set-based SQL.

Staging keeps each write short, so that several partners harvested at once take turns on SQLite's one writer. Applying
moves rows inside the database; nothing of a run is seen before it, all of it after.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Select, Text, and_, bindparam, case, exists, func, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import End, Scope
from directory.store.database import insert
from directory.store.listings import key_columns, listing, listing_content, staged_listing
from directory.store.metadata import BigId, Instant
from directory.store.partners import RunKind, RunSkip, RunStatus, run, run_skip
from directory.store.rows import is_id

KEYS = tuple(column.name for column in key_columns())
PAGE = 2_000
REPEATED = "The same reading spoke of this member again later; its last word was used."

S, L = staged_listing.c, listing.c
_USABLE = S.digest.is_not(None)
_ACTIVE = L.withdrawn_at.is_(None)


class Counts(Struct, frozen=True, kw_only=True):
    """What a run does to the listings; ``superseded`` ones were replaced by a later row of the same reading."""

    superseded: int
    added: int
    changed: int
    unchanged: int
    withdrawn: int = 0


async def stage(connection: AsyncConnection, partner: str, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows to a run's staging, each with every column of ``staged_listing``; the last word on a member wins."""
    await _spare_unchanged(connection, partner, rows)
    statement = insert(connection, staged_listing)
    said = {name: column for name, column in statement.excluded.items() if name not in {"run_id", "external_id"}}
    counted = {"mentions": S.mentions + statement.excluded.mentions}
    upsert = statement.on_conflict_do_update(index_elements=["run_id", "external_id"], set_={**said, **counted})
    await connection.execute(upsert, list(rows))


async def repeated(connection: AsyncConnection, run_id: int, limit: int) -> list[RunSkip]:
    """The first members, by id, with a listing that a later row of the reading replaced."""
    used = case((_USABLE, 1), else_=0)
    again = select(S.external_id).where(S.run_id == run_id, S.mentions > used).order_by(S.external_id).limit(limit)
    return [RunSkip(external_id=each, reason=REPEATED) for each in await connection.scalars(again)]


async def apply(connection: AsyncConnection, run_id: int, partner: str, end: End, at: datetime) -> Counts:
    """Make the partner's listings what the reading said they are, and count the differences."""
    counts = await _compare(connection, run_id, partner)
    await _update_changed(connection, run_id, partner, at)
    await _insert_new(connection, run_id, partner, at)
    await _copy_content(connection, run_id, partner)
    withdrawn = await _withdraw(connection, run_id, partner, end, at)
    await _confirm(connection, run_id, partner, end, at)
    return replace(counts, withdrawn=withdrawn)


async def members(connection: AsyncConnection, partner: str) -> int:
    """How many listings of the partner are not withdrawn."""
    statement = select(func.count()).select_from(listing).where(L.partner == partner, _ACTIVE)
    return int((await connection.execute(statement)).scalar_one())


async def unread(connection: AsyncConnection, run_id: int, partner: str, present: frozenset[str]) -> int:
    """How many members exist that are neither stored nor spoken of by the run, which was applied before.

    Rows of no use do not count, or one of them would have everything read again for ever: neither those whose id
    cannot be stored, nor those among the skips kept since the last whole reading. Only the first skips of a run are
    kept: a partner with more is read wholly more often than it need be, and nobody is lost.
    """
    stored = select(L.external_id).where(L.partner == partner, _ACTIVE)
    spoken_of = select(S.external_id).where(S.run_id == run_id)
    lost = set(filter(is_id, present))
    known = await connection.stream(union_all(stored, spoken_of, _skipped(partner)))
    async for page in known.scalars().partitions(PAGE):
        lost.difference_update(page)
    return len(lost)


def _skipped(partner: str) -> Select[Any]:
    """Ids of rows that were of no use to the last accepted run that read everything, or to a later one."""
    accepted = and_(run.c.partner == partner, run.c.status == RunStatus.ACCEPTED)
    whole = select(func.max(run.c.id)).where(accepted, run.c.kind == RunKind.FULL).scalar_subquery()
    return (
        select(run_skip.c.external_id).join(run).where(accepted, run.c.id >= whole, run_skip.c.external_id.is_not(None))
    )


async def _spare_unchanged(connection: AsyncConnection, partner: str, rows: Sequence[dict[str, Any]]) -> None:
    """Take the content out of rows that say what is stored already: most of a reading, most of the time."""
    ids = [row["external_id"] for row in rows]
    known = select(L.external_id, L.digest).where(L.partner == partner, _ACTIVE, L.external_id.in_(ids))
    digests = {row.external_id: row.digest for row in await connection.execute(known)}
    for row in rows:
        if row["digest"] == digests.get(row["external_id"], b""):
            row["payload"] = row["raw"] = None


async def _compare(connection: AsyncConnection, run_id: int, partner: str) -> Counts:
    """What applying the run would do, in numbers."""
    new = and_(_USABLE, or_(L.id.is_(None), L.withdrawn_at.is_not(None)))
    known = and_(_USABLE, L.id.is_not(None), _ACTIVE)
    count = func.count()
    statement = (
        select(
            (func.coalesce(func.sum(S.mentions), 0) - count.filter(_USABLE)).label("superseded"),
            count.filter(new).label("added"),
            count.filter(known, L.digest != S.digest).label("changed"),
            count.filter(known, L.digest == S.digest).label("unchanged"),
        )
        .select_from(staged_listing.outerjoin(listing, _same_member(partner)))
        .where(S.run_id == run_id)
    )
    return Counts(**(await connection.execute(statement)).mappings().one())


async def _update_changed(connection: AsyncConnection, run_id: int, partner: str, at: datetime) -> None:
    differs = or_(L.digest != S.digest, L.withdrawn_at.is_not(None))
    said = {name: S[name] for name in ("digest", *KEYS)}
    known = {"run_id": run_id, "changed_at": at, "last_seen_at": at, "withdrawn_at": None}
    changed = update(listing).where(_same_member(partner), S.run_id == run_id, _USABLE, differs)
    await connection.execute(changed.values({**said, **known}))


async def _insert_new(connection: AsyncConnection, run_id: int, partner: str, at: datetime) -> None:
    said = ("external_id", "digest", *KEYS)
    seen = ("first_seen_at", "last_seen_at", "changed_at")
    new = select(
        literal(partner),
        literal(run_id, BigId),
        *(literal(at, Instant) for _ in seen),
        *(S[name] for name in said),
    ).where(S.run_id == run_id, _USABLE, ~exists().where(_same_member(partner)))
    in_order = new.order_by(S.external_id)
    await connection.execute(listing.insert().from_select(["partner", "run_id", *seen, *said], in_order))


async def _copy_content(connection: AsyncConnection, run_id: int, partner: str) -> None:
    """Bring the content of what this run added or changed."""
    fresh = select(L.id, S.payload, S.raw).select_from(staged_listing.join(listing, _same_member(partner)))
    statement = insert(connection, listing_content).from_select(
        ["listing_id", "payload", "raw"], fresh.where(S.run_id == run_id, L.run_id == run_id)
    )
    said = {name: statement.excluded[name] for name in ("payload", "raw")}
    await connection.execute(statement.on_conflict_do_update(index_elements=["listing_id"], set_=said))


async def _withdraw(connection: AsyncConnection, run_id: int, partner: str, end: End, at: datetime) -> int:
    """Withdraw the listings that the reading says are gone, and give their number."""
    gone = select(S.external_id).where(S.run_id == run_id, S.deleted)
    spoken_of = exists().where(S.run_id == run_id, S.external_id == L.external_id, S.deleted.is_(False))
    absent = ~spoken_of if end.scope is Scope.FULL else L.external_id.in_(gone)
    statement = update(listing).where(L.partner == partner, _ACTIVE).values(withdrawn_at=at)
    withdrawn = (await connection.execute(statement.where(absent))).rowcount
    if end.present is not None and (missing := await _missing(connection, partner, end.present)):
        by_id = update(listing).where(L.id == bindparam("one", type_=BigId)).values(withdrawn_at=at)
        await connection.execute(by_id, [{"one": each} for each in missing])
        withdrawn += len(missing)
    return withdrawn


async def _confirm(connection: AsyncConnection, run_id: int, partner: str, end: End, at: datetime) -> None:
    """Note when the partner last said that a listing is still so: each one, where the reading proves that."""
    seen = update(listing).where(L.partner == partner, _ACTIVE).values(last_seen_at=at)
    if end.scope is Scope.CHANGES and end.present is None:
        seen = seen.where(L.external_id.in_(select(S.external_id).where(S.run_id == run_id, _USABLE)))
    await connection.execute(seen)


async def _missing(connection: AsyncConnection, partner: str, present: frozenset[str]) -> list[int]:
    active = select(L.id, L.external_id).where(L.partner == partner, _ACTIVE)
    pages = (await connection.stream(active)).partitions(PAGE)
    return [row.id async for page in pages for row in page if row.external_id not in present]


def _same_member(partner: str) -> Any:
    return and_(L.partner == literal(partner, Text), L.external_id == S.external_id)
