"""What stewards alone ask of the store: what waits for them, what was decided, and on which view."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.links import Key
from directory.records import SupplierField
from directory.store import acts, members, reviews
from directory.store.acts import Act
from directory.store.database import Database
from directory.store.reviews import Pair, Place, ReviewFilter, StoredReview


class StoredPin(Struct, frozen=True, kw_only=True):
    """A pin that stands. It is not obeyed while its listing is not of the supplier, or where a later one is."""

    act: int
    field: SupplierField
    listing: Key
    is_obeyed: bool


class StewardReader:
    """Reads one database, a snapshot a call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reviews(self, where: ReviewFilter, after: Place | None, first: int) -> list[StoredReview]:
        """The queue, largest gain first, continued behind ``after``."""
        async with self._database.reading() as connection:
            return await reviews.page(connection, where, after, first)

    async def review_count(self, where: ReviewFilter) -> int:
        """How many questions wait."""
        async with self._database.reading() as connection:
            return await reviews.count(connection, where)

    async def reviews_by_pair(self, pairs: Sequence[Pair]) -> list[StoredReview | None]:
        """Questions in the order asked; one that does not wait is ``None``."""
        async with self._database.reading() as connection:
            found = await reviews.by_pairs(connection, pairs)
        return [found.get(pair) for pair in pairs]

    async def versions(self, suppliers: Sequence[int]) -> list[str | None]:
        """The version of each of these suppliers: what a decision on it names."""
        async with self._database.reading() as connection:
            known = await members.of_suppliers(connection, suppliers)
            found = await members.versions(connection, known)
        return [found.get(asked) for asked in suppliers]

    async def review_versions(self, pairs: Sequence[Pair]) -> list[str | None]:
        """The version of a question about each of these pairs; ``None`` where a listing is of no supplier."""
        async with self._database.reading() as connection:
            named = await members.by_listing(connection, [number for pair in pairs for number in pair])
            known = await members.of_suppliers(connection, [each.supplier for each in named.values()])
            found = await members.versions(connection, known)
        return [
            members.both(found[named[number].supplier] for number in pair) if named.keys() >= set(pair) else None
            for pair in pairs
        ]

    async def listing_ids(self, keys: Sequence[Key]) -> list[int | None]:
        """The listings that go by these names."""
        async with self._database.reading() as connection:
            found = await members.ids_of(connection, keys)
        return [found.get(key) for key in keys]

    async def acts(self, ids: Sequence[int]) -> list[Act | None]:
        """Acts in the order asked."""
        async with self._database.reading() as connection:
            found = await acts.by_id(connection, ids)
        return [found.get(asked) for asked in ids]

    async def latest_acts(self, limit: int) -> list[Act]:
        """The latest acts, newest first."""
        async with self._database.reading() as connection:
            return await acts.latest(connection, limit)

    async def acts_of(self, suppliers: Sequence[int]) -> list[list[Act]]:
        """The acts about any listing of each of these suppliers, or about a value of it, newest first."""
        async with self._database.reading() as connection:
            known = await members.of_suppliers(connection, suppliers)
            about = await acts.of_listings(connection, [each.key for mine in known.values() for each in mine])
            pins = await _pins_by_supplier(connection)
            pinned = await acts.by_id(connection, [pin.act for number in suppliers for pin in pins.get(number, ())])
        found = []
        for number in suppliers:
            mine = {act.id: act for each in known.get(number, ()) for act in about.get(each.key, ())}
            mine |= {pin.act: pinned[pin.act] for pin in pins.get(number, ())}
            found.append([mine[act] for act in sorted(mine, reverse=True)])
        return found

    async def pins_of(self, suppliers: Sequence[int]) -> list[list[StoredPin]]:
        """The pins that stand for each of these suppliers, earliest first, those that are not obeyed included."""
        async with self._database.reading() as connection:
            known = await members.of_suppliers(connection, suppliers)
            pins = await _pins_by_supplier(connection)
        return [
            _stored_pins(pins.get(number, []), {each.key for each in known.get(number, ())}) for number in suppliers
        ]


async def _pins_by_supplier(connection: AsyncConnection) -> dict[int, list[acts.PinWord]]:
    standing = await acts.pins(connection)
    today = await members.aliases(connection, [pin.supplier for pin in standing])
    found: dict[int, list[acts.PinWord]] = {}
    for pin in standing:
        found.setdefault(today.get(pin.supplier, pin.supplier), []).append(pin)
    return found


def _stored_pins(pins: Sequence[acts.PinWord], mine: set[Key]) -> list[StoredPin]:
    last = {pin.field: pin.act for pin in pins if pin.listing in mine}
    return [
        StoredPin(act=pin.act, field=pin.field, listing=pin.listing, is_obeyed=last.get(pin.field) == pin.act)
        for pin in pins
    ]
