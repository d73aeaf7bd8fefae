"""A small directory, made the whole way: members in memory, harvested, resolved, indexed, and asked in GraphQL.

Plomberie Martin is listed by three partners under one SIREN, with two sites; Menuiserie Durand by one, without a
SIREN; Martine Petit, a sole trader, stands under partial diffusion where a test says so.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from sqlalchemy import update

from directory.disclosure import Role
from directory.harvest import harvest
from directory.records import (
    Activity,
    Address,
    Contact,
    Disclosure,
    End,
    Listing,
    Location,
    Page,
    PartnerInfo,
    Scope,
)
from directory.resolution import resolve
from directory.search.build import build
from directory.search.engine import TantivyEngine
from directory.store.database import Database
from directory.store.reading import Reader
from directory.store.suppliers import supplier
from schema import Caller, Context, build_schema
from schema.context import LiveReader
from tests.harvesting import LAX

MARTIN = "732829320"
SCHEMA = build_schema()

PARTNERS = {
    "chambre": PartnerInfo(
        id="chambre", name="Chambre", organisation="CCI Aix-Marseille-Provence", url="https://cci.example", priority=10
    ),
    "cmar": PartnerInfo(
        id="cmar", name="CMAR", organisation="Chambre de métiers et de l'artisanat", licence="ODbL", priority=20
    ),
    "cpme13": PartnerInfo(id="cpme13", name="CPME 13", organisation="CPME des Bouches-du-Rhône", priority=30),
}


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **step: float) -> None:
        self.now += timedelta(**step)


def member(partner: str, external_id: str, name: str, **values: Any) -> Listing:
    """A listing as a connector would give it."""
    return Listing(partner=partner, external_id=external_id, name=name, raw=f'{{"nom":"{name}"}}', **values)


def address(street: str, postcode: str, commune: str) -> Address:
    return Address(lines=(street,), postcode=postcode, commune=commune)


AUBAGNE = Location(43.2927, 5.5708)

MEMBERS = (
    member(
        "chambre",
        "C1",
        "PLOMBERIE MARTIN",
        siren=MARTIN,
        siret="73282932000074",
        description="Plomberie et chauffage depuis 1985.",
        activities=(Activity("43.22A"),),
        address=address("12 rue de la République", "13400", "Aubagne"),
        location=AUBAGNE,
        contact=Contact(name="Paul Martin", email="contact@plomberie-martin.example", phone="+33442030405"),
        website="https://plomberie-martin.example/",
        legal_form="SARL",
        headcount="6 à 9",
        url="https://cci.example/annuaire/C1",
    ),
    member(
        "cmar",
        "M1",
        "Plomberie Martin SARL",
        siren=MARTIN,
        activities=(Activity("43.22A"),),
        address=address("12 rue de la Republique", "13400", "AUBAGNE"),
        contact=Contact(phone="+33442030406"),
        labels=("RGE",),
    ),
    member(
        "cpme13",
        "P1",
        "Martin chauffage",
        siren=MARTIN,
        siret="73282932000108",
        address=address("3 avenue du Prado", "13006", "Marseille"),
    ),
    member(
        "cmar",
        "M2",
        "Menuiserie Durand",
        activities=(Activity("43.32A"),),
        address=address("5 chemin des Pins", "13400", "Aubagne"),
        location=Location(43.30, 5.58),
    ),
)


class Source:
    """A partner whose members are at hand."""

    def __init__(self, members: Sequence[Listing]) -> None:
        self.members = members

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        yield Page(listings=tuple(self.members))
        yield End(scope=Scope.FULL, cursor=cursor)


@dataclass
class House:
    """The whole hub without its door."""

    database: Database
    index_dir: Path
    clock: Clock = field(default_factory=Clock)
    engine: TantivyEngine | None = None
    live: LiveReader | None = None

    async def take_in(self, members: Sequence[Listing]) -> None:
        """Harvest every partner, resolve and index: afterwards the directory is made of these members."""
        for partner in PARTNERS.values():
            mine = Source([each for each in members if each.partner == partner.id])
            await harvest(self.database, mine, partner, full=True, clock=self.clock, guard=LAX)
        await resolve(self.database, clock=self.clock)
        await self.index()

    async def index(self) -> None:
        """Build the index anew and serve it."""
        reader = Reader(self.database)
        pairs = ((each.supplier, each.updated_at) async for batch in reader.every_supplier() for each in batch)
        await build(self.index_dir, pairs, clock=self.clock)
        self.open_index()

    def open_index(self) -> None:
        """Serve the newest index."""
        self.engine = TantivyEngine.open(self.index_dir)

    async def merge_durand_into_martin(self) -> None:
        """Ten minutes later Durand turns out to have Martin's SIREN."""
        self.clock.forward(minutes=10)
        await self.take_in([replace(each, siren=MARTIN) if each.external_id == "M2" else each for each in MEMBERS])

    async def disclose(self, number: int, disclosure: Disclosure) -> None:
        """Give the supplier this status of diffusion, as a register would, and index anew."""
        stored = (await Reader(self.database).suppliers([number]))[0]
        assert stored
        document = replace(stored.supplier, disclosure=disclosure)
        async with self.database.writing() as connection:
            await connection.execute(update(supplier).where(supplier.c.id == number).values(document=document))
        await self.index()

    def context(self, caller: Caller | Role = Role.PUBLIC) -> Context:
        return Context(
            database=self.database,
            reader=Reader(self.database),
            engine=self.engine,
            caller=caller if isinstance(caller, Caller) else Caller(caller),
            clock=self.clock,
            request_id="r-1",
            live=self.live,
        )

    async def ask(self, query: str, caller: Caller | Role = Role.PUBLIC, **variables: object) -> dict[str, Any]:
        """The answer as it would be sent."""
        result = await SCHEMA.execute(query, variable_values=variables, context_value=self.context(caller))
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        return answer


Ask = Callable[..., Awaitable[dict[str, Any]]]
