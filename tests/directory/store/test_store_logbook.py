"""Runs of many partners, and what many runs left out: the newest of each, in order, in one statement."""

from directory.harvest import harvest
from directory.records import End, PartnerInfo, Scope, Unusable
from directory.store.database import Database
from directory.store.partners import RunStatus
from directory.store.reading import Reader
from tests.harvesting import CMAR, Clock, Scripted, one, page

CHAMBRE = PartnerInfo(id="chambre", name="Chambre", organisation="CCI")


async def three_each(database: Database) -> None:
    for number in range(3):
        for partner in (CMAR, CHAMBRE):
            bad = [Unusable(f"{partner.id}-{number}-{place}", "It has no name.", "{}") for place in range(3)]
            steps = page(one("1", partner=partner.id), unusable=tuple(bad)), End(scope=Scope.CHANGES)
            await harvest(database, Scripted(*steps), partner, clock=Clock())


async def test_the_latest_runs_of_each_partner(database: Database) -> None:
    await three_each(database)
    reader = Reader(database)
    found = await reader.runs_of(["chambre", "nobody", "cmar"], 2)
    assert found == [await reader.runs("chambre", 2), [], await reader.runs("cmar", 2)]
    assert [len(runs) for runs in found] == [2, 0, 2]
    assert await reader.runs_of(["cmar"], 0) == [[]]


async def test_runs_by_their_ids(database: Database) -> None:
    await three_each(database)
    reader = Reader(database)
    newest, older, _ = (await reader.runs_of(["cmar"], 3))[0]
    assert await reader.runs_by_id([older.id, 999, newest.id]) == [older, None, newest]
    assert newest.status is RunStatus.ACCEPTED


async def test_what_each_run_left_out(database: Database) -> None:
    await three_each(database)
    reader = Reader(database)
    newest, older, _ = (await reader.runs_of(["cmar"], 3))[0]
    found = await reader.skips_of([older.id, newest.id, 999], 2)
    assert [[skip.external_id for skip in skips] for skips in found] == [
        ["cmar-1-0", "cmar-1-1"],
        ["cmar-2-0", "cmar-2-1"],
        [],
    ]
    assert (found[0][0].reason, found[0][0].excerpt) == ("It has no name.", "{}")
