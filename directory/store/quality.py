"""How good a partner's own data is, for the stewards who talk to it: counted from its listings as they are served."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from statistics import median
from typing import Any, Final

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, Text, and_, exists, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import SupplierStatus
from directory.store.listings import listing, listing_content
from directory.store.register import NUMBERED, register_check
from directory.store.suppliers import membership, supplier

_ROWS: Final = 5_000  # a fetch
_SECONDS_A_DAY: Final = 86_400


class PartnerQuality(Struct, frozen=True, kw_only=True):
    """A partner's data in numbers. Shares are in 0…1 and ``None`` of a partner without members.

    ``valid_siren`` have a SIREN that passes its check; ``valid_address`` have an address whose commune is known;
    ``located`` have a point of their own and not the middle of their commune. ``duplicates`` are listings that repeat
    another one of the same partner: the same SIRET, or the same site of the same company. ``closed_in_register`` and
    ``unknown_to_register`` are listings of companies that have closed, or that a register was asked about and does not
    know. ``freshness_days_median`` is the median age of the partner's own dates of change, and where it gives none, of
    the version that was read.
    """

    members: int
    valid_siren: float | None = None
    valid_address: float | None = None
    located: float | None = None
    duplicates: int = 0
    closed_in_register: int = 0
    unknown_to_register: int = 0
    freshness_days_median: float | None = None


class _Town(Struct, frozen=True):
    commune: str | None = None


class _Point(Struct, frozen=True):
    approximate: bool = False


class _Said(Struct, frozen=True):
    """What is looked at of a listing's content; the rest of it is skipped without being decoded."""

    address: _Town = _Town()
    location: _Point | None = None
    modified_at: datetime | None = None


_decode = msgspec.json.Decoder(_Said).decode


async def partner_quality(
    connection: AsyncConnection, partners: Collection[str], now: datetime
) -> dict[str, PartnerQuality]:
    """The quality of each of these partners' data as of ``now``. Streams their listings, in bounded memory but for a
    few numbers a listing.
    """
    counts = {name: _Counting() for name in partners}
    rows = await connection.stream(_listings(partners), execution_options={"yield_per": _ROWS})
    async for page in rows.partitions():
        for row in page:
            counts[row.partner].count(row, now)
    closed = await _numbers(connection, partners, _IS_CLOSED)
    unknown = await _numbers(connection, partners, _IS_UNKNOWN)
    return {name: each.quality(closed.get(name, 0), unknown.get(name, 0)) for name, each in counts.items()}


class _Counting:
    """One partner's listings, counted as they come by ascending id."""

    def __init__(self) -> None:
        self._members = self._numbered = self._addressed = self._located = self._duplicates = 0
        self._ages: list[float] = []
        self._sites: set[tuple[int, str]] = set()
        self._sirets: set[str] = set()

    def count(self, row: Row[Any], now: datetime) -> None:
        """One more listing."""
        said = _decode(row.payload)
        self._members += 1
        self._numbered += row.siren is not None
        self._addressed += said.address.commune is not None
        self._located += said.location is not None and not said.location.approximate
        self._duplicates += self._is_known(row)
        # A date of change after the day we read it is not believed.
        changed_at = min(said.modified_at, row.changed_at) if said.modified_at else row.changed_at
        self._ages.append((now - changed_at).total_seconds())

    def quality(self, closed: int, unknown: int) -> PartnerQuality:
        """What was counted, together with the listings that registers say something of."""
        if not self._members:
            return PartnerQuality(members=0)
        return PartnerQuality(
            members=self._members,
            valid_siren=self._share(self._numbered),
            valid_address=self._share(self._addressed),
            located=self._share(self._located),
            duplicates=self._duplicates,
            closed_in_register=closed,
            unknown_to_register=unknown,
            freshness_days_median=round(max(0.0, median(self._ages)) / _SECONDS_A_DAY, 1),
        )

    def _share(self, number: int) -> float:
        return round(number / self._members, 4)

    def _is_known(self, row: Row[Any]) -> bool:
        """Whether an earlier listing has the SIRET or the site; from now on one has."""
        site = (row.supplier_id, row.establishment) if row.establishment else None
        known = site in self._sites or row.siret in self._sirets
        if site:
            self._sites.add(site)
        if row.siret:
            self._sirets.add(row.siret)
        return known


_L, _M, _C = listing.c, membership.c, register_check.c
_IS_CLOSED: Final = (
    exists()
    .where(_M.listing_id == _L.id, _M.left_at.is_(None), supplier.c.id == _M.supplier_id)
    .where(supplier.c.status == SupplierStatus.CLOSED)
)
_IS_UNKNOWN: Final = and_(NUMBERED, _L.siren.in_(select(_C.siren).where(_C.found.is_(False))))


def _listings(partners: Collection[str]) -> Select[Any]:
    return (
        # Read as text: most of it is not worth decoding.
        select(
            _L.partner, _L.siren, _L.siret, _L.changed_at, type_coerce(listing_content.c.payload, Text).label("payload")
        )
        .add_columns(_M.supplier_id, _M.establishment)
        .select_from(
            listing.join(listing_content).outerjoin(membership, and_(_M.listing_id == _L.id, _M.left_at.is_(None)))
        )
        .where(_active(partners))
        .order_by(_L.id)
    )


def _active(partners: Iterable[str]) -> ColumnElement[bool]:
    return and_(_L.withdrawn_at.is_(None), _L.partner.in_(list(partners)))


async def _numbers(
    connection: AsyncConnection, partners: Iterable[str], condition: ColumnElement[bool]
) -> Mapping[str, int]:
    """How many listings of each partner meet the condition."""
    counted = select(_L.partner, func.count().label("number")).where(_active(partners), condition).group_by(_L.partner)
    return {row.partner: row.number for row in await connection.execute(counted)}
