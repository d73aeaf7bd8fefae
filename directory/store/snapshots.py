"""What the resolution starts from: all that matching and ids depend on, at one moment, without any content."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, Select, Text, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from directory import links
from directory.establishments import town
from directory.matching.contract import Decisions, MatchRecord
from directory.records import PartnerInfo, PartnerKind, SupplierField
from directory.store import acts, members, state
from directory.store.listings import listing
from directory.store.partners import partner
from directory.store.suppliers import membership, supplier, supplier_alias

ROWS = 5_000  # a fetch
SETTLED = "resolution"  # key in `state`

_MATCHED = select(
    *(listing.c[name] for name in ("id", "partner", "external_id", "digest", "siren", "siret", "name_key")),
    # Most are empty: read as text, decoded where there is something to decode.
    type_coerce(listing.c.trade_keys, Text).label("trade_keys"),
    *(listing.c[name] for name in ("commune_code", "town", "street_key", "phone", "site")),
    *(listing.c[name] for name in ("postcode", "email", "naf", "latitude", "longitude")),
).where(listing.c.withdrawn_at.is_(None))
_names = msgspec.json.Decoder(tuple[str, ...]).decode


class Settled(Struct, frozen=True, kw_only=True):
    """The last resolution: while ``revision`` and ``rules`` are today's, there is nothing to resolve."""

    revision: int
    rules: str
    listings: int
    suppliers: int


class Pin(Struct, frozen=True):
    """A steward fixed this field of this supplier to what this listing says."""

    supplier: int
    field: SupplierField
    listing: int


class Snapshot(Struct, frozen=True, kw_only=True):
    """All that decides which supplier is which, at one moment and without any content.

    ``digests`` are the versions of the active listings, of which ``official`` are registers'; ``home`` is the supplier
    that each listing had at the last resolution and ``former`` that of those which had left theirs before, aliases
    followed; ``inputs`` is what each supplier in force was made of; ``due`` are those whose quality falls by now.
    ``chosen`` are the listings whose supplier's id stays in mergers, ``pins`` are in the order in which they were made.
    """

    revision: int
    settled: Settled | None
    records: Sequence[MatchRecord]
    decisions: Decisions
    digests: Mapping[int, bytes]
    official: frozenset[int]
    home: Mapping[int, int]
    former: Mapping[int, int]
    inputs: Mapping[int, bytes]
    due: frozenset[int]
    next_id: int
    chosen: frozenset[int] = frozenset()
    pins: tuple[Pin, ...] = ()


async def partners(connection: AsyncConnection) -> list[PartnerInfo]:
    """Every partner ever registered."""
    columns = [partner.c[name] for name in PartnerInfo.__struct_fields__]
    rows = (await connection.execute(select(*columns))).mappings()
    return [PartnerInfo(**{**row, "kind": PartnerKind(row["kind"])}) for row in rows]


async def settled(connection: AsyncConnection) -> Settled | None:
    """What the last resolution left behind."""
    kept = await state.get(connection, SETTLED)
    return msgspec.json.decode(kept, type=Settled) if kept else None


async def settle(connection: AsyncConnection, now: Settled) -> None:
    """Say that the resolution is done."""
    await state.put(connection, SETTLED, msgspec.json.encode(now).decode())


async def due(connection: AsyncConnection, now: datetime) -> frozenset[int]:
    """Suppliers in force whose quality falls by ``now`` even if nothing else has changed."""
    statement = select(supplier.c.id).where(supplier.c.due_at <= now, supplier.c.removed_at.is_(None))
    return frozenset(await connection.scalars(statement))


async def take(connection: AsyncConnection, now: datetime) -> Snapshot:
    """Read everything that matching and ids depend on, streamed and kept compact."""
    registers = {known.id for known in await partners(connection) if known.kind is PartnerKind.REGISTER}
    official: list[int] = []
    records: list[MatchRecord] = []
    digests: dict[int, bytes] = {}
    async for row in _stream(connection, _MATCHED):
        if row.partner in registers:
            official.append(row.id)
            records.append(_official_record(row))
        else:
            records.append(_record(row))
        digests[row.id] = row.digest
    home, former = await _homes(connection)
    words = await acts.standing(connection)
    present = _present(records, {key for pair in words.links for key in pair})
    last_id = await connection.scalar(select(func.max(supplier.c.id)))
    return Snapshot(
        revision=await state.revision(connection),
        settled=await settled(connection),
        records=records,
        decisions=links.replay(words.links, present),
        digests=digests,
        official=frozenset(official),
        home=home,
        former=former,
        inputs=await _inputs(connection),
        due=await due(connection, now),
        next_id=(last_id or 0) + 1,
        chosen=frozenset(present[key] for key in words.into if key in present),
        pins=await _pins(connection, records),
    )


async def _stream(connection: AsyncConnection, statement: Select[Any]) -> AsyncIterator[Row[Any]]:
    result = await connection.stream(statement, execution_options={"yield_per": ROWS})
    async for page in result.partitions():
        for row in page:
            yield row


def _official_record(row: Row[Any]) -> MatchRecord:
    """A register's listing is found by its SIREN and by nothing else.

    It is there because a directory named that SIREN, so its name and address would only ever speak for this company and
    never for a namesake that no directory numbered; the legal name of a sole trader is a person's, and the seat of many
    companies is their accountant's. Were it to draw in listings without a SIREN, the register would merge companies.
    """
    return MatchRecord(listing=row.id, key=listing_key(row.partner, row.external_id), siren=row.siren, siret=row.siret)


def _record(row: Row[Any]) -> MatchRecord:
    names = (row.name_key,) if row.trade_keys == "[]" else (row.name_key, *_names(row.trade_keys))
    return MatchRecord(
        listing=row.id,
        key=listing_key(row.partner, row.external_id),
        siren=row.siren,
        siret=row.siret,
        names=names if row.name_key else names[1:],
        commune=town(row.commune_code) if row.commune_code else row.town,
        street=row.street_key,
        site=row.site,
        phone=row.phone,
        postcode=row.postcode,
        email=row.email,
        naf=row.naf,
        latitude=row.latitude,
        longitude=row.longitude,
    )


def listing_key(partner_id: str, external_id: str) -> str:
    """A listing's own name: who it is, not when it came."""
    return f"{partner_id}\x1f{external_id}"


async def _homes(connection: AsyncConnection) -> tuple[dict[int, int], dict[int, int]]:
    current = func.coalesce(supplier_alias.c.survivor, membership.c.supplier_id).label("supplier_id")
    statement = select(membership.c.listing_id, membership.c.left_at, current).outerjoin(
        supplier_alias, supplier_alias.c.id == membership.c.supplier_id
    )
    home: dict[int, int] = {}
    former: dict[int, int] = {}
    async for row in _stream(connection, statement):
        (former if row.left_at else home)[row.listing_id] = row.supplier_id
    return home, former


async def _inputs(connection: AsyncConnection) -> dict[int, bytes]:
    statement = select(supplier.c.id, supplier.c.inputs).where(supplier.c.removed_at.is_(None))
    return {row.id: row.inputs async for row in _stream(connection, statement)}


def _present(records: Sequence[MatchRecord], keys: Collection[links.Key]) -> dict[links.Key, int]:
    """Those of these listings that are there."""
    named = {listing_key(*key): key for key in keys}
    return {named[record.key]: record.listing for record in records if record.key in named}


async def _pins(connection: AsyncConnection, records: Sequence[MatchRecord]) -> tuple[Pin, ...]:
    """The values that stand fixed, where their listing is there; suppliers are those of today."""
    words = await acts.pins(connection)
    if not words:
        return ()
    present = _present(records, {word.listing for word in words})
    survivors = await members.aliases(connection, [word.supplier for word in words])
    return tuple(
        Pin(survivors.get(word.supplier, word.supplier), word.field, present[word.listing])
        for word in words
        if word.listing in present
    )
