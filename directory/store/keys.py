"""API keys at rest: found by their public prefix, proved by a hash. Making and proving that hash is the gateway's."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Row,
    String,
    Table,
    Text,
    and_,
    bindparam,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import now
from directory.store.chunks import CHUNK, batches
from directory.store.metadata import BigId, Instant, Json, metadata

api_key = Table(
    "api_key",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("prefix", String(32), nullable=False, unique=True),
    Column("hash", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("partner", String(64), ForeignKey("partner.id")),
    # The prefix of the first of the keys that replaced one another: what is kept under a key outlives its rotation.
    Column("line", String(32), nullable=False, index=True),
    Column("origins", Json(tuple[str, ...]), nullable=False),
    Column("scopes", Json(tuple[str, ...])),  # none: all that the role may
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
)

# A busy key would otherwise write at each request; its last use is known to the minute.
TOUCH_EVERY = timedelta(minutes=1)


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key as it is stored: nothing in it lets anyone in. ``partner`` is set for a key that speaks for one.

    ``line`` is the prefix of the first of the keys that replaced one another. ``origins`` are those of the pages
    that may show the key, all of them when it is empty; ``scopes`` narrow its role, ``None`` does not.
    """

    id: int
    prefix: str
    hash: str
    role: str
    name: str
    partner: str | None
    line: str
    created_at: datetime
    origins: tuple[str, ...] = ()
    scopes: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def is_in_force(self, at: datetime) -> bool:
        """Whether it lets its bearer in at this instant."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


# Asked when the statement runs, so that a statement made once is true for ever.
_NOW: ColumnElement[datetime] = bindparam("in_force_at", callable_=now, type_=Instant(), unique=True)
IN_FORCE = and_(api_key.c.revoked_at.is_(None), or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > _NOW))


async def create(
    connection: AsyncConnection,
    *,
    prefix: str,
    hash: str,  # noqa: A002 - the column's name
    role: str,
    name: str,
    partner: str | None,
    at: datetime,
    line: str | None = None,
    origins: Sequence[str] = (),
    scopes: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Keep a new key, which begins a line of its own unless ``line`` says whose it goes on.

    A prefix already taken or an unknown partner raises :class:`sqlalchemy.exc.IntegrityError`.
    """
    values = {
        "prefix": prefix,
        "hash": hash,
        "role": role,
        "name": name,
        "partner": partner,
        "line": line or prefix,
        "origins": tuple(origins),
        "scopes": None if scopes is None else tuple(scopes),
        "created_at": at,
        "expires_at": expires_at,
    }
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
        found.update(await connection.scalars(select(api_key.c.prefix).where(api_key.c.prefix.in_(chunk), IN_FORCE)))
    return found


async def origins(connection: AsyncConnection) -> frozenset[str]:
    """The origins of all keys in force."""
    found = await connection.execute(select(api_key.c.origins).where(IN_FORCE, api_key.c.origins != ()).distinct())
    return frozenset(origin for row in found for origin in row.origins)


async def expire(connection: AsyncConnection, prefix: str, at: datetime) -> None:
    """Have a key end at ``at``, unless it ends before."""
    earlier = or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > at)
    await connection.execute(update(api_key).where(api_key.c.prefix == prefix, earlier).values(expires_at=at))


async def replacement(connection: AsyncConnection, key: ApiKey) -> ApiKey | None:
    """The latest key in force that was made after this one to replace it."""
    after = select(api_key).where(api_key.c.line == key.line, api_key.c.id > key.id, IN_FORCE)
    row = (await connection.execute(after.order_by(api_key.c.id.desc()).limit(1))).one_or_none()
    return _key(row) if row else None


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
