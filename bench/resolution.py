"""How long the resolution takes, and how much memory: ``python -m bench.resolution --listings 20000``.

Listings are invented here, five directories over one population with the usual differences, harvested into a new
SQLite file (or ``--url``), then resolved, resolved again, and resolved after one partner changed a hundred members.
"""

import argparse
import asyncio
import logging
import random
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import structlog
from msgspec.structs import replace

from directory import geography
from directory.harvest import harvest
from directory.records import Activity, Address, Contact, End, Listing, Page, PartnerInfo, Scope
from directory.resolution import resolve
from directory.store.database import Database

PARTNERS = ("chambre", "cmar", "cpme13", "cress_paca", "french_tech")
LISTINGS_A_COMPANY = 1.65
PAGE = 1_000
CRAFTS = ("Plomberie", "Menuiserie", "Boulangerie", "Garage", "Imprimerie", "Maçonnerie", "Conseil", "Transports")
SURNAMES = ("Martin", "Rossi", "Garcia", "Blanc", "Fabre", "Arnaud", "Esposito", "Giraud", "Roux", "Olive", "Brun")
COMMUNES = tuple(geography.communes())


class Invented:
    """A partner's directory: the companies that ``seed`` gives it, ``edited`` ones with another description."""

    def __init__(self, partner: str, companies: int, edited: int = 0) -> None:
        self.partner, self.companies, self.edited = partner, companies, edited

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        """Everything, in pages."""
        page: list[Listing] = []
        for place, listing in enumerate(self._listings()):
            page.append(replace(listing, description="Changé depuis.") if place < self.edited else listing)
            if len(page) == PAGE:
                yield Page(listings=tuple(page))
                page = []
        yield Page(listings=tuple(page))
        yield End(scope=Scope.FULL)

    def _listings(self) -> Iterator[Listing]:
        share = LISTINGS_A_COMPANY / len(PARTNERS)
        for number in range(self.companies):
            chance = random.Random(f"{self.partner} {number}")
            if chance.random() < share:
                yield _listing(self.partner, number, chance)


def _listing(partner: str, number: int, chance: random.Random) -> Listing:
    """What one partner says of company ``number``: now and then without SIREN, with a sign, or without the phone."""
    company = random.Random(number)
    name = f"{company.choice(CRAFTS)} {company.choice(SURNAMES)} {company.choice(SURNAMES)} {company.randrange(500)}"
    commune = company.choice(COMMUNES)
    siren = _siren(number)
    return Listing(
        partner=partner,
        external_id=str(number),
        name=name if chance.random() < 0.8 else f"SARL {name.upper()}",
        raw='{"invented": true}',
        trade_names=(f"Chez {number}",) if chance.random() < 0.2 else (),
        siren=siren if chance.random() < 0.6 else None,
        siret=_siret(siren) if chance.random() < 0.3 else None,
        description=f"{name}, à {commune.name} : devis, pose, dépannage." if chance.random() < 0.7 else None,
        activities=(Activity("43.22A"),),
        address=Address(
            lines=(f"{company.randrange(1, 200)} rue {company.choice(SURNAMES)}",),
            postcode=commune.postcodes[0] if commune.postcodes else None,
            commune=commune.name,
        ),
        contact=Contact(phone=f"+3349{number % 10_000_000:07}" if chance.random() < 0.7 else None),
        website=f"https://entreprise-{number}.fr" if chance.random() < 0.4 else None,
    )


def _siren(number: int) -> str:
    body = f"{10_000_000 + number:08}"
    return body + _luhn(body)


def _siret(siren: str) -> str:
    body = f"{siren}0001"
    return body + _luhn(body)


def _luhn(body: str) -> str:
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


async def run(url: str, listings: int) -> None:
    """Harvest, resolve three times, and print what each took."""
    database = Database(url)
    await database.migrate()
    companies = round(listings / LISTINGS_A_COMPANY)
    began = _now()
    for partner in PARTNERS:
        info = PartnerInfo(id=partner, name=partner, organisation=partner)
        await harvest(database, Invented(partner, companies), info, full=True, budget=3_600)
    print(f"{'harvest':18} {_since(began)}")
    await _resolve(database, "first resolution")
    await _resolve(database, "without changes")
    info = PartnerInfo(id="cmar", name="cmar", organisation="cmar")
    await harvest(database, Invented("cmar", companies, edited=100), info, full=True, budget=3_600)
    await _resolve(database, "100 edits")
    await database.close()


async def _resolve(database: Database, what: str) -> None:
    began = _now()
    report = await resolve(database)
    print(f"{what:18} {_since(began)}   {report}")


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _since(began: tuple[float, float]) -> str:
    """Seconds by the clock and of computing, and the most memory so far."""
    clock, computing = (now - then for now, then in zip(_now(), began, strict=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{clock:7.2f} s ({computing:6.2f} s CPU)   peak {peak:.0f} MB"


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=20_000)
    parser.add_argument("--url", help="an empty database; without it a new SQLite file")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(arguments.url or f"sqlite:///{Path(folder) / 'bench.db'}", arguments.listings))


if __name__ == "__main__":
    main()
