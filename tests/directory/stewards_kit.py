"""A world with a steward in it: suppliers are named by one of their listings, and looked at before a decision."""

from collections.abc import Iterable

from directory.records import SupplierField
from directory.stewardship import Confirm, Decision, Merge, Move, Pin, Reject, Split, Undo, Unpin, decide
from directory.store import members, reviews
from directory.store.reviews import ReviewFilter, StoredReview
from tests.directory.resolution_kit import World


class Steward:
    """Ines, who decides on what she sees now; ``then`` resolves."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def does(self, *decisions: Decision, reason: str = "Vu au téléphone.") -> list[int]:
        """Decide, then bring the suppliers up to date."""
        numbers = await self.says(*decisions, reason=reason)
        await self.world.resolve()
        return numbers

    async def says(self, *decisions: Decision, reason: str = "Vu au téléphone.") -> list[int]:
        """Decide, and leave the suppliers as they are."""
        return await decide(self.world.database, decisions, author="Ines", reason=reason, clock=lambda: self.world.now)

    async def id(self, name: str) -> int:
        """The listing with this external id."""
        return (await self.world.listings())[name].id

    async def home(self, name: str) -> int:
        """The supplier of a listing."""
        found = await self.world.home(name)
        assert found is not None
        return found

    async def version(self, supplier: int) -> str:
        """The version of a supplier as it is."""
        async with self.world.database.reading() as connection:
            known = await members.of_suppliers(connection, [supplier])
            return (await members.versions(connection, known))[supplier]

    async def merge(self, into: str, *others: str) -> Merge:
        """Merge the suppliers of these listings."""
        numbers = [await self.home(each) for each in (into, *others)]
        versions = tuple([await self.version(each) for each in numbers])
        return Merge(into=numbers[0], others=tuple(numbers[1:]), versions=versions)

    async def split(self, *names: str) -> Split:
        """Split these listings off from their supplier."""
        supplier = await self.home(names[0])
        listings = tuple([await self.id(each) for each in names])
        return Split(supplier=supplier, listings=listings, version=await self.version(supplier))

    async def move(self, name: str, to: str) -> Move:
        """Move a listing to the supplier of another."""
        here, there = await self.home(name), await self.home(to)
        versions = await self.version(here), await self.version(there)
        return Move(listing=await self.id(name), to=there, versions=versions)

    async def confirm(self, one: str, other: str, *, same_site: bool = False) -> Confirm:
        """Say that two listings are one company."""
        left, right = await self.id(one), await self.id(other)
        return Confirm(left=left, right=right, version=await self._both(one, other), same_site=same_site)

    async def reject(self, one: str, other: str) -> Reject:
        """Say that they are two."""
        return Reject(left=await self.id(one), right=await self.id(other), version=await self._both(one, other))

    async def pin(self, field: SupplierField, name: str) -> Pin:
        """Fix a field of a listing's supplier to what that listing says."""
        supplier = await self.home(name)
        version = await self.version(supplier)
        return Pin(supplier=supplier, field=field, listing=await self.id(name), version=version)

    async def unpin(self, field: SupplierField, name: str) -> Unpin:
        """Let it go."""
        supplier = await self.home(name)
        return Unpin(supplier=supplier, field=field, version=await self.version(supplier))

    async def undo(self, act: int) -> list[int]:
        """Undo an act."""
        return await self.does(Undo(act))

    async def groups(self) -> list[str]:
        """Which listings are together: external ids of one letter, a word a supplier."""
        found: dict[int | None, list[str]] = {}
        for name, stored in sorted((await self.world.listings()).items()):
            found.setdefault(stored.supplier_id, []).append(name)
        return sorted("".join(names) for names in found.values())

    async def queue(self) -> list[StoredReview]:
        """What waits."""
        async with self.world.database.reading() as connection:
            return await reviews.page(connection, ReviewFilter(), None, 100)

    async def asked(self) -> list[tuple[str, str]]:
        """What waits: reason and the two listings' names, in alphabetical order."""
        names = {stored.id: name for name, stored in (await self.world.listings()).items()}
        return [
            (each.reason.value, "".join(sorted(_named(names, (each.left, each.right))))) for each in await self.queue()
        ]

    async def _both(self, *names: str) -> str:
        return members.both([await self.version(await self.home(each)) for each in names])


def _named(names: dict[int, str], listings: Iterable[int]) -> list[str]:
    return [names[each] for each in listings]
