"""How the resolution writes: suppliers, memberships, aliases, the change log. Nothing here decides anything."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Row, Select, Table, bindparam, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.choice import Observation
from directory.intake import ListingKeys
from directory.matching.contract import Match
from directory.records import ChangeKind, FieldProvenance, Supplier, SupplierStatus
from directory.store.chunks import chunks
from directory.store.database import insert
from directory.store.listings import listing, listing_content
from directory.store.suppliers import establishment, membership, supplier, supplier_alias, supplier_change

_KEYS = ListingKeys.__struct_fields__

# Kind, supplier, and for a merger the survivor.
Change = tuple[ChangeKind, int, int | None]


class Membership(Struct, frozen=True, gc=False):
    """One listing's place in a supplier."""

    listing: int
    establishment: str | None
    match: Match


class Resolved(Struct, frozen=True, kw_only=True, gc=False):
    """One supplier as it shall be stored."""

    supplier: Supplier
    provenance: tuple[FieldProvenance, ...]
    memberships: tuple[Membership, ...]
    inputs: bytes
    digest: bytes
    due_at: datetime | None


async def lock(connection: AsyncConnection) -> None:
    """Let no other resolution write until this transaction ends; readers and harvests go on.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(text("LOCK TABLE supplier IN SHARE ROW EXCLUSIVE MODE"))


async def observations(connection: AsyncConnection, listings: Collection[int]) -> dict[int, Observation]:
    """The content of these listings, as witnesses."""
    statement: Select[Any] = select(
        listing.c.id, listing.c.changed_at, listing_content.c.payload, *(listing.c[name] for name in _KEYS)
    ).join(listing_content)
    found: dict[int, Observation] = {}
    for chunk in chunks(listings):
        rows = await connection.execute(statement.where(listing.c.id.in_(chunk)))
        found.update((row.id, _observation(row)) for row in rows)
    return found


async def digests(connection: AsyncConnection, ids: Collection[int]) -> dict[int, bytes]:
    """What is stored of these suppliers; those that are removed or new are left out."""
    statement = select(supplier.c.id, supplier.c.digest).where(supplier.c.removed_at.is_(None))
    found: dict[int, bytes] = {}
    for chunk in chunks(ids):
        rows = await connection.execute(statement.where(supplier.c.id.in_(chunk)))
        found.update((row.id, row.digest) for row in rows)
    return found


async def write(
    connection: AsyncConnection, resolved: Sequence[Resolved], changed: Collection[int], at: datetime
) -> None:
    """Store suppliers: those of ``changed`` wholly, of the others what they were made of; and all their memberships."""
    whole = [each for each in resolved if each.supplier.id in changed]
    await _upsert(connection, supplier, [_supplier_row(each, at) for each in whole], keep=("created_at",))
    same = [each for each in resolved if each.supplier.id not in changed]
    if same:
        rows = [{"key": each.supplier.id, "due_at": each.due_at} | _made_of(each) for each in same]
        await connection.execute(update(supplier).where(supplier.c.id == bindparam("key")), rows)
    await _replace_establishments(connection, [each.supplier for each in whole])
    rows = [_membership_row(each.supplier.id, member, at) for each in resolved for member in each.memberships]
    await _upsert(connection, membership, rows)


async def retire(connection: AsyncConnection, merged: Mapping[int, int], removed: Iterable[int], at: datetime) -> None:
    """End suppliers: nothing is kept of them but their ids, and those merged away lead to their survivor."""
    gone = [*merged, *removed]
    if not gone:
        return
    empty = dict.fromkeys(("siren", "legal_form", "name", "document", "provenance", "due_at"))
    blank = empty | {"status": SupplierStatus.ACTIVE, "removed_at": at}
    ids = [{"key": each} for each in gone]
    await connection.execute(update(supplier).where(supplier.c.id == bindparam("key")).values(blank), ids)
    await connection.execute(delete(establishment).where(establishment.c.supplier_id == bindparam("key")), ids)
    if not merged:
        return
    aliases = [{"id": old, "survivor": survivor, "at": at} for old, survivor in merged.items()]
    moved = [{"old": old, "new": survivor} for old, survivor in merged.items()]
    chain = update(supplier_alias).where(supplier_alias.c.survivor == bindparam("old"))
    await connection.execute(chain.values(survivor=bindparam("new")), moved)
    await _upsert(connection, supplier_alias, aliases)


async def leave(connection: AsyncConnection, listings: Iterable[int], at: datetime) -> None:
    """Note that these listings are of no supplier any more; their rows stay for the day they come back."""
    rows = [{"key": each} for each in listings]
    if rows:
        statement = update(membership).where(membership.c.listing_id == bindparam("key")).values(left_at=at)
        await connection.execute(statement, rows)


async def log(connection: AsyncConnection, changes: Iterable[tuple[ChangeKind, int, int | None]], at: datetime) -> None:
    """Append to the change log."""
    rows = [{"kind": kind.value, "supplier_id": each, "merged_into": into, "at": at} for kind, each, into in changes]
    if rows:
        await connection.execute(supplier_change.insert(), rows)


async def last_change_at(connection: AsyncConnection) -> datetime | None:
    """The instant of the newest change: a clock set back must not write an older one after it."""
    newest = select(supplier_change.c.at).order_by(supplier_change.c.seq.desc()).limit(1)
    found: datetime | None = await connection.scalar(newest)
    return found


def _observation(row: Row[Any]) -> Observation:
    """A partner's own date of change counts, unless it lies after the day we read it."""
    modified_at = row.payload.modified_at
    observed_at = min(modified_at, row.changed_at) if modified_at else row.changed_at
    keys = ListingKeys(**{name: row._mapping[name] for name in _KEYS})
    return Observation(row.id, row.payload, keys, observed_at)


def _supplier_row(each: Resolved, at: datetime) -> dict[str, Any]:
    return {
        "id": each.supplier.id,
        "siren": each.supplier.siren,
        "name": each.supplier.name,
        "document": each.supplier,
        "provenance": each.provenance,
        "digest": each.digest,
        "due_at": each.due_at,
        "created_at": at,
        "updated_at": at,
        "removed_at": None,
    } | _made_of(each)


def _made_of(each: Resolved) -> dict[str, Any]:
    """What the document was made of, and what is kept of it beside it."""
    return {"inputs": each.inputs, "legal_form": each.supplier.legal_form, "status": each.supplier.status}


def _membership_row(supplier_id: int, member: Membership, at: datetime) -> dict[str, Any]:
    own = {"listing_id": member.listing, "supplier_id": supplier_id, "establishment": member.establishment}
    return own | asdict(member.match) | {"at": at, "left_at": None}


async def _replace_establishments(connection: AsyncConnection, suppliers: Sequence[Supplier]) -> None:
    for chunk in chunks(each.id for each in suppliers):
        await connection.execute(delete(establishment).where(establishment.c.supplier_id.in_(chunk)))
    rows = [
        {"supplier_id": each.id, "id": site.id, "siret": site.siret}
        for each in suppliers
        for site in each.establishments
    ]
    if rows:
        await connection.execute(establishment.insert(), rows)


async def _upsert(
    connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]], keep: Collection[str] = ()
) -> None:
    """Insert, or bring what is there to the same values but for the columns to ``keep``."""
    if not rows:
        return
    statement = insert(connection, table)
    keys = [column.name for column in table.primary_key]
    said = {name: column for name, column in statement.excluded.items() if name not in keys and name not in keep}
    await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=said), list(rows))
