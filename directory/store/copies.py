"""Answers of partners as they came, compressed and each kept once: what a reading can be made of again.

A body is addressed by its content, so that a page that did not change is kept once however often it was read. Which run
had it where stands in ``run_copy``. Copies go with their run; :func:`prune` keeps their number bounded.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text, delete, exists, func, or_, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import Copy, Scope
from directory.store.database import Database, insert
from directory.store.metadata import BigId, Json, metadata
from directory.store.partners import RunKind, RunStatus, run

LEVEL = 1  # of zlib: half the time of the default for a tenth more room, measured on pages of all protocols

copy_body = Table(
    "copy_body",
    metadata,
    Column("digest", LargeBinary(16), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

run_copy = Table(
    "run_copy",
    metadata,
    Column("run_id", BigId, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("chapter", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("piece", Integer, primary_key=True, autoincrement=False),
    Column("method", String(8), nullable=False),
    Column("path", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Json(dict[str, str]), nullable=False),
    Column("digest", LargeBinary(16), ForeignKey("copy_body.digest"), nullable=False, index=True),
)

C = run_copy.c
_KEY = ("run_id", "chapter", "number", "piece")
_HEAD = ("method", "path", "status", "headers")
HAS_COPIES = exists().where(C.run_id == run.c.id)
# Runs that came to their end keep their scope; a reading that proved nothing of the whole cannot be a beginning.
_READ_WHOLE = run.c.kind == RunKind.FULL, run.c.scope.in_((Scope.FULL, Scope.CHANGES))

Reel = Callable[[str, int], Awaitable[list[Copy]]]


class Retention(Struct, frozen=True, kw_only=True):
    """How long copies of a partner are kept: those that a replay needs, and others for ``days``, all of them within
    ``size_bytes`` as they are stored.
    """

    days: int = 30
    size_bytes: int = 500_000_000


class Link(Struct, frozen=True):
    """A run of a chain, and the cursor it was read from: ``None`` for the one that read everything."""

    run: int
    since: str | None = None


async def keep(connection: AsyncConnection, run_id: int, copies: Sequence[Copy]) -> None:
    """Keep what a run was answered; a chapter that begins again takes the place of what was kept of it."""
    current = await _begun_again(connection, run_id, copies)
    if not current:
        return
    rows = [_row(run_id, copy) for copy in current]
    bodies = {row["digest"]: copy.body for row, copy in zip(rows, current, strict=True)}
    for known in await _known(connection, bodies.keys()):
        del bodies[known]
    if bodies:
        packed = await asyncio.to_thread(_packed, bodies)
        await connection.execute(insert(connection, copy_body).on_conflict_do_nothing(), packed)
    statement = insert(connection, run_copy)
    said = {name: column for name, column in statement.excluded.items() if name not in _KEY}
    await connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=said), rows)


async def forget(connection: AsyncConnection, run_id: int) -> None:
    """Drop the copies of a run; bodies that nothing names any more go at the next :func:`prune`."""
    await connection.execute(delete(run_copy).where(C.run_id == run_id))


def reel(database: Database, run_id: int) -> Reel:
    """Gives the pieces of one answer of a run, in order, by its chapter and its number there; none past the last."""
    columns = (*(C[name] for name in ("chapter", "number", "piece", *_HEAD)), copy_body.c.body)

    async def pieces(chapter: str, number: int) -> list[Copy]:
        asked = C.run_id == run_id, C.chapter == chapter, C.number == number
        kept = select(*columns).join(copy_body).where(*asked).order_by(C.piece)
        async with database.reading() as connection:
            rows = (await connection.execute(kept)).mappings().all()
        return [Copy(**dict(row) | {"body": zlib.decompress(row["body"])}) for row in rows]

    return pieces


async def chain(connection: AsyncConnection, partner: str) -> tuple[Link, ...]:
    """The runs whose copies, one after the other, are all that the partner said: the newest that read everything,
    whatever became of it, and the accepted ones of changes since. Empty when copies are missing.
    """
    of_partner = select(run.c.id, run.c.since).where(run.c.partner == partner).order_by(run.c.id)
    ended = run.c.status.in_((RunStatus.ACCEPTED, RunStatus.HELD, RunStatus.REJECTED, RunStatus.REFUSED))
    newest = of_partner.where(*_READ_WHOLE, ended, HAS_COPIES).order_by(None).order_by(run.c.id.desc()).limit(1)
    whole = await connection.scalar(newest)
    if whole is None:
        return ()
    since = of_partner.where(run.c.id > whole, run.c.kind == RunKind.INCREMENTAL, run.c.status == RunStatus.ACCEPTED)
    changing = or_(run.c.added > 0, run.c.changed > 0, run.c.withdrawn > 0)
    if await connection.scalar(since.where(changing, ~HAS_COPIES).limit(1)) is not None:
        return ()
    later = await connection.execute(since.where(HAS_COPIES))
    return Link(whole), *(Link(row.id, row.since) for row in later)


async def prune(connection: AsyncConnection, partner: str, *, keep: Retention, at: datetime) -> None:
    """Drop the partner's oldest copies that need not be kept, and every body that nothing names any more.

    Copies are kept from one run on, never with a gap: a later one may say only what changed.
    """
    last = await _last_to_drop(connection, partner, keep, at)
    if last is not None:
        of_partner = select(run.c.id).where(run.c.partner == partner, run.c.id <= last)
        await connection.execute(delete(run_copy).where(C.run_id.in_(of_partner)))
    unnamed = ~exists().where(C.digest == copy_body.c.digest)
    if await connection.scalar(select(copy_body.c.digest).where(unnamed).limit(1)) is None:
        return
    if connection.dialect.name == "postgresql":
        # Whoever is about to name a body that is there already has it locked until its transaction ends.
        await connection.execute(sql("LOCK TABLE copy_body IN EXCLUSIVE MODE"))
    await connection.execute(delete(copy_body).where(unnamed))


async def _last_to_drop(connection: AsyncConnection, partner: str, keep: Retention, at: datetime) -> int | None:
    """The newest run whose copies need not be kept; those of every run before it need not be either."""
    with_copies = select(run.c.id, run.c.started_at).where(run.c.partner == partner, HAS_COPIES)
    sizes = await _sizes(connection, partner)
    needed_from = min((link.run for link in await chain(connection, partner)), default=None)
    held = 0
    for row in await connection.execute(with_copies.order_by(run.c.id.desc())):
        held += sizes.get(row.id, 0)
        is_needed = needed_from is not None and row.id >= needed_from
        is_young = row.started_at >= at - timedelta(days=keep.days)
        if held > keep.size_bytes or not (is_needed or is_young):
            return int(row.id)
    return None


async def _sizes(connection: AsyncConnection, partner: str) -> dict[int, int]:
    """Bytes of the bodies that each run has and no later one."""
    newest = (
        select(C.digest, func.max(C.run_id).label("run_id"))
        .join(run)
        .where(run.c.partner == partner)
        .group_by(C.digest)
        .subquery()
    )
    # Not joined: SQLite would sort the bodies themselves by run, all of them in memory.
    size = select(func.length(copy_body.c.body)).where(copy_body.c.digest == newest.c.digest).scalar_subquery()
    by_run = select(newest.c.run_id, func.sum(size)).group_by(newest.c.run_id)
    return {row[0]: int(row[1]) for row in await connection.execute(by_run)}


async def _begun_again(connection: AsyncConnection, run_id: int, copies: Sequence[Copy]) -> list[Copy]:
    current: list[Copy] = []
    for copy in copies:
        if copy.number == copy.piece == 0:
            current = [each for each in current if each.chapter != copy.chapter]
            await connection.execute(delete(run_copy).where(C.run_id == run_id, C.chapter == copy.chapter))
        current.append(copy)
    return current


async def _known(connection: AsyncConnection, digests: Collection[bytes]) -> set[bytes]:
    """Those that are kept already, and cannot be pruned before this transaction ends."""
    kept = select(copy_body.c.digest).where(copy_body.c.digest.in_(digests)).with_for_update(read=True, key_share=True)
    return set(await connection.scalars(kept))


def _row(run_id: int, copy: Copy) -> dict[str, Any]:
    place = {"run_id": run_id, "chapter": copy.chapter, "number": copy.number, "piece": copy.piece}
    head = {name: getattr(copy, name) for name in _HEAD}
    return place | head | {"digest": blake2b(copy.body, digest_size=16).digest()}


def _packed(bodies: Mapping[bytes, bytes]) -> list[dict[str, bytes]]:
    return [{"digest": digest, "body": zlib.compress(body, LEVEL)} for digest, body in bodies.items()]
