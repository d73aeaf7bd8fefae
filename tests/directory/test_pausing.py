"""Stopping a partner's harvests is a steward's decision, kept with its reason."""

from sqlalchemy import select

from directory.harvest import harvest
from directory.pausing import pause
from directory.records import End, Scope
from directory.store.database import Database
from directory.store.decisions import decision
from directory.store.partners import RunStatus
from tests.harvesting import CMAR, Clock, Scripted, one, page, partner_state, revision


async def said(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as connection:
        return [(row.kind, row.author, row.reason) for row in await connection.execute(select(decision))]


async def test_a_paused_partner_is_not_harvested_until_it_goes_on(database: Database) -> None:
    await harvest(database, Scripted(page(one("1")), End(scope=Scope.FULL)), CMAR)
    before, clock = await revision(database), Clock()

    assert await pause(database, "cmar", paused=True, author="Anne", reason="Migration.", clock=clock)
    assert (await partner_state(database)).paused
    run = await harvest(database, Scripted(page(one("2")), End(scope=Scope.CHANGES)), CMAR)
    assert (run.status, run.problem) == (RunStatus.REFUSED, "CMAR is paused; resume it to harvest it again.")

    assert await pause(database, "cmar", paused=False, author="Marc", reason="Finie.", clock=clock)
    assert not (await partner_state(database)).paused
    assert await said(database) == [("partner_paused", "Anne", "Migration."), ("partner_resumed", "Marc", "Finie.")]
    assert await revision(database) == before + 2


async def test_what_is_so_already_is_no_decision(database: Database) -> None:
    await harvest(database, Scripted(page(one("1")), End(scope=Scope.FULL)), CMAR)
    before = await revision(database)
    assert await pause(database, "cmar", paused=False, author="Anne", reason="Rien.")
    assert (await said(database), await revision(database)) == ([], before)


async def test_an_unknown_partner_is_not_paused(database: Database) -> None:
    assert not await pause(database, "nobody", paused=True, author="Anne", reason="Personne.")
    assert await said(database) == []
