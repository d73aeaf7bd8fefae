"""Two listings of the store, compared as the last resolution compared them."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.choice import Policy
from directory.matching.comparing import Thresholds
from directory.matching.contract import MatchRecord
from directory.matching.pairing import Pairing, pair
from directory.matching.terms import Terms
from directory.records import now
from directory.resolution import rules_of
from directory.store import matches, snapshots
from directory.store.reading import Reader, StoredListing
from directory.store.snapshots import Settled, Snapshot, listing_key
from gateway.cli.output import Failure
from gateway.matching import matcher_of
from gateway.settings import Settings
from gateway.stores import opened_store


class Counts(Struct, frozen=True):
    """By whose frequencies two listings are compared: of ``counted`` listings, at the last full resolution, where there
    are ``listings`` today. ``are_old``: by these, but by another model, other thresholds or rules, the last resolution
    decided.
    """

    counted: int
    listings: int
    are_old: bool


class Explained(Struct, frozen=True, kw_only=True):
    """Two listings compared, and where each is today, without supplier when it is not resolved yet."""

    pairing: Pairing
    thresholds: Thresholds
    places: tuple[StoredListing, StoredListing]
    counts: Counts

    @property
    def is_resolved(self) -> bool:
        return all(place.supplier_id is not None for place in self.places)

    @property
    def is_one_supplier(self) -> bool:
        left, right = self.places
        return self.is_resolved and left.supplier_id == right.supplier_id

    @property
    def is_one_establishment(self) -> bool:
        left, right = self.places
        return self.is_one_supplier and left.establishment is not None and left.establishment == right.establishment


async def explained(settings: Settings, names: tuple[str, str]) -> Explained:
    """Compare the two that are called so, by number or by PARTNER:ID. Raises :class:`Failure`."""
    matcher = matcher_of(settings)
    async with opened_store(settings) as database:
        async with database.reading() as connection:
            snapshot, records = await snapshots.take(connection, now())
            terms = await _terms(connection, snapshot.settled, records)
            rules = rules_of(matcher, Policy.of(await snapshots.partners(connection)))
        left, right = (_named(name, records) for name in names)
        if left.listing == right.listing:
            raise Failure(f"{names[0]} and {names[1]} are one listing; name two.", code=2)
        places = await Reader(database).listings([left.listing, right.listing])
    companies = _company(left, snapshot), _company(right, snapshot)
    pairing = pair(left, right, records, snapshot.words.decisions, matcher, companies, terms)
    one, other = (place for place in places if place is not None)
    are_old = snapshot.settled is not None and snapshot.settled.rules != rules
    counts = Counts(terms.listings, len(records), are_old)
    return Explained(pairing=pairing, thresholds=matcher.thresholds, places=(one, other), counts=counts)


async def _terms(connection: AsyncConnection, settled: Settled | None, records: Sequence[MatchRecord]) -> Terms:
    """The frequencies that memberships were decided by; today's, where nothing was resolved yet."""
    if settled is None or not settled.counted:
        return Terms.of(records)
    return Terms.frozen(records, await matches.counted(connection), settled.counted)


def _named(name: str, records: Sequence[MatchRecord]) -> MatchRecord:
    """The listing that is called so, by number or by partner and external id. Raises :class:`Failure`."""
    partner, colon, external_id = name.partition(":")
    key = listing_key(partner, external_id)
    for record in records:
        if (record.key == key) if colon else (str(record.listing) == name):
            return record
    raise Failure(
        f"There is no listing {name!r}; write PARTNER:ID as circuit export listings shows them, or its number."
    )


def _company(record: MatchRecord, snapshot: Snapshot) -> list[int]:
    homes = snapshot.homes.home
    home = homes.get(record.listing)
    return [] if home is None else [listing for listing, supplier in homes.items() if supplier == home]
