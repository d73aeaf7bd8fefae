"""Batches: what many fields of one request ask for one by one is read together, once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cached_property

from msgspec.structs import replace
from strawberry.dataloader import DataLoader

from directory import disclosure, relations
from directory.disclosure import Role, Sight
from directory.records import FieldProvenance, now
from directory.relations import Presence, Relation
from directory.store.partners import Run, RunSkip
from directory.store.quality import PartnerQuality
from directory.store.reading import PartnerState, Reader, StoredListing, StoredSupplier, SupplierChange
from schema.steward_loaders import StewardLoaders


class Loaders:
    """The loaders of one request, each made when first asked; what they read is kept for as long as it lasts.

    ``suppliers`` gives them as the caller may see them; one that the caller may not know of looks like an id that means
    nothing. Listings and provenance come as they are stored: whoever shows them takes a ``disclosure.Sight`` first.
    ``number_of`` a SIREN is the supplier that bears it, seen or not. ``runs_of`` a partner and ``skips_of`` a run take
    how many with the key.
    """

    def __init__(self, reader: Reader, role: Role, clock: Callable[[], datetime] = now) -> None:
        self._reader = reader
        self._role = role
        self._clock = clock

    @cached_property
    def suppliers(self) -> DataLoader[int, StoredSupplier | None]:
        """By number."""
        return DataLoader(self._visible_suppliers)

    @cached_property
    def number_of(self) -> DataLoader[str, int | None]:
        """A supplier's number by its SIREN."""
        return DataLoader(self._reader.numbers_of)

    @cached_property
    def changes(self) -> DataLoader[int, SupplierChange | None]:
        """By their place in the log."""
        return DataLoader(self._reader.changes_by_seq)

    @cached_property
    def listings(self) -> DataLoader[int, StoredListing | None]:
        """By number."""
        return DataLoader(self._reader.listings)

    @cached_property
    def listings_of(self) -> DataLoader[int, list[StoredListing]]:
        """By the supplier's number."""
        return DataLoader(self._reader.listings_of)

    @cached_property
    def provenance_of(self) -> DataLoader[int, tuple[FieldProvenance, ...]]:
        """By the supplier's number."""
        return DataLoader(self._reader.provenance_of)

    @cached_property
    def runs(self) -> DataLoader[int, Run | None]:
        """By number."""
        return DataLoader(self._runs)

    @cached_property
    def runs_of(self) -> DataLoader[tuple[str, int], list[Run]]:
        """By the partner's short code, and how many."""
        return DataLoader(self._runs_of)

    @cached_property
    def skips_of(self) -> DataLoader[tuple[int, int], list[RunSkip]]:
        """By the run's number, and how many."""
        return DataLoader(self._skips_of)

    @cached_property
    def quality_of(self) -> DataLoader[str, PartnerQuality]:
        """By the partner's short code."""
        return DataLoader(self._quality_of)

    @cached_property
    def relations_of(self) -> DataLoader[int, list[Relation]]:
        """By the supplier's number."""
        return DataLoader(self._relations_of)

    @cached_property
    def _partners(self) -> DataLoader[None, dict[str, PartnerState]]:
        return DataLoader(self._every_partner)

    @cached_property
    def stewards(self) -> StewardLoaders:
        """What stewards alone may ask, made when the first of them does."""
        return StewardLoaders(self._reader.stewards)

    def know(self, number: int, stored: StoredSupplier | None) -> None:
        """Take this supplier, read elsewhere, for what would be read under the number."""
        self.suppliers.prime(number, stored and self._visible(stored))

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

    async def _runs(self, ids: Sequence[int]) -> list[Run | None]:
        return await self._reader.runs_by_id(ids)

    async def _runs_of(self, keys: Sequence[tuple[str, int]]) -> list[list[Run]]:
        # The longest list asked for holds the shorter ones.
        found = await self._reader.runs_of([partner for partner, _ in keys], max(first for _, first in keys))
        return [runs[:first] for runs, (_, first) in zip(found, keys, strict=True)]

    async def _skips_of(self, keys: Sequence[tuple[int, int]]) -> list[list[RunSkip]]:
        found = await self._reader.skips_of([run for run, _ in keys], max(first for _, first in keys))
        return [skips[:first] for skips, (_, first) in zip(found, keys, strict=True)]

    async def _quality_of(self, partners: Sequence[str]) -> list[PartnerQuality]:
        return await self._reader.partner_quality(partners, clock=self._clock)

    async def _relations_of(self, ids: Sequence[int]) -> list[list[Relation]]:
        """By what the caller may see of either supplier."""
        own = await self._seen(await self._reader.presences_of(ids))
        others = await self._seen(await self._reader.presences_sharing(relations.shared(own)))
        known = relations.Neighbourhood((*own, *others))
        return [known.related(supplier) for supplier in ids]

    async def _seen(self, presences: Sequence[Presence]) -> list[Presence]:
        numbers = sorted({presence.supplier for presence in presences})
        found = dict(zip(numbers, await self.suppliers.load_many(numbers), strict=True))
        return [
            Sight.of(stored.supplier, self._role).presence(presence)
            for presence in presences
            if (stored := found[presence.supplier])
        ]
