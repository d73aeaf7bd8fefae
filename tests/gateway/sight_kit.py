"""Four companies that say everything of themselves, and the words by which each of it is known again in an answer.

One is open, one a sole trader and one a legal person under partial diffusion, and one has opted out.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from directory.disclosure import SOLE_TRADER, Field, Role, may_see
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
    PartnerKind,
    Scope,
    SupplierStatus,
    Unusable,
)
from directory.resolution import resolve
from directory.search.build import build
from directory.store.database import Database
from directory.store.reading import Reader
from tests.harvesting import LAX

NOON: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
PARTNERS: Final = (
    PartnerInfo(id="cmar", name="CMAR", organisation="Chambre de métiers", priority=20),
    PartnerInfo(id="cpme13", name="CPME 13", organisation="CPME des Bouches-du-Rhône", priority=30),
    PartnerInfo(id="sirene", name="SIRENE", organisation="INSEE", kind=PartnerKind.REGISTER),
)


def _is_luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(sum(divmod(each, 10)) for each in doubled) % 10 == 0


class Company(Struct, frozen=True, kw_only=True):
    """A company; ``mark`` is part of every word that it is known by, ``digit`` of every number."""

    mark: str
    digit: int
    siren: str
    legal_form: str
    disclosure: Disclosure
    postcode: str
    commune: str

    @property
    def siret(self) -> str:
        """The number of its one site."""
        return next(number for nic in range(1, 20) if _is_luhn(number := f"{self.siren}{nic:05d}"))

    @property
    def secrets(self) -> Mapping[str, Field]:
        """What betrays a field of it, without case, wherever it is read; and the field."""
        return {
            self.siren: Field.SIREN,
            f"zorbax{self.mark}": Field.NAME,
            f"enseigna{self.mark}": Field.TRADE_NAMES,
            f"descrila{self.mark}": Field.DESCRIPTION,
            f"ruelotte{self.mark}": Field.ADDRESS,
            self.commune.casefold(): Field.ADDRESS,
            f"43.27{self.digit}1": Field.LOCATION,
            f"5.57{self.digit}3": Field.LOCATION,
            f"webada{self.mark}": Field.WEBSITE,
            f"pagina{self.mark}": Field.WEBSITE,
            f"personna{self.mark}": Field.CONTACT_NAME,
            f"mela{self.mark}": Field.EMAIL,
            f"texto{self.mark}": Field.EMAIL,
            f"+3344255667{self.digit}": Field.PHONE,
            f"04 42 99 88 7{self.digit}": Field.PHONE,
            f"rawlim{self.mark}": Field.RAW,
        }

    def shows(self, role: Role, field: Field) -> bool:
        """Whether the table of :mod:`directory.disclosure` lets the role see the field of this company."""
        if role is not Role.STEWARD and self.disclosure is Disclosure.OPTED_OUT:
            return False
        legal_person = not self.legal_form.startswith(SOLE_TRADER)
        return may_see(role, field, self.disclosure, legal_person=legal_person)

    @property
    def listings(self) -> tuple[Listing, ...]:
        """What its partners and the register say."""
        mark, address = (
            self.mark,
            Address(lines=(f"{self.digit} chemin Ruelotte{self.mark}",), postcode=self.postcode, commune=self.commune),
        )
        whole = Listing(
            partner="cmar",
            external_id=f"M{self.digit}",
            name=f"Zorbax{mark}",
            raw=f'{{"nom": "rawlim{mark}"}}',
            trade_names=(f"Enseigna{mark}",),
            siren=self.siren,
            siret=self.siret,
            service_areas=("Bouches-du-Rhône",),
            description=f"Descrila{mark}, au texto{mark}@texto.example ou au 04 42 99 88 7{self.digit}.",
            activities=(Activity("43.22A"),),
            address=address,
            location=Location(float(f"43.27{self.digit}1"), float(f"5.57{self.digit}3")),
            contact=Contact(name=f"Personna{mark}", email=f"mela{mark}@mel.example", phone=f"+3344255667{self.digit}"),
            website=f"https://webada{mark}.example/",
            headcount="6 à 9",
            labels=("RGE",),
            url=f"https://cmar.example/pagina{mark}",
        )
        other = Listing(
            partner="cpme13",
            external_id=f"P{self.digit}",
            name=f"ZORBAX{mark.upper()}",
            raw="{}",
            siren=self.siren,
            address=address,
            contact=whole.contact,
            activities=(Activity("43.22A"),),
        )
        official = Listing(
            partner="sirene",
            external_id=self.siren,
            name="[ND]" if self.disclosure is not Disclosure.FULL else f"ZORBAX{mark.upper()}",
            raw="{}",
            siren=self.siren,
            legal_form=self.legal_form,
            disclosure=self.disclosure,
            activities=(Activity("43.22A"),),
            status=SupplierStatus.ACTIVE,
        )
        return whole, other, official


OPEN = Company(mark="lumen", digit=1, siren="775670417", legal_form="5710", disclosure=Disclosure.FULL,
               postcode="13400", commune="Aubagne")  # fmt: skip
SOLE = Company(mark="ombrel", digit=2, siren="732829320", legal_form="1000", disclosure=Disclosure.PARTIAL,
               postcode="13780", commune="Cuges-les-Pins")  # fmt: skip
LEGAL = Company(mark="voilet", digit=3, siren="552100554", legal_form="5710", disclosure=Disclosure.PARTIAL,
                postcode="13600", commune="Ceyreste")  # fmt: skip
GONE = Company(mark="absentu", digit=4, siren="552081317", legal_form="1000", disclosure=Disclosure.OPTED_OUT,
               postcode="13470", commune="Carnoux-en-Provence")  # fmt: skip
COMPANIES: Final = (OPEN, SOLE, LEGAL, GONE)
# So alike to the open one that somebody must be asked, and a namesake's branch that is related to it.
ALIKE: Final = Listing(
    partner="cmar", external_id="M9", name="Zorbaxlumen et fils", raw="{}", activities=(Activity("43.22A"),),
    address=Address(lines=("9 chemin Ruelottelumen",), postcode="13400", commune="Aubagne"),
)  # fmt: skip
GROUP: Final = Listing(
    partner="cpme13", external_id="P9", name="Holding Zorbaxlumen", raw="{}", siren="443061841",
    address=OPEN.listings[0].address, website="https://webadalumen.example/", activities=(Activity("64.20Z"),),
)  # fmt: skip
UNUSABLE: Final = Unusable(external_id="M10", reason="It has no name.", excerpt="{}")


class _Members:
    """One partner's members, and one record that cannot be read."""

    def __init__(self, partner: str) -> None:
        every = (*(each for company in COMPANIES for each in company.listings), ALIKE, GROUP)
        self._mine = tuple(each for each in every if each.partner == partner)
        self._unusable = (UNUSABLE,) if partner == "cmar" else ()

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        yield Page(listings=self._mine, unusable=self._unusable)
        yield End(scope=Scope.FULL)


async def furnish(database: Database, index_dir: Path) -> None:
    """Harvest, resolve and index them, as the hub does."""
    for partner in PARTNERS:
        run = await harvest(database, _Members(partner.id), partner, full=True, clock=lambda: NOON, guard=LAX)
        assert run.problem is None
    await resolve(database, clock=lambda: NOON)
    reader = Reader(database)
    pairs = ((each.supplier, each.updated_at) async for page in reader.every_supplier() for each in page)
    index_dir.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # a test may wait
    await build(index_dir, pairs, clock=lambda: NOON)
