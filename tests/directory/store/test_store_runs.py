"""Runs are forgotten one day, but for those that something still asks for."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from directory.harvest import HEARTBEAT_SECONDS, harvest
from directory.records import Copy, End, PartnerInfo, Scope, Unusable
from directory.store import copies, runs
from directory.store.copies import run_copy
from directory.store.database import LOCK_TIMEOUT, Database
from directory.store.listings import staged_listing
from directory.store.partners import RunKind, RunStatus, run, run_skip
from tests.harvesting import CMAR, Clock, Scripted, many, number_of, page

FULL = End(scope=Scope.FULL, cursor="c1")
CHANGES = End(scope=Scope.CHANGES, cursor="c2")
NONE = End(scope=Scope.UNCHANGED)


async def ids(database: Database) -> list[int]:
    """The runs that are kept."""
    async with database.reading() as connection:
        return list(await connection.scalars(select(run.c.id).order_by(run.c.id)))


async def add(database: Database, clock: Clock, count: int, **values: Any) -> None:
    """Runs without a difference, a minute each."""
    usual = {"partner": "cmar", "kind": RunKind.INCREMENTAL, "status": RunStatus.UNCHANGED} | values
    async with database.writing() as connection:
        for _ in range(count):
            at = clock.advance(minutes=1)
            await connection.execute(insert(run).values(started_at=at, ended_at=at, alive_until=at, **usual))


async def prune(database: Database, clock: Clock) -> None:
    """Prune the runs of CMAR."""
    async with database.writing() as connection:
        await runs.prune(connection, "cmar", clock())


async def test_old_runs_go_a_few_at_a_time(database: Database) -> None:
    clock = Clock()
    await harvest(database, Scripted(page(*many(9)), FULL), CMAR, clock=clock)
    await add(database, clock, 230)
    clock.advance(days=80)
    await prune(database, clock)
    assert len(await ids(database)) == 231  # the last ninety days
    clock.advance(days=11)
    await prune(database, clock)
    # Run 1 is the last that read everything, and its listings name it.
    assert await ids(database) == [1, *range(22, 232)]
    await prune(database, clock)
    await prune(database, clock)
    assert await ids(database) == [1, *range(32, 232)]  # the newest two hundred


async def test_a_harvest_prunes_the_runs_of_its_own_partner(database: Database) -> None:
    clock = Clock()
    other = PartnerInfo(id="cpme13", name="CPME 13", organisation="CPME")
    for partner in (CMAR, other):
        await harvest(database, Scripted(NONE), partner, clock=clock)
    await add(database, clock, 210)
    await add(database, clock, 210, partner="cpme13")
    clock.advance(days=100)
    await harvest(database, Scripted(page(*many(1)), FULL), CMAR, clock=clock)
    assert await ids(database) == [2, *range(14, 424)]


async def test_what_is_still_asked_for_is_kept(database: Database) -> None:
    clock = Clock()
    kept = Copy(chapter="pass", number=0, body=b"...")
    await harvest(database, Scripted(page(*many(9)), FULL), CMAR, clock=clock)
    await harvest(database, Scripted(page(copies=(kept,)), FULL), CMAR, clock=clock)  # refused, with its copy
    await harvest(database, Scripted(page(*many(9)), FULL), CMAR, clock=clock, full=True)
    bad = Unusable("x", "It has no name.")
    for _ in range(2):
        await harvest(database, Scripted(page(unusable=(bad,)), CHANGES), CMAR, clock=clock)
    await harvest(database, Scripted(page(*many(5)), FULL), CMAR, clock=clock, full=True)  # held
    await add(database, clock, 230)
    clock.advance(days=100)
    for _ in range(3):
        await prune(database, clock)
    # 1 is named by listings, 2 has a copy, 3 read everything, 4 and 5 have skips since, 6 is held.
    assert (await ids(database))[:7] == [1, 2, 3, 4, 5, 6, 37]
    async with database.reading() as connection:
        assert set(await connection.scalars(select(run_skip.c.run_id))) == {4, 5}


async def test_the_store_itself_holds_one_run_a_partner(database: Database) -> None:
    clock = Clock()
    await harvest(database, Scripted(NONE), CMAR, clock=clock)
    await add(database, clock, 1, status=RunStatus.HELD)
    with pytest.raises(IntegrityError):
        await add(database, clock, 1, status=RunStatus.HELD)


async def test_a_run_that_was_concluded_cannot_fail_any_more(database: Database) -> None:
    clock = Clock()
    answer = Copy(chapter="pass", number=0, body=b"...")
    await harvest(database, Scripted(page(*many(9), copies=(answer,)), FULL), CMAR, clock=clock)
    held = await harvest(database, Scripted(page(*many(5), copies=(answer,)), FULL), CMAR, clock=clock)
    assert held.status is RunStatus.HELD
    # As when the process is interrupted between the run's last transaction and its own word of it.
    async with database.writing() as connection:
        assert await runs.fail(connection, held.id, clock(), {"problem": "Interrupted."}) == held
    assert await number_of(database, staged_listing) == 5
    assert await number_of(database, run_copy) == 2


def test_a_heartbeat_that_waits_for_its_turn_comes_in_time() -> None:
    assert runs.LEASE.total_seconds() > HEARTBEAT_SECONDS + LOCK_TIMEOUT


async def test_a_dead_run_keeps_nothing(database: Database) -> None:
    clock = Clock()
    await harvest(database, Scripted(NONE), CMAR, clock=clock)
    async with database.writing() as connection:
        begun = await runs.begin(connection, CMAR, full=True, at=clock())
    assert begun.run.status is RunStatus.RUNNING
    clock.instant += runs.LEASE + timedelta(seconds=1)
    await harvest(database, Scripted(NONE), CMAR, clock=clock)
    async with database.reading() as connection:
        said = (await connection.execute(select(run.c.status, run.c.problem).where(run.c.id == begun.run.id))).one()
    assert tuple(said) == (RunStatus.REFUSED, runs.DIED)


@pytest.mark.parametrize("backend", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_run_that_takes_long_to_conclude_is_not_dead(database: Database) -> None:
    # On SQLite nobody could write meanwhile. Its heartbeat waits for the lock that it holds itself.
    clock = Clock()
    async with database.writing() as connection:
        begun = await runs.begin(connection, CMAR, full=True, at=clock())
        await copies.keep(connection, begun.run.id, [Copy(chapter="pass", number=0, body=b"...")])
    async with database.writing() as connection:
        assert await runs.owned(connection, begun.run.id)
        clock.instant += runs.LEASE + timedelta(seconds=1)
        other = PartnerInfo(id="chambre", name="Chambre", organisation="Chambre")
        assert (await harvest(database, Scripted(NONE), other, clock=clock)).status is RunStatus.UNCHANGED
        ended = await runs.end(connection, begun.run.id, RunStatus.ACCEPTED, clock(), {"scope": Scope.FULL})
    assert ended.status is RunStatus.ACCEPTED
    assert await number_of(database, run_copy) == 1
