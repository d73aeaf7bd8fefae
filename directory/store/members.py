"""What a steward decides about: which listings a supplier is made of, in which version.

A version names everything that a decision is based on: the listings, their content, and the newest act about any of
them. It lasts: whatever is recomputed, it changes only when one of these does.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.links import Key
from directory.records import PartnerKind
from directory.store import acts
from directory.store.chunks import chunks
from directory.store.listings import listing
from directory.store.partners import partner
from directory.store.suppliers import membership, supplier_alias

_MEMBERS: Select[Any] = (
    select(
        *(listing.c[name] for name in ("id", "partner", "external_id", "digest", "siren", "siret")),
        partner.c.kind,
        membership.c.supplier_id,
    )
    .select_from(listing.join(partner).join(membership, membership.c.listing_id == listing.c.id))
    .where(listing.c.withdrawn_at.is_(None), membership.c.left_at.is_(None))
    .order_by(listing.c.id)
)


class Member(Struct, frozen=True, kw_only=True):
    """A listing in force and the supplier it is of; ``siren`` is its own or that of its SIRET."""

    id: int
    key: Key
    supplier: int
    siren: str | None
    digest: bytes
    is_official: bool


Members = Mapping[int, Sequence[Member]]


async def by_listing(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Member]:
    """Those of these listings that are in force and resolved."""
    found: dict[int, Member] = {}
    for chunk in chunks(ids):
        rows = await connection.execute(_MEMBERS.where(listing.c.id.in_(chunk)))
        found.update((row.id, _member(row)) for row in rows)
    return found


async def ids_of(connection: AsyncConnection, keys: Collection[Key]) -> dict[Key, int]:
    """The rows of these listings, withdrawn ones too."""
    return {key: row.id async for key, row in _by_key(connection, keys)}


async def sirens_of(connection: AsyncConnection, keys: Collection[Key]) -> dict[Key, str | None]:
    """The SIREN of each of these listings that there is, withdrawn ones too; its own or that of its SIRET."""
    return {key: _siren(row) async for key, row in _by_key(connection, keys)}


async def _by_key(connection: AsyncConnection, keys: Collection[Key]) -> AsyncIterator[tuple[Key, Row[Any]]]:
    columns = [listing.c[name] for name in ("id", "partner", "external_id", "siren", "siret")]
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), acts.KEYS):
        named = tuple_(listing.c.partner, listing.c.external_id).in_(wanted[start : start + acts.KEYS])
        for row in await connection.execute(select(*columns).where(named)):
            yield (row.partner, row.external_id), row


async def of_suppliers(connection: AsyncConnection, ids: Collection[int]) -> dict[int, list[Member]]:
    """The members of each of these suppliers that has any, under the id that it has now."""
    survivors = await aliases(connection, ids)
    found: dict[int, list[Member]] = defaultdict(list)
    for chunk in chunks(survivors.get(asked, asked) for asked in ids):
        for row in await connection.execute(_MEMBERS.where(membership.c.supplier_id.in_(chunk))):
            found[row.supplier_id].append(_member(row))
    return dict(found)


async def aliases(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """The ids among these that were merged away, and who has survived them."""
    found: dict[int, int] = {}
    for chunk in chunks(ids):
        alias = select(supplier_alias.c.id, supplier_alias.c.survivor).where(supplier_alias.c.id.in_(chunk))
        found.update((row.id, row.survivor) for row in await connection.execute(alias))
    return found


async def versions(connection: AsyncConnection, members: Members) -> dict[int, str]:
    """The version of each of these suppliers."""
    said = await acts.newest_about(connection, [each.id for mine in members.values() for each in mine])
    return {number: _version(mine, said) for number, mine in members.items()}


def both(versions: Iterable[str]) -> str:
    """The version of a question about these suppliers."""
    return _digest("".join(sorted(set(versions))).encode())


def _version(members: Sequence[Member], said: Mapping[int, int]) -> str:
    listings = b"".join(each.id.to_bytes(8) + each.digest for each in sorted(members, key=lambda each: each.id))
    newest = max((said.get(each.id, 0) for each in members), default=0)
    return _digest(newest.to_bytes(8) + listings)


def _digest(content: bytes) -> str:
    return blake2b(content, digest_size=12).hexdigest()


def _member(row: Row[Any]) -> Member:
    return Member(
        id=row.id,
        key=(row.partner, row.external_id),
        supplier=row.supplier_id,
        siren=_siren(row),
        digest=row.digest,
        is_official=row.kind == PartnerKind.REGISTER,
    )


def _siren(row: Row[Any]) -> str | None:
    return row.siren or (row.siret[:9] if row.siret else None)
