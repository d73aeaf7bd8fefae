"""The steps of a round, where their order or what they leave out matters to people."""

from pathlib import Path

from demo import Region, partners
from demo import settings as tables_of
from directory.disclosure import SOLE_TRADER
from directory.records import Disclosure
from directory.store.reading import Reader
from gateway.pipeline import harvest_all, resolve_all
from gateway.stores import opened_store
from tests.gateway.watching import watched


async def test_sole_traders_are_shown_with_caution_before_the_register_was_ever_asked(tmp_path: Path) -> None:
    async with partners(Region(13, 300)) as running:
        settings = watched(tmp_path, tables_of(running))
        chosen = {"chambre": settings.declarations()["chambre"], "cpme13": settings.declarations()["cpme13"]}
        async with opened_store(settings) as database:
            await harvest_all(database, settings, chosen)
            await resolve_all(database, settings)
            found = [each.supplier async for batch in Reader(database).every_supplier() for each in batch]
    traders = [each for each in found if each.siren and (each.legal_form or "").startswith(SOLE_TRADER)]
    assert len(traders) > 3
    assert {each.disclosure for each in traders} == {Disclosure.PARTIAL}
    assert {each.disclosure for each in found if each not in traders} == {Disclosure.FULL}
