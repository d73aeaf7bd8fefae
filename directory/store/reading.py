"""All that the schema, the index and the exports ask of the store.

Every call runs at most a fixed number of statements for up to :data:`~directory.store.chunks.CHUNK` ids, whatever they
are, inside one snapshot. Ids of merged-away suppliers are followed to their survivor in the same call; ids that mean
nothing give ``None``.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Row, Select, Table, Text, and_, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.matching.contract import Match
from directory.records import ChangeKind, FieldProvenance, MatchDecision, MatchMethod, now
from directory.relations import Presence, Shared
from directory.store import logbook, news, partners, quality, relating, saved, state
from directory.store.chunks import CHUNK, batches, chunks
from directory.store.database import Database
from directory.store.listings import listing, listing_content
from directory.store.news import Moment
from directory.store.partners import Run, RunSkip
from directory.store.quality import PartnerQuality
from directory.store.stewards import StewardReader
from directory.store.suppliers import establishment, membership, supplier, supplier_alias, supplier_change
from directory.store.views import (
    Health,
    PartnerState,
    ServedFrom,
    StoredListing,
    StoredSupplier,
    SupplierChange,
    partner_state,
)

__all__ = [
    "Health",
    "Moment",
    "News",
    "PartnerQuality",
    "PartnerState",
    "Reader",
    "Run",
    "ServedFrom",
    "StoredListing",
    "StoredSupplier",
    "SupplierChange",
]

_IN_FORCE = supplier.c.removed_at.is_(None)
# The ids that a supplier took over, as one text: beside the document they cost no statement of their own.
_MERGED = (
    select(func.aggregate_strings(cast(supplier_alias.c.id, Text), ","))
    .where(supplier_alias.c.survivor == supplier.c.id)
    .scalar_subquery()
)
_SUPPLIERS = select(
    supplier.c.id, supplier.c.document, supplier.c.created_at, supplier.c.updated_at, _MERGED.label("merged")
).where(_IN_FORCE)
_ACTIVE = listing.c.withdrawn_at.is_(None)
# Of a listing that has left its supplier the row stays (see directory.store.suppliers), and says nothing of today.
_CURRENT = membership.c.left_at.is_(None)
_CURRENT_SUPPLIER = func.coalesce(supplier_alias.c.survivor, membership.c.supplier_id)
_LISTINGS: Select[Any] = select(
    *(listing.c[name] for name in ("id", "first_seen_at", "last_seen_at", "changed_at", "withdrawn_at")),
    *(listing_content.c.payload, listing_content.c.raw),
    _CURRENT_SUPPLIER.label("supplier_id"),
    *(membership.c[name] for name in ("establishment", "decision", "score", "method", "against", "evidence")),
    *(membership.c[name] for name in ("weight", "prior")),
).select_from(
    listing.join(listing_content)
    .outerjoin(membership, and_(membership.c.listing_id == listing.c.id, _CURRENT))
    .outerjoin(supplier_alias, supplier_alias.c.id == membership.c.supplier_id)
)


class News(Moment, frozen=True):
    """What has changed up to a moment: who came, changed or went, and those of them that are in force, in batches."""

    changed: frozenset[int]
    suppliers: AsyncGenerator[list[StoredSupplier]]


class Reader:
    """Reads one database; holds nothing, so one instance serves every request. ``stewards`` reads what is theirs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.stewards = StewardReader(database)

    async def suppliers(self, ids: Sequence[int]) -> list[StoredSupplier | None]:
        """Suppliers in force, in the order asked; a merged-away id gives its survivor, a removed one ``None``."""
        async with self._database.reading() as connection:
            found = await _suppliers(connection, ids)
            aliases = await _aliases(connection, [asked for asked in ids if asked not in found])
            found |= await _suppliers(connection, [each for each in aliases.values() if each not in found])
        return [found.get(aliases.get(asked, asked)) for asked in ids]

    async def supplier_id(
        self, *, siren: str | None = None, siret: str | None = None, listing: tuple[str, str] | None = None
    ) -> int | None:
        """The supplier of a SIREN, of a SIRET, or of a listing (partner, external id): give exactly one of them."""
        match (siren, siret, listing):
            case (str(), None, None):
                statement = select(supplier.c.id).where(supplier.c.siren == siren)
            case (None, str(), None):
                statement = select(supplier.c.id).join(establishment).where(establishment.c.siret == siret)
            case (None, None, (partner, external_id)):
                statement = _supplier_of_listing(partner, external_id)
            case _:
                raise TypeError("Give exactly one of siren, siret and listing.")
        async with self._database.reading() as connection:
            return await connection.scalar(statement.where(_IN_FORCE).order_by(supplier.c.id).limit(1))

    async def numbers_of(self, sirens: Sequence[str]) -> list[int | None]:
        """The supplier in force of each SIREN, in the order asked."""
        found: dict[str, int] = {}
        async with self._database.reading() as connection:
            for some in batches(sorted(set(sirens)), CHUNK):
                bearers = select(supplier.c.siren, supplier.c.id).where(supplier.c.siren.in_(some), _IN_FORCE)
                for row in await connection.execute(bearers.order_by(supplier.c.id.desc())):
                    found[row.siren] = row.id  # of several the oldest, which comes last
        return [found.get(asked) for asked in sirens]

    async def listings(self, ids: Sequence[int]) -> list[StoredListing | None]:
        """Listings in the order asked, withdrawn ones too (see ``withdrawn_at``)."""
        found: dict[int, StoredListing] = {}
        async with self._database.reading() as connection:
            for chunk in chunks(ids):
                rows = await connection.execute(_LISTINGS.where(listing.c.id.in_(chunk)))
                found.update((row.id, _stored_listing(row)) for row in rows)
        return [found.get(asked) for asked in ids]

    async def listings_of(self, supplier_ids: Sequence[int]) -> list[list[StoredListing]]:
        """The listings each supplier is made of, ascending; withdrawn ones are left out."""
        found: dict[int, list[StoredListing]] = defaultdict(list)
        async with self._database.reading() as connection:
            survivors = await _survivors(connection, supplier_ids)
            for chunk in chunks(survivors.values()):
                mine = _LISTINGS.where(membership.c.supplier_id.in_(chunk), _ACTIVE).order_by(listing.c.id)
                for row in await connection.execute(mine):
                    found[row.supplier_id].append(_stored_listing(row))
        return [found.get(survivors.get(asked, 0), []) for asked in supplier_ids]

    async def provenance_of(self, supplier_ids: Sequence[int]) -> list[tuple[FieldProvenance, ...]]:
        """Where each supplier's values come from; empty for an id that means nothing."""
        found: dict[int, tuple[FieldProvenance, ...]] = {}
        async with self._database.reading() as connection:
            survivors = await _survivors(connection, supplier_ids)
            for chunk in chunks(survivors.values()):
                statement = select(supplier.c.id, supplier.c.provenance).where(supplier.c.id.in_(chunk), _IN_FORCE)
                found.update((row.id, row.provenance) for row in await connection.execute(statement))
        return [found.get(survivors.get(asked, 0), ()) for asked in supplier_ids]

    async def partners(self) -> list[PartnerState]:
        """Every partner ever registered, in order of id."""
        async with self._database.reading() as connection:
            return [partner_state(known) for known in await partners.states(connection)]

    async def partner_quality(
        self, partner_ids: Sequence[str], *, clock: Callable[[], datetime] = now
    ) -> list[PartnerQuality]:
        """How good each partner's own data is, for stewards; reads every listing of theirs."""
        async with self._database.reading() as connection:
            found = await quality.partner_quality(connection, partner_ids, clock())
        return [found[asked] for asked in partner_ids]

    async def runs(self, partner: str, limit: int) -> list[Run]:
        """The partner's latest harvests, newest first."""
        async with self._database.reading() as connection:
            return await partners.runs(connection, partner, limit)

    async def runs_of(self, partner_ids: Sequence[str], limit: int) -> list[list[Run]]:
        """The latest harvests of each partner, newest first."""
        async with self._database.reading() as connection:
            found = await logbook.latest(connection, partner_ids, limit)
        return [found.get(asked, []) for asked in partner_ids]

    async def runs_by_id(self, ids: Sequence[int]) -> list[Run | None]:
        """Runs in the order asked; one that was forgotten since is ``None``."""
        async with self._database.reading() as connection:
            found = await logbook.by_id(connection, ids)
        return [found.get(asked) for asked in ids]

    async def skips_of(self, run_ids: Sequence[int], limit: int) -> list[list[RunSkip]]:
        """The first rows that each run did not use, as far as they were kept."""
        async with self._database.reading() as connection:
            found = await logbook.skips(connection, run_ids, limit)
        return [found.get(asked, []) for asked in run_ids]

    async def changes(self, since: datetime, after: int | None, first: int) -> list[SupplierChange]:
        """The change log from ``since`` on, oldest first, continued behind the change whose ``seq`` is ``after``."""
        log = supplier_change.c
        # Time never runs backwards along seq, so the first change at or after `since` is found in the index.
        start = select(log.seq).where(log.at >= since).order_by(log.at, log.seq).limit(1).scalar_subquery()
        statement = select(supplier_change).where(log.seq >= start, log.seq > (after or 0)).order_by(log.seq)
        async with self._database.reading() as connection:
            rows = await connection.execute(statement.limit(first))
            return [_change(row) for row in rows]

    async def newest_change(self) -> int:
        """The ``seq`` of the newest line of the change log; 0 while it is empty."""
        async with self._database.reading() as connection:
            return await saved.last_seq(connection)

    async def changes_by_seq(self, seqs: Sequence[int]) -> list[SupplierChange | None]:
        """Single lines of the change log, in the order asked."""
        found: dict[int, SupplierChange] = {}
        async with self._database.reading() as connection:
            for chunk in chunks(seqs):
                rows = await connection.execute(select(supplier_change).where(supplier_change.c.seq.in_(chunk)))
                found.update((row.seq, _change(row)) for row in rows)
        return [found.get(asked) for asked in seqs]

    async def presences_of(self, supplier_ids: Sequence[int]) -> list[Presence]:
        """What directories' listings of these suppliers say of whose they are (:mod:`directory.relations`)."""
        async with self._database.reading() as connection:
            return await relating.of(connection, supplier_ids)

    async def presences_sharing(self, shared: Shared) -> list[Presence]:
        """The listings, of any supplier in force, that have any of this; a bounded number."""
        async with self._database.reading() as connection:
            return await relating.sharing(connection, shared)

    async def revision(self) -> int:
        """Grows whenever listings, suppliers or decisions have changed; a partner's state changes without it."""
        async with self._database.reading() as connection:
            return await state.revision(connection)

    async def moment(self) -> Moment:
        """Where the store is now: its revision, and the mark of its newest change."""
        async with self._database.reading() as connection:
            return await news.moment(connection)

    @asynccontextmanager
    async def news(self, since: str, batch: int = 500) -> AsyncIterator[News | None]:
        """What has changed since a mark, all of one snapshot; None when the mark is not of this store."""
        async with self._database.reading() as connection:
            at, changed = await news.moment(connection), await news.changed(connection, since)
            if changed is None:
                yield None
                return
            async with aclosing(_these(connection, changed, batch)) as suppliers:
                yield News(at.revision, at.mark, changed, suppliers)

    async def supplier_count(self) -> int:
        """How many suppliers are in force."""
        async with self._database.reading() as connection:
            return await connection.scalar(select(func.count()).select_from(supplier).where(_IN_FORCE)) or 0

    async def every_supplier(self, batch: int = 500) -> AsyncGenerator[list[StoredSupplier]]:
        """All suppliers in force by ascending id, ``batch`` at a time, in one snapshot and bounded memory."""
        async with (
            self._database.reading() as connection,
            aclosing(_pages(connection, _SUPPLIERS, supplier, batch)) as pages,
        ):
            async for page in pages:
                yield list(map(_stored_supplier, page))

    async def every_listing(self, batch: int = 500) -> AsyncGenerator[list[StoredListing]]:
        """All listings that are not withdrawn, in the same way."""
        async with (
            self._database.reading() as connection,
            aclosing(_pages(connection, _LISTINGS.where(_ACTIVE), listing, batch)) as pages,
        ):
            async for page in pages:
                yield [_stored_listing(row) for row in page]


async def _these(connection: AsyncConnection, ids: Collection[int], batch: int) -> AsyncGenerator[list[StoredSupplier]]:
    for some in batches(sorted(ids), batch):
        found = await _suppliers(connection, some)
        yield [found[number] for number in sorted(found)]


async def _suppliers(connection: AsyncConnection, ids: Collection[int]) -> dict[int, StoredSupplier]:
    found: dict[int, StoredSupplier] = {}
    for chunk in chunks(ids):
        rows = await connection.execute(_SUPPLIERS.where(supplier.c.id.in_(chunk)))
        found.update((row.id, _stored_supplier(row)) for row in rows)
    return found


def _stored_supplier(row: Any) -> StoredSupplier:
    return StoredSupplier(
        supplier=row.document,
        created_at=row.created_at,
        updated_at=row.updated_at,
        merged_ids=tuple(sorted(map(int, row.merged.split(",")))) if row.merged else (),
    )


async def _survivors(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """Each id that a row could have, and the id that stands for it today: its own unless it was merged away."""
    itself = {known: known for chunk in chunks(ids) for known in chunk}
    return itself | await _aliases(connection, ids)


async def _aliases(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """The ids among these that were merged away, and who has survived them."""
    aliases: dict[int, int] = {}
    for chunk in chunks(ids):
        alias = select(supplier_alias.c.id, supplier_alias.c.survivor).where(supplier_alias.c.id.in_(chunk))
        aliases.update((row.id, row.survivor) for row in await connection.execute(alias))
    return aliases


async def _pages(
    connection: AsyncConnection, statement: Select[Any], table: Table, size: int
) -> AsyncGenerator[Sequence[Row[Any]]]:
    last = 0
    while page := (await connection.execute(statement.where(table.c.id > last).order_by(table.c.id).limit(size))).all():
        yield page
        last = page[-1].id


def _supplier_of_listing(partner: str, external_id: str) -> Select[Any]:
    return (
        select(supplier.c.id)
        .join(membership, listing.c.id == membership.c.listing_id)
        .outerjoin(supplier_alias, supplier_alias.c.id == membership.c.supplier_id)
        .join(supplier, supplier.c.id == _CURRENT_SUPPLIER)
        .where(listing.c.partner == partner, listing.c.external_id == external_id, _ACTIVE, _CURRENT)
        .select_from(listing)
    )


def _stored_listing(row: Row[Any]) -> StoredListing:
    return StoredListing(
        id=row.id,
        listing=replace(row.payload, raw=row.raw),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        changed_at=row.changed_at,
        withdrawn_at=row.withdrawn_at,
        supplier_id=row.supplier_id,
        establishment=row.establishment,
        match=None if row.method is None else _match(row),
    )


def _match(row: Row[Any]) -> Match:
    return Match(
        decision=MatchDecision(row.decision),
        score=row.score,
        method=MatchMethod(row.method),
        against=row.against,
        evidence=row.evidence,
        weight=row.weight,
        prior=row.prior,
    )


def _change(row: Row[Any]) -> SupplierChange:
    kind = ChangeKind(row.kind)
    return SupplierChange(seq=row.seq, kind=kind, supplier_id=row.supplier_id, at=row.at, merged_into=row.merged_into)
