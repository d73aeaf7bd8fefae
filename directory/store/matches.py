"""What matching remembers between two resolutions, so that a new listing is compared with few others and at once.

All of it can be thrown away: the next resolution then is a full one and makes it anew. A look-up is one call of the
driver, past SQLAlchemy, whose way there costs more than the answer. They need a transaction that has begun: whoever
asks has executed something before.
"""

import asyncio
from array import array
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    case,
    delete,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.matching.comparing import Compared, Edges, Likeness
from directory.matching.linkage import Pair
from directory.matching.profiles import Profile
from directory.matching.terms import Terms, number_of
from directory.store.chunks import batches, chunks
from directory.store.listings import listing
from directory.store.metadata import BigId, metadata

# Frequencies of values as counted at the last full resolution, those of one left out; ``key`` is ``terms.number_of``.
match_term = Table(
    "match_term",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

match_key = Table(
    "match_key",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("listing_id", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# The version of each listing that was matched; narrow, for all of them are looked through for those that changed.
match_listing = Table(
    "match_listing",
    metadata,
    Column("listing_id", BigId, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(16), nullable=False),
)

match_profile = Table(
    "match_profile",
    metadata,
    Column("listing_id", BigId, primary_key=True, autoincrement=False),
    # The listing's blocking keys, eight bytes each, so that they are found when it has others.
    Column("keys", LargeBinary, nullable=False),
    # Empty once the partner has left and its content was erased.
    Column("profile", Text, nullable=False),
)

match_edge = Table(
    "match_edge",
    metadata,
    Column("left_id", BigInteger, primary_key=True, autoincrement=False),
    Column("right_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("weight", Float, nullable=False),
    Column("is_conflict", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

_TABLES: Final = (match_term, match_key, match_listing, match_profile, match_edge)
_ROWS: Final = 5_000  # written at a time, between which a server goes on answering
_LOOKUPS: Final = 400  # keys looked up by one statement: SQLite takes no more than 500 parts
_encode = msgspec.json.Encoder().encode
_profile = msgspec.json.Decoder(Profile).decode

Row = tuple[Any, ...]
Fetch = Callable[[str, tuple[int, ...]], Awaitable[Iterable[Any]]]


class Remembered(Struct, frozen=True, gc=False):
    """A listing as it was matched; without profile where that was erased."""

    keys: Sequence[int]
    profile: Profile | None


class Dirty(Struct, frozen=True):
    """Listings to be matched again: ``fresh`` are new, ``changed`` say something else, ``gone`` are withdrawn."""

    fresh: frozenset[int]
    changed: frozenset[int]
    gone: frozenset[int]

    def __len__(self) -> int:
        return len(self.fresh) + len(self.changed) + len(self.gone)


class Delta(Struct, frozen=True, kw_only=True):
    """What is to be remembered otherwise. ``digests`` are the versions matched, ``profiles`` and ``keys`` those that
    are other than they were; ``gone`` are listings to forget. Edges that are in neither stay.
    """

    digests: Mapping[int, bytes]
    profiles: Mapping[int, Remembered]
    gone: frozenset[int]
    old_keys: Collection[tuple[int, int]]
    new_keys: Collection[tuple[int, int]]
    old_edges: Collection[Pair]
    new_edges: Edges


async def dirty(connection: AsyncConnection) -> Dirty:
    """What is not as it was matched."""
    said = case((listing.c.withdrawn_at.is_(None), listing.c.digest))
    was = match_listing.c.digest
    statement = (
        select(listing.c.id, listing.c.withdrawn_at, was.is_(None).label("is_fresh"))
        .select_from(listing.outerjoin(match_listing, match_listing.c.listing_id == listing.c.id))
        .where(said.is_distinct_from(was))
    )
    rows = (await connection.execute(statement)).all()
    return Dirty(
        fresh=frozenset(row.id for row in rows if row.is_fresh),
        changed=frozenset(row.id for row in rows if not row.is_fresh and row.withdrawn_at is None),
        gone=frozenset(row.id for row in rows if row.withdrawn_at is not None),
    )


async def counts(connection: AsyncConnection, numbers: Iterable[int]) -> dict[int, int]:
    """How often these values were counted; one that is not among the answers, once or never."""
    rows = await _fetch(connection, "SELECT key, count FROM match_term WHERE key IN ({})", numbers)
    return {key: count for key, count in rows}  # noqa: C416 - a record of asyncpg is no pair for dict()


async def counted(connection: AsyncConnection) -> dict[int, int]:
    """How often each value was counted that more than one listing had."""
    rows = await connection.execute(select(match_term.c.key, match_term.c.count))
    return {key: count for key, count in rows}  # noqa: C416 - a row is no pair for dict()


async def remembered(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, Remembered]:
    """How these listings were matched; those that were not are left out."""
    statement = "SELECT listing_id, keys, profile FROM match_profile WHERE listing_id IN ({})"
    return {
        number: Remembered(array("q", keys), _profile(profile) if profile else None)
        for number, keys, profile in await _fetch(connection, statement, ids)
    }


async def profiles(connection: AsyncConnection, ids: Iterable[int]) -> dict[int, Profile]:
    """Of these listings, those that were matched."""
    statement = "SELECT listing_id, profile FROM match_profile WHERE listing_id IN ({})"
    rows = await _fetch(connection, statement, ids)
    return {number: _profile(profile) for number, profile in rows if profile}


async def blocks(connection: AsyncConnection, keys: Mapping[int, int]) -> dict[int, list[int]]:
    """Listings that have these keys, of each key at most so many and one more."""
    found: dict[int, list[int]] = defaultdict(list)
    driver = await _driver(connection)
    for some in batches(keys.items(), _LOOKUPS):
        values = tuple(chain.from_iterable((key, most + 1) for key, most in some))
        for key, number in await driver(_lookup(connection.dialect.name, len(some)), values):
            found[key].append(number)
    return found


async def companions(connection: AsyncConnection, keys: Iterable[int]) -> set[int]:
    """All listings that have one of these keys, however many they are."""
    rows = await _fetch(connection, "SELECT listing_id FROM match_key WHERE key IN ({})", keys)
    return {number for (number,) in rows}


async def edges(connection: AsyncConnection, ids: Iterable[int]) -> dict[Pair, Likeness]:
    """All edges of these listings, to whomever."""
    found: dict[Pair, Likeness] = {}
    wanted = sorted(set(ids))
    for statement in (
        "SELECT left_id, right_id, weight, is_conflict FROM match_edge WHERE left_id IN ({})",
        "SELECT left_id, right_id, weight, is_conflict FROM match_edge WHERE right_id IN ({})",
    ):
        for left, right, weight, is_conflict in await _fetch(connection, statement, wanted):
            found[left, right] = Likeness(weight, bool(is_conflict))
    return found


async def rewrite(connection: AsyncConnection, compared: Compared, digests: Mapping[int, bytes]) -> None:
    """Remember a whole store as it was compared, and nothing else."""
    for table in _TABLES:
        await connection.execute(delete(table))
    numbers = [profile.listing for profile in compared.profiles]
    by_id = await asyncio.to_thread(sorted, range(len(numbers)), key=numbers.__getitem__)
    kept = (_kept(numbers[each], compared.keys[each], compared.profiles[each]) for each in by_id)
    await _insert(connection, match_term, await asyncio.to_thread(_term_rows, compared.terms))
    await _insert(connection, match_key, ((key, numbers[position]) for key, position in compared.blocks.entries()))
    await _insert(connection, match_listing, ((numbers[each], digests[numbers[each]]) for each in by_id))
    await _insert(connection, match_profile, kept)
    await _insert(connection, match_edge, await asyncio.to_thread(_edge_rows, compared.edges))


async def apply(connection: AsyncConnection, delta: Delta) -> None:
    """Remember what became otherwise."""
    again = [*delta.digests, *delta.gone]
    for chunk in chunks(again):
        await connection.execute(delete(match_listing).where(match_listing.c.listing_id.in_(chunk)))
    for chunk in chunks([*delta.profiles, *delta.gone]):
        await connection.execute(delete(match_profile).where(match_profile.c.listing_id.in_(chunk)))
    await _delete(connection, match_key, delta.old_keys)
    await _delete(connection, match_edge, delta.old_edges)
    await _insert(connection, match_listing, sorted(delta.digests.items()))
    kept = (_kept(number, each.keys, each.profile) for number, each in sorted(delta.profiles.items()))
    await _insert(connection, match_profile, kept)
    await _insert(connection, match_key, sorted(delta.new_keys))
    await _insert(connection, match_edge, _edge_rows(delta.new_edges))


async def erase(connection: AsyncConnection, partner_id: str) -> None:
    """Forget what a partner's listings were compared by; their keys stay, which say nothing, until they are withdrawn
    from the matching too.
    """
    mine = select(listing.c.id).where(listing.c.partner == partner_id)
    await connection.execute(update(match_profile).where(match_profile.c.listing_id.in_(mine)).values(profile=""))


def _kept(number: int, keys: Sequence[int], profile: Profile | None) -> Row:
    return number, array("q", keys).tobytes(), _encode(profile).decode()


def _term_rows(terms: Terms) -> list[Row]:
    return sorted((number_of(term), count) for term, count in terms.items())


def _edge_rows(edges: Edges) -> list[Row]:
    return sorted((*pair, found.weight, found.is_conflict) for pair, found in edges.items())


async def _driver(connection: AsyncConnection) -> Fetch:
    raw: Any = (await connection.get_raw_connection()).driver_connection
    if connection.dialect.name != "postgresql":
        fetch: Fetch = raw.execute_fetchall
        return fetch

    async def fetch_all(statement: str, values: tuple[int, ...]) -> Iterable[Any]:
        rows: Iterable[Any] = await raw.fetch(statement, *values)
        return rows

    return fetch_all


async def _fetch(connection: AsyncConnection, statement: str, ids: Iterable[int]) -> list[Any]:
    driver = await _driver(connection)
    found: list[Any] = []
    for chunk in chunks(ids):
        places = _places(connection.dialect.name, len(chunk))
        found += await driver(statement.format(places), tuple(chunk))
    return found


@lru_cache(maxsize=512)
def _lookup(dialect: str, keys: int) -> str:
    marks = iter(_places(dialect, 2 * keys).split(","))
    part = "SELECT * FROM (SELECT key, listing_id FROM match_key WHERE key = {} LIMIT {}) AS few{}"
    return " UNION ALL ".join(part.format(next(marks), next(marks), place) for place in range(keys))


def _places(dialect: str, count: int) -> str:
    return ",".join(f"${place}" for place in range(1, count + 1)) if dialect == "postgresql" else ",".join("?" * count)


async def _insert(connection: AsyncConnection, table: Table, rows: Iterable[Row]) -> None:
    """Add many narrow rows by the shortest way that the database has."""
    statement = table.insert().compile(dialect=connection.dialect).string
    for some in batches(rows, _ROWS):
        if connection.dialect.name == "postgresql":
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await raw.copy_records_to_table(table.name, records=some)
        else:
            await connection.exec_driver_sql(statement, some)


async def _delete(connection: AsyncConnection, table: Table, rows: Collection[tuple[int, int]]) -> None:
    if rows:
        one, other = table.primary_key
        statement = delete(table).where(one == bindparam("one"), other == bindparam("other"))
        await connection.execute(statement, [{"one": one, "other": other} for one, other in sorted(rows)])
