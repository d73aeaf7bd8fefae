"""What the resolution starts from: all that matching and ids depend on, at one moment, without any content."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, Select, Text, func, select, tuple_, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from directory import links
from directory.establishments import town
from directory.matching.contract import Decisions, MatchRecord
from directory.records import PartnerInfo, PartnerKind, SupplierField
from directory.store import acts, changes, members, state
from directory.store.chunks import batches, chunks
from directory.store.listings import listing
from directory.store.partners import partner
from directory.store.suppliers import membership, supplier, supplier_alias

ROWS = 5_000  # a fetch
SETTLED = "resolution"  # keys in `state`
WORDS = "resolution.words"
PAIRS = 500  # in one statement

_MATCHED = select(
    *(listing.c[name] for name in ("id", "partner", "external_id", "digest", "siren", "siret", "name_key")),
    # Most are empty: read as text, decoded where there is something to decode.
    type_coerce(listing.c.trade_keys, Text).label("trade_keys"),
    *(listing.c[name] for name in ("commune_code", "town", "street_key", "phone", "site")),
    *(listing.c[name] for name in ("postcode", "email", "naf", "latitude", "longitude")),
).where(listing.c.withdrawn_at.is_(None))
_names = msgspec.json.Decoder(tuple[str, ...]).decode


class Settled(Struct, frozen=True, kw_only=True):
    """The last resolution: while ``revision`` and ``rules`` are today's, there is nothing to resolve.

    ``counted`` is how many listings there were when the frequencies of their values were counted, 0 for never.
    """

    revision: int
    rules: str
    listings: int
    suppliers: int
    counted: int = 0


class Pin(Struct, frozen=True):
    """A steward fixed this field of this supplier to what this listing says."""

    supplier: int
    field: SupplierField
    listing: int


class Words(Struct, frozen=True, kw_only=True):
    """What stewards said of the listings that are there.

    ``chosen`` are the listings whose supplier's id stays in mergers, ``pins`` are in the order in which they were made.
    """

    decisions: Decisions = Decisions()
    chosen: frozenset[int] = frozenset()
    pins: tuple[Pin, ...] = ()

    def touched(self, before: "Words") -> set[int]:
        """Listings of which something else was said before."""
        kinds = zip(msgspec.structs.astuple(self.decisions), msgspec.structs.astuple(before.decisions), strict=True)
        pairs = (pair for now, then in kinds for pair in set(now) ^ set(then))
        pins = () if self.pins == before.pins else (pin.listing for pin in (*self.pins, *before.pins))
        return {listing for pair in pairs for listing in pair} | (self.chosen ^ before.chosen) | set(pins)


class Homes(Struct, frozen=True):
    """Suppliers of listings, aliases followed: ``home`` is the one that a listing had at the last resolution,
    ``former`` that of a listing which had left its own before.
    """

    home: dict[int, int]
    former: dict[int, int]

    def update(self, other: "Homes") -> None:
        """Take these in."""
        self.home.update(other.home)
        self.former.update(other.former)


class Snapshot(Struct, frozen=True, kw_only=True):
    """All that decides which supplier is which, at one moment and without any content.

    ``digests`` are the versions of the active listings, of which ``official`` are registers'; ``inputs`` is what each
    supplier in force was made of; ``due`` are those whose quality falls by now; ``notes`` of changes are taken in.
    ``listings`` counts all in force, also where the others speak of a part of them.
    """

    revision: int
    settled: Settled | None
    listings: int
    words: Words
    digests: Mapping[int, bytes]
    official: frozenset[int]
    homes: Homes
    inputs: Mapping[int, bytes]
    due: frozenset[int]
    next_id: int
    notes: Sequence[int]


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


async def take(connection: AsyncConnection, now: datetime) -> tuple[Snapshot, list[MatchRecord]]:
    """Read everything that matching and ids depend on, streamed and kept compact."""
    registers = await _registers(connection)
    official: list[int] = []
    found: list[MatchRecord] = []
    digests: dict[int, bytes] = {}
    async for row in _stream(connection, _MATCHED):
        if row.partner in registers:
            official.append(row.id)
        found.append(_record(row, registers))
        digests[row.id] = row.digest
    last_id = await connection.scalar(select(func.max(supplier.c.id)))
    snapshot = Snapshot(
        revision=await state.revision(connection),
        settled=await settled(connection),
        listings=len(found),
        words=await words(connection),
        digests=digests,
        official=frozenset(official),
        homes=await homes(connection),
        inputs=await _inputs(connection),
        due=await due(connection, now),
        next_id=(last_id or 0) + 1,
        notes=(await changes.noted(connection))[0],
    )
    return snapshot, found


async def part(
    connection: AsyncConnection,
    listings: Collection[int],
    homes: Homes,
    said: Words,
    notes: Sequence[int],
    total: int,
    now: datetime,
) -> Snapshot:
    """The same of a part of the store: of these listings, and of the suppliers that these homes name."""
    registers = await _registers(connection)
    digests: dict[int, bytes] = {}
    official: list[int] = []
    for chunk in chunks(listings):
        statement = select(listing.c.id, listing.c.partner, listing.c.digest).where(listing.c.id.in_(chunk))
        for row in await connection.execute(statement):
            digests[row.id] = row.digest
            if row.partner in registers:
                official.append(row.id)
    last_id = await connection.scalar(select(func.max(supplier.c.id)))
    return Snapshot(
        revision=await state.revision(connection),
        settled=await settled(connection),
        listings=total,
        words=said,
        digests=digests,
        official=frozenset(official),
        homes=homes,
        inputs=await _inputs(connection, {*homes.home.values(), *homes.former.values()}),
        due=await due(connection, now),
        next_id=(last_id or 0) + 1,
        notes=notes,
    )


async def records(connection: AsyncConnection, listings: Iterable[int]) -> list[MatchRecord]:
    """What these listings, as far as they are active, are matched by."""
    registers = await _registers(connection)
    found: list[MatchRecord] = []
    for chunk in chunks(listings):
        rows = await connection.execute(_MATCHED.where(listing.c.id.in_(chunk)))
        found += [_record(row, registers) for row in rows]
    return found


async def versions(connection: AsyncConnection, listings: Iterable[int]) -> dict[int, bytes]:
    """What these active listings said, in short."""
    found: dict[int, bytes] = {}
    for chunk in chunks(listings):
        statement = select(listing.c.id, listing.c.digest).where(listing.c.id.in_(chunk))
        found.update((row.id, row.digest) for row in await connection.execute(statement))
    return found


async def words(connection: AsyncConnection) -> Words:
    """What stands of listings that are there; suppliers are those of today."""
    said, pinned = await acts.standing(connection), await acts.pins(connection)
    keys = {key for pair in said.links for key in pair} | said.into | {word.listing for word in pinned}
    present = await _present(connection, keys)
    survivors = await members.aliases(connection, [word.supplier for word in pinned])
    return Words(
        decisions=links.replay(said.links, present),
        chosen=frozenset(present[key] for key in said.into if key in present),
        pins=tuple(
            Pin(survivors.get(word.supplier, word.supplier), word.field, present[word.listing])
            for word in pinned
            if word.listing in present
        ),
    )


async def heard(connection: AsyncConnection) -> Words:
    """What stood at the last resolution."""
    kept = await state.get(connection, WORDS)
    return msgspec.json.decode(kept, type=Words) if kept else Words()


async def keep(connection: AsyncConnection, said: Words) -> None:
    """Say that this stood at this resolution."""
    if said != await heard(connection):
        await state.put(connection, WORDS, msgspec.json.encode(said).decode())


async def homes(connection: AsyncConnection, listings: Iterable[int] | None = None) -> Homes:
    """The suppliers of these listings, or of all."""
    current = func.coalesce(supplier_alias.c.survivor, membership.c.supplier_id).label("supplier_id")
    statement = select(membership.c.listing_id, membership.c.left_at, current).outerjoin(
        supplier_alias, supplier_alias.c.id == membership.c.supplier_id
    )
    found = Homes({}, {})
    if listings is None:
        async for row in _stream(connection, statement):
            (found.former if row.left_at else found.home)[row.listing_id] = row.supplier_id
        return found
    for chunk in chunks(listings):
        for one in await connection.execute(statement.where(membership.c.listing_id.in_(chunk))):
            (found.former if one.left_at else found.home)[one.listing_id] = one.supplier_id
    return found


async def housed(connection: AsyncConnection, suppliers: Iterable[int]) -> set[int]:
    """The listings that these suppliers were made of at the last resolution."""
    found: set[int] = set()
    for chunk in chunks(suppliers):
        mine = membership.c.supplier_id.in_(chunk), membership.c.left_at.is_(None)
        found.update(await connection.scalars(select(membership.c.listing_id).where(*mine)))
    return found


async def _registers(connection: AsyncConnection) -> frozenset[str]:
    return frozenset(known.id for known in await partners(connection) if known.kind is PartnerKind.REGISTER)


async def _stream(connection: AsyncConnection, statement: Select[Any]) -> AsyncIterator[Row[Any]]:
    result = await connection.stream(statement, execution_options={"yield_per": ROWS})
    async for page in result.partitions():
        for row in page:
            yield row


def _official_record(row: Any) -> MatchRecord:
    """A register's listing is found by its SIREN and by nothing else.

    It is there because a directory named that SIREN, so its name and address would only ever speak for this company and
    never for a namesake that no directory numbered; the legal name of a sole trader is a person's, and the seat of many
    companies is their accountant's. Were it to draw in listings without a SIREN, the register would merge companies.
    """
    return MatchRecord(listing=row.id, key=listing_key(row.partner, row.external_id), siren=row.siren, siret=row.siret)


def _record(row: Any, registers: Collection[str]) -> MatchRecord:
    if row.partner in registers:
        return _official_record(row)
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


async def _inputs(connection: AsyncConnection, suppliers: Collection[int] | None = None) -> dict[int, bytes]:
    statement = select(supplier.c.id, supplier.c.inputs).where(supplier.c.removed_at.is_(None))
    if suppliers is None:
        return {row.id: row.inputs async for row in _stream(connection, statement)}
    found: dict[int, bytes] = {}
    for chunk in chunks(suppliers):
        rows = await connection.execute(statement.where(supplier.c.id.in_(chunk)))
        found.update((row.id, row.inputs) for row in rows)
    return found


async def _present(connection: AsyncConnection, keys: Collection[links.Key]) -> dict[links.Key, int]:
    """Those of these listings that are there."""
    found: dict[links.Key, int] = {}
    for some in batches(sorted(keys), PAIRS):
        named = tuple_(listing.c.partner, listing.c.external_id).in_(some), listing.c.withdrawn_at.is_(None)
        statement = select(listing.c.partner, listing.c.external_id, listing.c.id).where(*named)
        found.update(((row.partner, row.external_id), row.id) for row in await connection.execute(statement))
    return found
