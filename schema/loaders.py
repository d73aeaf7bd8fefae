"""Batches: what many fields of one request ask for one by one is read together, once."""

from collections.abc import Awaitable, Sequence

from msgspec.structs import replace
from strawberry.dataloader import DataLoader

from directory import disclosure
from directory.disclosure import Role
from directory.records import FieldProvenance
from directory.store.reading import PartnerState, Reader, StoredListing, StoredSupplier


class Loaders:
    """The loaders of one request; what they read is kept for as long as the request lasts.

    ``suppliers`` gives them as the caller may see them; one that the caller may not know of looks like an id that means
    nothing. Listings and provenance come as they are stored: whoever shows them takes a ``disclosure.Sight`` first.
    """

    def __init__(self, reader: Reader, role: Role) -> None:
        self._reader = reader
        self._role = role
        self.suppliers: DataLoader[int, StoredSupplier | None] = DataLoader(self._visible_suppliers)
        self.listings: DataLoader[int, StoredListing | None] = DataLoader(reader.listings)
        self.listings_of: DataLoader[int, list[StoredListing]] = DataLoader(reader.listings_of)
        self.provenance_of: DataLoader[int, tuple[FieldProvenance, ...]] = DataLoader(reader.provenance_of)
        self._partners: DataLoader[None, dict[str, PartnerState]] = DataLoader(self._every_partner)

    def partners(self) -> Awaitable[dict[str, PartnerState]]:
        """Every partner by its short code: read once however many fields ask, and under way as soon as one does."""
        return self._partners.load(None)

    async def _visible_suppliers(self, ids: Sequence[int]) -> list[StoredSupplier | None]:
        return [stored and self._visible(stored) for stored in await self._reader.suppliers(ids)]

    def _visible(self, stored: StoredSupplier) -> StoredSupplier | None:
        shown = disclosure.visible(stored.supplier, self._role)
        return replace(stored, supplier=shown) if shown else None

    async def _every_partner(self, keys: Sequence[None]) -> list[dict[str, PartnerState]]:
        states = {state.info.id: state for state in await self._reader.partners()}
        return [states for _ in keys]
