"""A small world for tests: partners say things, the hub harvests, resolves and is read, all for real."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from directory.harvest import harvest
from directory.records import Address, Disclosure, End, Listing, Page, PartnerInfo, PartnerKind, Scope, SupplierStatus
from directory.resolution import ResolutionReport, resolve
from directory.store import state
from directory.store.database import Database
from directory.store.decisions import decision
from directory.store.reading import Reader, StoredListing, StoredSupplier
from tests.harvesting import LAX

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
AUBAGNE = Address(lines=("12 rue Haute",), postcode="13400", commune="Aubagne")
REGISTER = "sirene"
ONE, OTHER, THIRD = "732829320", "552100554", "356000000"


def says(partner: str, external_id: str, name: str = "Dupont", **values: Any) -> Listing:
    """A partner's listing, at Aubagne unless said otherwise."""
    usual: dict[str, Any] = {"raw": "{}", "address": AUBAGNE}
    return Listing(partner=partner, external_id=external_id, name=name, **(usual | values))


def registers(siren: str, name: str = "DUPONT", **values: Any) -> Listing:
    """What SIRENE says of a company: in business and wholly diffused unless said otherwise."""
    usual = {"siren": siren, "status": SupplierStatus.ACTIVE, "disclosure": Disclosure.FULL}
    return says(REGISTER, siren, name, **(usual | values))


class Said:
    """A source that gives these listings and ends well."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._listings = tuple(listings)

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        """One page, all of it."""
        yield Page(listings=self._listings)
        yield End(scope=Scope.FULL)


class World:
    """One database, and a clock that moves by hand."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.reader = Reader(database)
        self.now = NOON

    async def tell(self, *listings: Listing, partner: str = "cmar") -> None:
        """Harvest what a partner says now; what it no longer mentions is withdrawn. SIRENE is a register."""
        kind = PartnerKind.REGISTER if partner == REGISTER else PartnerKind.DIRECTORY
        info = PartnerInfo(id=partner, name=partner, organisation=partner, kind=kind)
        run = await harvest(self.database, Said(listings), info, full=True, clock=lambda: self.now, guard=LAX)
        assert run.problem is None

    async def resolve(self) -> ResolutionReport:
        """Resolve a minute later."""
        self.now += timedelta(minutes=1)
        return await resolve(self.database, clock=lambda: self.now)

    async def decide(self, kind: str, one: tuple[str, str], other: tuple[str, str]) -> None:
        """Have a steward decide on two listings."""
        async with self.database.writing() as connection:
            row = {"kind": kind, "payload": {"listings": [one, other]}, "author": "a", "reason": "r", "at": self.now}
            await connection.execute(decision.insert(), row)
            await state.bump(connection)

    async def suppliers(self) -> list[StoredSupplier]:
        """All suppliers in force."""
        return [each async for page in self.reader.every_supplier() for each in page]

    async def listings(self) -> dict[str, StoredListing]:
        """All listings in force by external id."""
        return {each.listing.external_id: each async for page in self.reader.every_listing() for each in page}

    async def home(self, external_id: str) -> int | None:
        """The supplier of a listing."""
        return (await self.listings())[external_id].supplier_id

    async def changes(self) -> list[tuple[str, int, int | None]]:
        """The whole change log."""
        log = await self.reader.changes(NOON - timedelta(days=9999), None, 1000)
        return [(each.kind.value, each.supplier_id, each.merged_into) for each in log]
