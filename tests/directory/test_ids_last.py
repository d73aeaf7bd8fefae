"""Ids outlast what is added: of suppliers whose listings did not change, only mergers take ids away."""

import random
from collections import defaultdict

from directory.records import Address, Contact
from directory.store.database import Database
from tests.directory.resolution_kit import World, says

CRAFTS = ("Plomberie", "Menuiserie", "Garage", "Boulangerie", "Imprimerie")
FAMILIES = ("Martin", "Rossi", "Garcia", "Blanc", "Fabre", "Arnaud", "Roux", "Olive", "Brun", "Giraud")
TOWN = Address(postcode="13400", commune="Aubagne")
COMPANIES = 400


async def test_five_percent_more_listings_rename_nobody_but_by_mergers(database: Database) -> None:
    world, chance = World(database), random.Random(4)
    owners = [(chance.choice(CRAFTS), chance.choice(FAMILIES), chance.randrange(40)) for _ in range(COMPANIES)]
    names = [f"{craft} {family} {number}" for craft, family, number in owners]
    short = [f"{family} {craft}" for craft, family, _ in owners]
    sites = [f"https://site-{number}.fr" for number in range(COMPANIES)]
    phones = [Contact(phone=f"+33442{number:06d}") for number in range(COMPANIES)]
    # One directory knows a company's site, another its telephone: only who knows both shows that they are one.
    crafts = [says("cmar", f"s{n}", names[n], website=sites[n], address=TOWN) for n in range(COMPANIES)]
    chambers = [says("chambre", f"t{n}", short[n], contact=phones[n], address=TOWN) for n in range(COMPANIES)]
    await world.tell(*crafts)
    await world.tell(*chambers, partner="chambre")
    await world.resolve()
    before = {name: stored.supplier_id for name, stored in (await world.listings()).items()}
    both = [
        says("cpme13", f"b{n}", names[n], website=sites[n], contact=phones[n], address=TOWN)
        for n in range(0, COMPANIES, COMPANIES // 20)
    ]
    strangers = [says("cpme13", f"x{n}", f"Atelier Neuf {n}", address=TOWN) for n in range(20)]
    await world.tell(*both, *strangers, partner="cpme13")
    report = await world.resolve()
    after = {name: stored.supplier_id for name, stored in (await world.listings()).items()}
    homes = defaultdict(set)
    for name, home in before.items():
        homes[home].add(after[name])
    renamed = {home for home, now in homes.items() if now != {home}}
    merged = {number: into for kind, number, into in await world.changes() if kind == "MERGED"}
    assert 0 < len(merged) <= len(both)
    assert renamed == merged.keys()
    assert {home: homes[home] for home in renamed} == {home: {merged[home]} for home in renamed if home}
    assert (report.split, report.removed) == (0, 0)
    # Every id that was ever given leads to a supplier.
    assert None not in await world.reader.suppliers([home or 0 for home in homes])
