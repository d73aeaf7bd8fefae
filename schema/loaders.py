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
from directory.store.reading import PartnerState, Reader, StoredListing, StoredSupplier
from schema.steward_loaders import StewardLoaders


class Loaders:
    """The loaders of one request; what they read is kept for as long as the request lasts.

    ``suppliers`` gives them as the caller may see them; one that the caller may not know of looks like an id that means
    nothing. Listings and provenance come as they are stored: whoever shows them takes a ``disclosure.Sight`` first.
    ``runs_of`` a partner and ``skips_of`` a run take how many with the key.
    """

    def __init__(self, reader: Reader, role: Role, clock: Callable[[], datetime] = now) -> None:
        self._reader = reader
        self._role = role
        self._clock = clock
        self.suppliers: DataLoader[int, StoredSupplier | None] = DataLoader(self._visible_suppliers)
        self.listings: DataLoader[int, StoredListing | None] = DataLoader(reader.listings)
        self.listings_of: DataLoader[int, list[StoredListing]] = DataLoader(reader.listings_of)
        self.provenance_of: DataLoader[int, tuple[FieldProvenance, ...]] = DataLoader(reader.provenance_of)
        self.runs: DataLoader[int, Run | None] = DataLoader(self._runs)
        self.runs_of: DataLoader[tuple[str, int], list[Run]] = DataLoader(self._runs_of)
        self.skips_of: DataLoader[tuple[int, int], list[RunSkip]] = DataLoader(self._skips_of)
        self.quality_of: DataLoader[str, PartnerQuality] = DataLoader(self._quality_of)
        self.relations_of: DataLoader[int, list[Relation]] = DataLoader(self._relations_of)
        self._partners: DataLoader[None, dict[str, PartnerState]] = DataLoader(self._every_partner)

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
