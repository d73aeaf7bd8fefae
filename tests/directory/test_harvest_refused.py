"""A run that is not whole changes nothing, whatever stopped it, and one partner's bad day is its own."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from directory.harvest import harvest
from directory.records import End, Scope, SourceError
from directory.store import partners
from directory.store.database import Database
from directory.store.listings import staged_listing
from directory.store.partners import RunStatus
from tests.harvesting import CMAR, Clock, Scripted, counts, number_of, one, page, partner_state, revision, stored

FULL = End(scope=Scope.FULL)


REFUSALS = [
    ((SourceError("CMAR refused the password; correct it."),), "CMAR refused the password; correct it."),
    ((), "The reading of CMAR stopped before its end; nothing of it was used."),
    ((KeyError("0612345678"),), "The hub met a fault of its own in this reading; its log says where."),
    ((TimeoutError("inner"),), "The hub met a fault of its own in this reading; its log says where."),
    ((End(scope=Scope.UNCHANGED),), "CMAR said that nothing had changed and gave members all the same."),
]


@pytest.mark.parametrize(("steps", "problem"), REFUSALS, ids=range(len(REFUSALS)))
async def test_a_reading_that_is_not_whole_changes_nothing(database: Database, steps: Any, problem: str) -> None:
    await harvest(database, Scripted(page(one("1")), End(scope=Scope.FULL, cursor="c1")), CMAR)
    source = Scripted(page(one("2"), *(one(f"m{number}") for number in range(600)), size_bytes=9), *steps)

    run = await harvest(database, source, CMAR)

    assert (run.status, run.problem) == (RunStatus.REFUSED, problem)
    assert counts(run) == (601, 0, 0, 0, 0, 0)
    assert source.closed
    assert await stored(database) == {"1": "Plomberie Durand"}
    assert await number_of(database, staged_listing) == 0
    known = await partner_state(database)
    assert (known.problem, known.failures, known.members) == (problem, 1, 1)
    assert await revision(database) == 1

    await harvest(database, Scripted(page(one("2")), End(scope=Scope.CHANGES)), CMAR)
    known = await partner_state(database)
    assert (known.problem, known.failures, known.members) == (None, 0, 2)


async def test_a_reading_beyond_its_budget_is_refused(database: Database) -> None:
    source = Scripted(page(one("1")), asyncio.Event(), FULL)
    run = await harvest(database, source, CMAR, budget=0.05)
    assert run.status is RunStatus.REFUSED
    assert run.problem == "CMAR was not read whole within 0.05 s; raise its budget or try later."
    assert source.closed
    assert await stored(database) == {}


async def test_an_empty_directory_withdraws_nobody(database: Database) -> None:
    await harvest(database, Scripted(page(one("1"), one("2")), FULL), CMAR)
    run = await harvest(database, Scripted(FULL), CMAR)
    assert run.problem == "CMAR gave no usable member where it had 2; all were kept."
    assert list(await stored(database)) == ["1", "2"]


async def test_a_fault_of_ours_is_logged_without_the_members_data(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    await harvest(database, Scripted(KeyError("06 12 34 56 78")), CMAR)
    logged = capsys.readouterr().out
    assert "harvest.fault" in logged
    assert "KeyError" in logged
    assert "harvesting.py:" in logged
    assert "06 12" not in logged


async def test_an_interrupted_harvest_gives_its_partner_back(database: Database) -> None:
    source = Scripted(page(one("1")), asyncio.Event(), FULL)
    task = asyncio.create_task(harvest(database, source, CMAR))
    await source.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed
    async with database.reading() as connection:
        (run,) = await partners.runs(connection, "cmar", 5)
    assert (run.status, run.problem) == (RunStatus.REFUSED, "The harvest was interrupted before its end.")
    assert (await partner_state(database)).failures == 0
    assert (await harvest(database, Scripted(page(one("1")), FULL), CMAR)).status is RunStatus.ACCEPTED


async def test_a_second_run_of_a_partner_is_refused_while_the_first_lives(database: Database) -> None:
    clock, gate = Clock(), asyncio.Event()
    source = Scripted(gate, page(one("1")), FULL)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(harvest(database, source, CMAR, clock=clock))
        await source.waiting.wait()
        second = await harvest(database, Scripted(page(one("2")), FULL), CMAR, clock=clock)
        gate.set()
    assert second.status is RunStatus.REFUSED
    assert second.problem == (
        "CMAR is already being harvested, since 2026-03-02 08:00:00 UTC; wait for that run to end."
    )
    assert first.result().status is RunStatus.ACCEPTED
    assert await stored(database) == {"1": "Plomberie Durand"}
    assert (await partner_state(database)).failures == 0


async def test_a_run_taken_for_dead_cannot_be_applied_any_more(database: Database) -> None:
    clock, gate = Clock(), asyncio.Event()
    source = Scripted(page(one("1")), gate, FULL)
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(harvest(database, source, CMAR, clock=clock))
        await source.waiting.wait()
        clock.advance(minutes=5)
        quick = await harvest(database, Scripted(page(one("2")), FULL), CMAR, clock=clock)
        gate.set()
    assert quick.status is RunStatus.ACCEPTED
    assert slow.result().status is RunStatus.REFUSED
    assert slow.result().problem == "The program stopped before the run had ended; harvest again."
    assert await stored(database) == {"2": "Plomberie Durand"}
    known = await partner_state(database)
    assert (known.problem, known.failures) == (None, 0)


async def test_a_slow_reading_keeps_its_claim_by_its_heartbeat(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("directory.harvest.HEARTBEAT_SECONDS", 0.01)
    clock, gate = Clock(), asyncio.Event()
    source = Scripted(gate, page(one("1")), FULL)
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(harvest(database, source, CMAR, clock=clock))
        await source.waiting.wait()
        clock.advance(minutes=5)
        for _ in range(2):  # when the second beat begins, the first has been written
            clock.asked.clear()
            await clock.asked.wait()
        rival = await harvest(database, Scripted(page(one("2")), FULL), CMAR, clock=clock)
        gate.set()
    assert rival.status is RunStatus.REFUSED
    assert slow.result().status is RunStatus.ACCEPTED


async def test_a_paused_partner_is_not_read(database: Database) -> None:
    await harvest(database, Scripted(page(one("1")), FULL), CMAR)
    async with database.writing() as connection:
        assert await partners.pause(connection, "cmar", paused=True)
    source = Scripted(page(one("2")), FULL)
    run = await harvest(database, source, CMAR)
    assert run.problem == "CMAR is paused; resume it to harvest it again."
    assert source.cursors == []
    assert (await partner_state(database)).paused


async def test_one_broken_partner_never_touches_the_others(database: Database) -> None:
    infos = [replace(CMAR, id=f"p{number}", name=f"Partenaire {number}") for number in range(5)]
    sources = [
        Scripted(*(page(*(one(f"{batch}-{n}", partner=info.id) for n in range(200))) for batch in range(4)), FULL)
        for info in infos
    ]
    sources[2] = Scripted(*sources[2].steps[:-1], SourceError("Partenaire 2 does not answer; try later."))

    done = await asyncio.gather(*(harvest(database, source, info) for source, info in zip(sources, infos, strict=True)))

    assert [run.added for run in done] == [800, 800, 0, 800, 800]
    assert done[2].problem == "Partenaire 2 does not answer; try later."
    async with database.reading() as connection:
        assert [known.members for known in await partners.states(connection)] == [800, 800, 0, 800, 800]
    assert await revision(database) == 4
