"""How fast the store takes listings in: five sources in this process, one store, no network.

``python -m bench.harvest --members 20000 --url sqlite:////tmp/bench.db`` harvests all of them for the first time, again
unchanged, with a tenth changed and with all of it changed, and prints listings a second and the growth of resident
memory.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

import msgspec
import structlog

from directory.geography import communes
from directory.harvest import harvest
from directory.intake import prepare
from directory.records import Activity, Address, Contact, End, Listing, Page, PartnerInfo, Scope
from directory.store.database import Database

PARTNERS = ("chambre", "cmar", "cpme13", "cress", "frenchtech")
PAGE = 100
CRAFTS = (("Plomberie", "43.22A"), ("Boulangerie", "10.71C"), ("Menuiserie", "43.32A"), ("Conseil", "70.22Z"))


@dataclass(frozen=True)
class Synthetic:
    """A source of ``members`` listings made from a seed; every ``changing``-th differs in each ``version``."""

    partner: str
    members: int
    version: int = 0
    changing: int = 10

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        listings = self._listings()
        while page := tuple(islice(listings, PAGE)):
            await asyncio.sleep(0)
            yield Page(listings=page, size_bytes=sum(len(each.raw) for each in page))
        yield End(scope=Scope.FULL, cursor=None)

    def _listings(self) -> Iterator[Listing]:
        random, towns = Random(self.partner), communes()
        for number in range(self.members):
            version = self.version if number % self.changing == 0 else 0
            yield _listing(self.partner, number, version, random, random.choice(towns))


def _listing(partner: str, number: int, version: int, random: Random, town: object) -> Listing:
    """A listing as large as the partners' own: about 1 kB of raw text."""
    craft, naf = random.choice(CRAFTS)
    name = f"S.A.R.L. {craft} {random.randrange(10**6):06} & Fils"
    street = f"{random.randrange(1, 200)} bis, av. de la République"
    postcode, commune = (town.postcodes or ("13001",))[0], town.name  # type: ignore[attr-defined]
    phone = f"+334{random.randrange(10**8):08}"
    description = f"{craft} à {commune}, dépannage et neuf, devis gratuit. " * 6 + f"Fiche {version}."
    fields = {
        "id": f"{partner}-{number}", "raison_sociale": name, "voie": street, "cp": postcode, "commune": commune,
        "telephone": phone, "presentation": description, "effectif": "12", "code_naf": naf, "site": f"www.e{number}.fr",
    }  # fmt: skip
    return Listing(
        partner=partner,
        external_id=fields["id"],
        name=name,
        raw=msgspec.json.encode(fields).decode(),
        trade_names=(f"{craft} {number}",),
        description=description,
        activities=(Activity(naf),),
        address=Address(lines=(street,), postcode=postcode, commune=commune),
        contact=Contact(phone=phone, email=f"contact@e{number}.fr"),
        website=f"https://www.e{number}.fr",
        headcount="12",
        legal_form="SARL",
        labels=("RGE", "Artisan d'art"),
    )


async def run(database: Database, members: int, version: int, changing: int = Synthetic.changing) -> None:
    """Harvest the five at once and print how long it took: on the clock, and of the processor."""
    share = members // len(PARTNERS)
    start, processor = time.perf_counter(), time.process_time()
    done = await asyncio.gather(
        *(
            harvest(
                database, Synthetic(name, share, version, changing), PartnerInfo(id=name, name=name, organisation=name)
            )
            for name in PARTNERS
        )
    )
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    counts = {name: sum(getattr(each, name) for each in done) for name in ("added", "changed", "unchanged")}
    print(f"  {seconds:6.2f} s ({processor:.2f} s of processor)  {members / seconds:8,.0f} listings/s  {counts}")


def floor(members: int) -> tuple[float, float]:
    """Seconds spent on making the listings, and on preparing them: what is not the store's."""
    start = time.perf_counter()
    listings = list(Synthetic("floor", members)._listings())
    made = time.perf_counter()
    for listing in listings:
        prepare(listing)
    return made - start, time.perf_counter() - made


def resident_mb() -> float:
    """Peak resident memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def main(members: int, url: str) -> None:
    """Print the figures."""
    database = Database(url)
    await database.migrate()
    await run(database, 500, 0)  # warm the nomenclatures and the statement cache
    before = resident_mb()
    for title, version, changing in (
        ("first", 0, 10), ("unchanged", 0, 10), ("a tenth changed", 1, 10), ("all of it changed", 2, 1)
    ):  # fmt: skip
        print(title)
        await run(database, members, version, changing)
    print(f"resident memory: {before:.0f} MB before, {resident_mb():.0f} MB at its peak")
    await database.close()
    made, prepared = floor(min(members, 20_000))
    print(f"of which, for {min(members, 20_000):,} listings: made in {made:.2f} s, intake in {prepared:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=20_000)
    parser.add_argument("--url")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(arguments.members, arguments.url or f"sqlite:///{Path(folder) / 'bench.db'}"))
    sys.exit()
