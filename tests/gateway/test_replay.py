"""A mended mapping on yesterday's answers: all of them, those of later changes too, and nobody is asked."""

from pathlib import Path

import pytest

from connectors import BUILTIN
from demo import Region, partners
from demo import settings as tables_of
from directory.records import Listing
from directory.store.database import Database
from directory.store.partners import RunKind, RunStatus
from directory.store.reading import Reader
from gateway.pipeline import harvest_all
from gateway.replay import replay_partner
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.connectors.acceptance_partners import CASES
from tests.gateway.watching import watched

pytestmark = pytest.mark.usefixtures("migrated")


async def stored(database: Database) -> dict[str, Listing]:
    batches = Reader(database).every_listing()
    return {each.listing.external_id: each.listing async for batch in batches for each in batch}


def mended(settings: Settings, partner: str) -> Settings:
    """The same settings with signs that are not read any more."""
    table = {**settings.partners[partner], "fields": {"trade_names": [], "website": []}}
    return settings.model_copy(update={"partners": {partner: table}})


@pytest.mark.parametrize("partner", sorted(BUILTIN.keys() - {"sirene"}))
async def test_readings_of_changes_are_made_again_after_the_whole_one(tmp_path: Path, partner: str) -> None:
    async with partners(Region(13, 150)) as running:
        settings = watched(tmp_path, {partner: tables_of(running)[partner]})
        server, case = running[partner], CASES[partner]
        async with opened_store(settings) as database:
            declared = settings.declarations()
            await harvest_all(database, settings, declared)
            first, second, *_ = sorted(await stored(database))
            server.edit(first, **case.renamed("CHANGEE"))
            server.delete(second)
            added = server.add(case.newcomer("NEUVE"))
            await harvest_all(database, settings, declared)
            before = await stored(database)
            changed = mended(settings, partner)
            done = await replay_partner(database, changed, changed.declarations()[partner])
            after = await stored(database)
    assert (done.run.kind, done.run.status, done.run.requests) == (RunKind.REPLAY, RunStatus.ACCEPTED, 0)
    assert after.keys() == before.keys()
    assert {first, added} <= after.keys()
    assert second not in after
    assert after[first].name == "CHANGEE"
    assert {each.website for each in before.values()} != {None}
    assert {each.website for each in after.values()} == {None}
    assert {name: each.name for name, each in after.items()} == {name: each.name for name, each in before.items()}
