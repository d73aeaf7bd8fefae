"""API keys at rest: found by their public prefix, proved by a hash. Making and proving that hash is the gateway's."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, ForeignKey, Row, String, Table, Text, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.chunks import CHUNK, batches
from directory.store.metadata import BigId, Instant, metadata

api_key = Table(
    "api_key",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("prefix", String(32), nullable=False, unique=True),
    Column("hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("partner", String(64), ForeignKey("partner.id")),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
)

# A busy key would otherwise write at each request; its last use is known to the minute.
TOUCH_EVERY = timedelta(minutes=1)


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key as it is stored: nothing in it lets anyone in. ``partner`` is set for a key that speaks for one."""

    id: int
    prefix: str
    hash: str
    role: str
    name: str
    partner: str | None
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


async def create(
    connection: AsyncConnection,
    *,
    prefix: str,
    hash: str,  # noqa: A002 - the column's name
    role: str,
    name: str,
    partner: str | None,
    at: datetime,
) -> None:
    """Keep a new key. A prefix already taken or an unknown partner raises :class:`sqlalchemy.exc.IntegrityError`."""
    values = {"prefix": prefix, "hash": hash, "role": role, "name": name, "partner": partner, "created_at": at}
    await connection.execute(insert(api_key).values(values))


async def find(connection: AsyncConnection, prefix: str) -> ApiKey | None:
    """The key with this prefix, revoked or not: the caller's error message may differ."""
    row = (await connection.execute(select(api_key).where(api_key.c.prefix == prefix))).one_or_none()
    return _key(row) if row else None


async def every(connection: AsyncConnection) -> list[ApiKey]:
    """All keys, oldest first."""
    return [_key(row) for row in await connection.execute(select(api_key).order_by(api_key.c.id))]


async def in_force(connection: AsyncConnection, prefixes: Collection[str]) -> set[str]:
    """Those of these keys that still let somebody in."""
    found: set[str] = set()
    for chunk in batches(prefixes, CHUNK):
        alive = select(api_key.c.prefix).where(api_key.c.prefix.in_(chunk), api_key.c.revoked_at.is_(None))
        found.update(await connection.scalars(alive))
    return found


async def revoke(connection: AsyncConnection, prefix: str, at: datetime) -> bool:
    """End a key; ``False`` when there is none of that prefix or it has ended already."""
    alive = (api_key.c.prefix == prefix) & api_key.c.revoked_at.is_(None)
    return (await connection.execute(update(api_key).where(alive).values(revoked_at=at))).rowcount == 1


async def touch(connection: AsyncConnection, prefix: str, at: datetime) -> None:
    """Note that the key was used at ``at``, unless a use within the last minute is noted already."""
    unnoted = or_(api_key.c.last_used_at.is_(None), api_key.c.last_used_at < at - TOUCH_EVERY)
    await connection.execute(update(api_key).where(api_key.c.prefix == prefix, unnoted).values(last_used_at=at))


def _key(row: Row[*tuple[Any, ...]]) -> ApiKey:
    return ApiKey(**row._mapping)
