"""Partners and their runs."""

from datetime import timedelta

from msgspec.structs import replace

from directory.harvest import harvest
from directory.records import End, PartnerInfo, Scope, SourceError
from directory.store import partners
from directory.store.database import Database
from directory.store.partners import PartnerRow, RunStatus
from tests.harvesting import CMAR, LAX, Clock, Scripted, one, page


async def test_a_partner_follows_the_settings_and_keeps_its_history(database: Database) -> None:
    clock = Clock()
    await harvest(database, Scripted(page(one("1")), End(scope=Scope.FULL)), CMAR, clock=clock)
    renamed = replace(CMAR, name="CMAR Paca", licence="etalab-2.0", priority=20)
    async with database.writing() as connection:
        await partners.register(connection, renamed)
        await partners.register(connection, PartnerInfo(id="chambre", name="CCI", organisation="CCIAMP"))
        assert await partners.states(connection) == [
            PartnerRow(info=PartnerInfo(id="chambre", name="CCI", organisation="CCIAMP")),
            PartnerRow(info=renamed, members=1, last_attempt_at=clock(), last_success_at=clock()),
        ]


async def test_refusals_in_a_row_are_counted_and_the_last_success_kept(database: Database) -> None:
    clock = Clock()
    await harvest(database, Scripted(page(one("1")), End(scope=Scope.FULL)), CMAR, clock=clock)
    for _ in range(2):
        clock.advance(hours=1)
        await harvest(database, Scripted(SourceError("CMAR is down; try later.")), CMAR, clock=clock)
    async with database.reading() as connection:
        (known,) = await partners.states(connection)
    assert known == PartnerRow(
        info=CMAR,
        members=1,
        last_attempt_at=clock(),
        last_success_at=clock() - timedelta(hours=2),
        problem="CMAR is down; try later.",
        failures=2,
    )


async def test_pausing_an_unknown_partner_is_said(database: Database) -> None:
    async with database.writing() as connection:
        assert not await partners.pause(connection, "inconnu", paused=True)


async def test_runs_come_newest_first_and_bounded(database: Database) -> None:
    for number in range(3):
        await harvest(database, Scripted(page(one(str(number))), End(scope=Scope.FULL)), CMAR, guard=LAX)
    await harvest(database, Scripted(), CMAR)
    async with database.reading() as connection:
        runs = await partners.runs(connection, "cmar", 2)
        assert await partners.runs(connection, "chambre", 2) == []
    assert [(run.id, run.status) for run in runs] == [(4, RunStatus.REFUSED), (3, RunStatus.ACCEPTED)]
