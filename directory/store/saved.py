"""Saved searches: what is asked for whom, whom it finds, and the calls that are still to be made about it.

``saved_search_match`` holds whom a search found when it was last looked at: what comes is new, what is there with
another digest has changed, and either is news for the feed. ``saved_search_delivery`` is the outbox of webhooks: a call
is written in the transaction that finds the news, and goes when it was taken.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.chunks import batches, chunks
from directory.store.database import insert
from directory.store.keys import IN_FORCE, api_key
from directory.store.metadata import BigId, Instant, Json, metadata
from directory.store.suppliers import supplier_change

_AT_ONCE = 1_000


class Change(StrEnum):
    """What became of a supplier, seen from a saved search."""

    NEW = "NEW"  # the search did not find it before
    CHANGED = "CHANGED"  # it found it, and what its owner may see of it is not as it was


class News(Struct, frozen=True):
    """A supplier and what became of it."""

    supplier_id: int
    change: Change


saved_search = Table(
    "saved_search",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("owner", String(32), ForeignKey(api_key.c.prefix), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    # The arguments of GraphQL's `suppliers`: the engine's own words for them may change.
    Column("asked", Json(dict[str, Any]), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("webhook_url", Text),
    Column("webhook_secret", Text),
    Column("webhook_ended_at", Instant),
    Column("paused", Boolean, nullable=False, default=False),
    # The last line of the change log that was looked at; none until it was first asked.
    Column("seen_seq", BigInteger),
    Column("failures", Integer, nullable=False, default=0),
    Column("problem", Text),
    Column("created_at", Instant, nullable=False),
)

saved_search_match = Table(
    "saved_search_match",
    metadata,
    Column("search_id", BigInteger, ForeignKey(saved_search.c.id, ondelete="CASCADE"), primary_key=True),
    Column("supplier_id", BigInteger, primary_key=True),
    Column("digest", LargeBinary(16), nullable=False),
    Column("change", String(8)),
    Column("at", Instant),
    Index(None, "search_id", "at"),
)

saved_search_delivery = Table(
    "saved_search_delivery",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("search_id", BigInteger, ForeignKey(saved_search.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("news", Json(tuple[News, ...]), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
)


class SavedSearch(Struct, frozen=True, kw_only=True):
    """A search as it is stored. ``role`` is its owner's when it was made, ``owner`` the line of the owner's keys."""

    id: int
    owner: str
    role: str
    name: str
    asked: dict[str, Any]
    token_hash: str
    webhook_url: str | None
    webhook_secret: str | None
    webhook_ended_at: datetime | None
    paused: bool
    seen_seq: int | None
    failures: int
    problem: str | None
    created_at: datetime

    @property
    def calls(self) -> bool:
        """Whether its webhook is to be called."""
        return self.webhook_url is not None and self.webhook_ended_at is None


class Match(Struct, frozen=True, kw_only=True):
    """A supplier that a search found, and when it was last news, if ever."""

    supplier_id: int
    change: Change
    at: datetime


class Delivery(Struct, frozen=True, kw_only=True):
    """A call to be made; ``id`` is the same however often it is tried."""

    id: str
    search_id: int
    news: tuple[News, ...]
    attempts: int
    created_at: datetime
    due_at: datetime


_SEARCH = [saved_search.c[name] for name in SavedSearch.__struct_fields__]
# Whose key has ended is told nothing more, unless another was made to replace it.
_HAS_KEY = exists().where(api_key.c.line == saved_search.c.owner, IN_FORCE)
_FOLLOWED = and_(saved_search.c.paused.is_(False), _HAS_KEY)
_CALLED = and_(_FOLLOWED, saved_search.c.webhook_url.is_not(None), saved_search.c.webhook_ended_at.is_(None))


async def create(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Keep a new search; its number."""
    made = await connection.execute(insert(connection, saved_search).values(**values).returning(saved_search.c.id))
    return int(made.scalar_one())


async def change(connection: AsyncConnection, number: int, values: Mapping[str, Any]) -> None:
    """Write these columns of a search."""
    await connection.execute(update(saved_search).where(saved_search.c.id == number).values(**values))


async def remove(connection: AsyncConnection, number: int) -> None:
    """Forget a search and all that hangs on it."""
    await connection.execute(delete(saved_search).where(saved_search.c.id == number))


async def find(connection: AsyncConnection, number: int) -> SavedSearch | None:
    """The search, unless its owner's key has ended."""
    return next(iter(await _searches(connection, and_(saved_search.c.id == number, _HAS_KEY))), None)


async def of_owner(connection: AsyncConnection, owner: str) -> list[SavedSearch]:
    """The owner's searches, oldest first."""
    return await _searches(connection, saved_search.c.owner == owner)


async def behind(connection: AsyncConnection) -> list[SavedSearch]:
    """The searches that have not seen the end of the change log."""
    return await _searches(connection, _IS_BEHIND)


async def is_any_behind(connection: AsyncConnection) -> bool:
    """Whether there are such."""
    return bool(await connection.scalar(select(exists().where(_IS_BEHIND))))


async def is_any_due(connection: AsyncConnection, at: datetime) -> bool:
    """Whether a call should be made by now."""
    return bool(await connection.scalar(select(exists(_due(at)))))


async def last_seq(connection: AsyncConnection) -> int:
    """The end of the change log; 0 when nothing ever happened."""
    return await connection.scalar(select(func.max(supplier_change.c.seq))) or 0


async def changed(connection: AsyncConnection, after: int, until: int) -> set[int]:
    """The suppliers of the lines of the change log after one, up to another."""
    log = supplier_change.c
    rows = await connection.execute(select(log.supplier_id).where(log.seq > after, log.seq <= until).distinct())
    return set(rows.scalars())


async def digests(connection: AsyncConnection, number: int, suppliers: Collection[int]) -> dict[int, bytes]:
    """Those of these suppliers that the search found, and what was seen of them."""
    found: dict[int, bytes] = {}
    columns = saved_search_match.c
    for chunk in chunks(suppliers):
        mine = select(columns.supplier_id, columns.digest).where(
            columns.search_id == number, columns.supplier_id.in_(chunk)
        )
        found.update((row.supplier_id, row.digest) for row in await connection.execute(mine))
    return found


async def put_matches(connection: AsyncConnection, number: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note suppliers found: ``supplier_id``, ``digest``, ``change`` and ``at`` each."""
    for batch in batches(rows, _AT_ONCE):
        statement = insert(connection, saved_search_match).values([{"search_id": number, **row} for row in batch])
        known = {name: statement.excluded[name] for name in ("digest", "change", "at")}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["search_id", "supplier_id"], set_=known)
        )


async def drop_matches(connection: AsyncConnection, number: int, suppliers: Collection[int]) -> None:
    """Forget suppliers that the search does not find any more."""
    columns = saved_search_match.c
    for chunk in chunks(suppliers):
        await connection.execute(
            delete(saved_search_match).where(columns.search_id == number, columns.supplier_id.in_(chunk))
        )


async def count_matches(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, int]:
    """How many suppliers each of these searches finds."""
    columns = saved_search_match.c
    counted = select(columns.search_id, func.count()).where(columns.search_id.in_(numbers)).group_by(columns.search_id)
    return {row[0]: row[1] for row in await connection.execute(counted)}


async def news(connection: AsyncConnection, number: int, limit: int) -> list[Match]:
    """What was news of a search, the latest first."""
    columns = saved_search_match.c
    statement = (
        select(columns.supplier_id, columns.change, columns.at)
        .where(columns.search_id == number, columns.change.is_not(None))
        .order_by(columns.at.desc(), columns.supplier_id)
        .limit(limit)
    )
    rows = await connection.execute(statement)
    return [Match(supplier_id=row.supplier_id, change=Change(row.change), at=row.at) for row in rows]


async def post(connection: AsyncConnection, deliveries: Sequence[Delivery]) -> None:
    """Put calls into the outbox."""
    for each in deliveries:
        values = {name: getattr(each, name) for name in Delivery.__struct_fields__}
        await connection.execute(insert(connection, saved_search_delivery).values(**values))


async def due(connection: AsyncConnection, at: datetime, limit: int) -> list[Delivery]:
    """Calls that should be made by now, the longest due first."""
    rows = await connection.execute(_due(at).order_by(saved_search_delivery.c.due_at).limit(limit))
    return [Delivery(**row._mapping) for row in rows]


async def delivered(connection: AsyncConnection, delivery: Delivery) -> None:
    """Take a call out of the outbox."""
    await connection.execute(delete(saved_search_delivery).where(saved_search_delivery.c.id == delivery.id))


async def put_off(connection: AsyncConnection, delivery: Delivery, due_at: datetime) -> None:
    """Try a call again then."""
    mine = update(saved_search_delivery).where(saved_search_delivery.c.id == delivery.id)
    await connection.execute(mine.values(attempts=delivery.attempts + 1, due_at=due_at))


async def empty_outbox(connection: AsyncConnection, number: int) -> None:
    """Give up all calls of a search."""
    await connection.execute(delete(saved_search_delivery).where(saved_search_delivery.c.search_id == number))


async def waiting(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, int]:
    """How many calls of each of these searches wait."""
    columns = saved_search_delivery.c
    counted = select(columns.search_id, func.count()).where(columns.search_id.in_(numbers)).group_by(columns.search_id)
    return {row[0]: row[1] for row in await connection.execute(counted)}


_END = select(func.coalesce(func.max(supplier_change.c.seq), 0)).scalar_subquery()
_IS_BEHIND = and_(_FOLLOWED, or_(saved_search.c.seen_seq.is_(None), saved_search.c.seen_seq < _END))


def _due(at: datetime) -> Any:
    return (
        select(saved_search_delivery)
        .join(saved_search, saved_search.c.id == saved_search_delivery.c.search_id)
        .where(saved_search_delivery.c.due_at <= at, _CALLED)
    )


async def _searches(connection: AsyncConnection, which: ColumnElement[bool]) -> list[SavedSearch]:
    rows = await connection.execute(select(*_SEARCH).where(which).order_by(saved_search.c.id))
    return [_saved(row) for row in rows]


def _saved(row: Row[Any]) -> SavedSearch:
    return SavedSearch(**row._mapping)
