"""Ids outlast what is added: of suppliers whose listings did not change, only mergers take ids away."""

import random
from collections import defaultdict

from directory.records import Address, Listing
from directory.store.database import Database
from tests.directory.resolution_kit import World, says

CRAFTS = ("Plomberie", "Menuiserie", "Garage", "Boulangerie", "Imprimerie")
FAMILIES = ("Martin", "Rossi", "Garcia", "Blanc", "Fabre", "Arnaud", "Roux", "Olive", "Brun", "Giraud")


def invented(number: int, chance: random.Random) -> Listing:
    """A listing of one of some hundreds of companies, which have namesakes."""
    name = f"{chance.choice(CRAFTS)} {chance.choice(FAMILIES)} {chance.randrange(12)}"
    site = chance.choice([None, f"https://site-{chance.randrange(300)}.fr"])
    town = Address(postcode="13400", commune="Aubagne")
    return says("cmar", str(number), name, website=site, address=town)


async def test_five_percent_more_listings_rename_nobody_but_by_mergers(database: Database) -> None:
    world, chance = World(database), random.Random(4)
    said = [invented(number, chance) for number in range(800)]
    await world.tell(*said)
    await world.resolve()
    before = {name: stored.supplier_id for name, stored in (await world.listings()).items()}
    await world.tell(*said, *(invented(number, chance) for number in range(800, 840)))
    report = await world.resolve()
    after = {name: stored.supplier_id for name, stored in (await world.listings()).items()}
    homes = defaultdict(set)
    for name, home in before.items():
        homes[home].add(after[name])
    renamed = {home for home, now in homes.items() if now != {home}}
    merged = {number: into for kind, number, into in await world.changes() if kind == "MERGED"}
    assert renamed == merged.keys()
    assert {home: homes[home] for home in renamed} == {home: {merged[home]} for home in renamed if home}
    assert (report.split, report.removed) == (0, 0)
    # Every id that was ever given leads to a supplier.
    assert None not in await world.reader.suppliers([home or 0 for home in homes])
