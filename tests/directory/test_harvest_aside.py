"""What goes on beside the harvests, some members and replays, moves nothing that a harvest goes by."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from directory.harvest import Progress, harvest
from directory.records import Copy, End, FieldShape, Scope, SourceError, Traffic
from directory.store import partners
from directory.store.database import Database
from directory.store.listings import listing
from directory.store.partners import Run, RunKind, RunStatus, RunTrigger
from tests.harvesting import CMAR, LAX, Clock, Scripted, counts, many, one, page, partner_state, revision, stored

FULL = End(scope=Scope.FULL, cursor="c1", shape=(FieldShape(path="id", kinds={"text": 10}),))
OTHER = End(scope=Scope.FULL, cursor="c9", shape=(FieldShape(path="ID", kinds={"text": 10}),))
CHANGES = End(scope=Scope.CHANGES, cursor="c2")
MEMBERS, REPLAY = RunKind.MEMBERS, RunKind.REPLAY


async def known(database: Database, clock: Clock) -> dict[str, Any]:
    """Ten members, due to be harvested again, and the partner's row."""
    await harvest(database, Scripted(page(*many(10)), FULL), CMAR, clock=clock)
    async with database.writing() as connection:
        await connection.execute(update(partners.partner).values(due_at=clock.advance(hours=1)))
    return await row(database)


async def row(database: Database) -> dict[str, Any]:
    """The partner's row."""
    async with database.reading() as connection:
        return dict((await connection.execute(select(partners.partner))).mappings().one())


@pytest.mark.parametrize("kind", [MEMBERS, REPLAY])
@pytest.mark.parametrize(
    "steps",
    [
        (page(*many(10, "Neuf")), OTHER),
        (page(*many(10, "Neuf")), CHANGES),
        (SourceError("CMAR is down; try later."),),
    ],
    ids=["whole", "changes", "down"],
)
async def test_the_partner_stays_as_its_harvests_left_it(database: Database, kind: RunKind, steps: Any) -> None:
    clock = Clock()
    before = await known(database, clock)
    clock.advance(minutes=1)
    source = Scripted(*steps)
    run = await harvest(database, source, CMAR, clock=clock, kind=kind, trigger=RunTrigger.WEBHOOK)
    assert (run.kind, run.trigger, source.cursors) == (kind, RunTrigger.WEBHOOK, [None])
    assert run.status is (RunStatus.REFUSED if len(steps) == 1 else RunStatus.ACCEPTED)
    assert await row(database) == before


async def test_some_members_are_read_and_no_other_is_touched(database: Database) -> None:
    clock = Clock()
    await known(database, clock)
    first, later = datetime(2026, 3, 2, 8, tzinfo=clock().tzinfo), clock.advance(hours=1)
    told = page(one("0", "Neuf"), one("1"), one("née", "Hier"), deleted=("2", "3", "4", "inconnu"))
    # Of a reading of some members nothing follows for others, whatever its End says.
    end = End(scope=Scope.FULL, present=frozenset({"0"}))
    run = await harvest(database, Scripted(told, end), CMAR, clock=clock, kind=MEMBERS)
    assert (run.status, counts(run)) == (RunStatus.ACCEPTED, (3, 1, 1, 1, 3, 0))
    assert list(await stored(database)) == ["0", "1", "5", "6", "7", "8", "9", "née"]
    assert (await partner_state(database)).members == 8
    assert await revision(database) == 2
    async with database.reading() as connection:
        rows = await connection.execute(select(listing.c.external_id, listing.c.last_seen_at))
        seen = {each.external_id: each.last_seen_at for each in rows}
    assert {name for name, at in seen.items() if at == later} == {"0", "1", "née"}
    assert seen["5"] == first


async def test_some_members_may_all_be_gone(database: Database) -> None:
    clock = Clock()
    await known(database, clock)
    told = page(deleted=tuple(str(number) for number in range(9)))
    run = await harvest(database, Scripted(told, FULL), CMAR, clock=clock, kind=MEMBERS)
    assert (run.status, counts(run)) == (RunStatus.ACCEPTED, (0, 0, 0, 0, 9, 0))
    assert list(await stored(database)) == ["9"]


async def test_some_members_that_look_wrong_are_left_to_the_next_harvest(database: Database) -> None:
    clock = Clock()
    before = await known(database, clock)
    end = End(scope=Scope.CHANGES, lacking={"siren": 8})
    run = await harvest(database, Scripted(page(*many(8, "Neuf")), end), CMAR, clock=clock, kind=MEMBERS)
    assert (run.status, run.problem) == (
        RunStatus.REFUSED,
        "CMAR was not used: 8 of 8 records have no siren (100 %, at most 2 % pass); correct its field mapping, or ask "
        "the partner.",
    )
    assert await row(database) == before


async def test_some_members_wait_for_a_harvest_under_way(database: Database) -> None:
    clock, gate = Clock(), asyncio.Event()
    source = Scripted(gate, page(one("1")), FULL)
    async with asyncio.TaskGroup() as group:
        group.create_task(harvest(database, source, CMAR, clock=clock))
        await source.waiting.wait()
        aside = Scripted(page(one("2")), CHANGES)
        refused = await harvest(database, aside, CMAR, clock=clock, kind=MEMBERS)
        gate.set()
    assert (refused.status, refused.kind, aside.cursors) == (RunStatus.REFUSED, MEMBERS, [])
    assert refused.problem == (
        "CMAR is already being harvested, since 2026-03-02 08:00:00 UTC; wait for that run to end."
    )
    assert list(await stored(database)) == ["1"]


async def test_a_replay_is_guarded_and_confirms_nobody(database: Database) -> None:
    clock = Clock()
    await known(database, clock)
    first = datetime(2026, 3, 2, 8, tzinfo=clock().tzinfo)
    clock.advance(days=1)
    assert (await harvest(database, Scripted(page(*many(7)), FULL), CMAR, kind=REPLAY)).status is RunStatus.HELD
    run = await harvest(database, Scripted(page(*many(10, "Mieux lu")), FULL), CMAR, clock=clock, kind=REPLAY)
    assert (run.status, run.kind, counts(run)) == (RunStatus.ACCEPTED, REPLAY, (10, 0, 10, 0, 0, 0))
    async with database.reading() as connection:
        assert set(await connection.scalars(select(listing.c.last_seen_at))) == {first}
        assert set(await connection.scalars(select(listing.c.changed_at))) == {clock()}
        assert [each.status for each in await partners.runs(connection, "cmar", 2)][1] is RunStatus.REJECTED


async def test_a_replay_undoes_nothing_that_was_read_since(database: Database) -> None:
    clock = Clock()
    copied = Copy(chapter="pass", number=0, body=b"...")
    await harvest(database, Scripted(page(*many(10), copies=(copied,)), FULL), CMAR, clock=clock)
    clock.advance(hours=1)
    since = page(one("0", "Changé"), one("née", "Hier"), deleted=("1",), copies=(copied,))
    await harvest(database, Scripted(since, CHANGES), CMAR, clock=clock, kind=MEMBERS)
    clock.advance(hours=1)
    for name in ("Mieux lu", "Encore mieux"):
        replayed = Scripted(page(*many(10, name)), FULL)
        run = await harvest(database, replayed, CMAR, clock=clock, kind=REPLAY)
        assert (run.status, counts(run)) == (RunStatus.ACCEPTED, (10, 0, 8, 0, 0, 2))
    names = {str(number): "Encore mieux" for number in range(2, 10)}
    assert await stored(database) == {"0": "Changé", "née": "Hier"} | names


async def test_a_replay_brings_back_whom_a_wrong_mapping_had_withdrawn(database: Database) -> None:
    clock = Clock()
    await harvest(database, Scripted(page(*many(10)), FULL), CMAR, clock=clock)
    clock.advance(hours=1)
    # Its ids were read from another column, and a steward let that pass.
    wrong = [one(f"13-{number}") for number in range(10)]
    copied = Copy(chapter="pass", number=0, body=b"...")
    await harvest(database, Scripted(page(*wrong, copies=(copied,)), FULL), CMAR, clock=clock, guard=LAX)
    clock.advance(hours=1)
    run = await harvest(database, Scripted(page(*many(6)), FULL), CMAR, clock=clock, guard=LAX, kind=REPLAY)
    assert (run.status, counts(run)) == (RunStatus.ACCEPTED, (6, 6, 0, 0, 10, 0))
    clock.advance(hours=1)
    # What a replay withdrew is no news either: the mapping is mended once more.
    await harvest(database, Scripted(page(*many(4)), FULL), CMAR, clock=clock, guard=LAX, kind=REPLAY)
    clock.advance(hours=1)
    run = await harvest(database, Scripted(page(*many(10)), FULL), CMAR, clock=clock, guard=LAX, kind=REPLAY)
    assert (run.status, counts(run)) == (RunStatus.ACCEPTED, (10, 6, 0, 4, 0, 0))
    assert list(await stored(database)) == [str(number) for number in range(10)]


async def test_what_a_refused_run_cost_is_kept(database: Database) -> None:
    told = Traffic(requests=5, retries=2, waited_seconds=1.5)
    error = SourceError("CMAR is down; try later.")
    error.traffic = Traffic(requests=9, retries=4, waited_seconds=7.5)

    def cost(run: Run) -> tuple[RunStatus, int, int, float]:
        return run.status, run.requests, run.retries, run.waited_seconds

    first = page(one("1"), traffic=told)
    assert cost(await harvest(database, Scripted(first, error), CMAR)) == (RunStatus.REFUSED, 9, 4, 7.5)
    assert cost(await harvest(database, Scripted(first, KeyError("x")), CMAR)) == (RunStatus.REFUSED, 5, 2, 1.5)
    assert cost(await harvest(database, Scripted(first), CMAR)) == (RunStatus.REFUSED, 5, 2, 1.5)
    assert cost(await harvest(database, Scripted(first, End(scope=Scope.UNCHANGED, traffic=told)), CMAR)) == (
        RunStatus.REFUSED, 5, 2, 1.5,
    )  # fmt: skip


@pytest.mark.parametrize(("due", "expected"), [(None, 3), (1, 3), (5, 5)])
async def test_a_partner_is_not_due_before_it_asked_to_be(database: Database, due: int | None, expected: int) -> None:
    clock = Clock()
    await harvest(database, Scripted(page(one("1")), FULL), CMAR, clock=clock)
    hours = [clock.advance(hours=1) for _ in range(6)]
    async with database.writing() as connection:
        await connection.execute(update(partners.partner).values(due_at=None if due is None else hours[due]))
    error = SourceError("CMAR asks to be left alone.")
    error.retry_at = hours[3]
    await harvest(database, Scripted(error), CMAR, clock=clock)
    assert (await partner_state(database)).due_at == hours[expected]


async def test_a_first_harvest_expects_what_the_partner_announces(database: Database) -> None:
    told: list[Progress] = []
    steps = page(one("1"), announced=240), page(one("2"), announced=241), FULL
    await harvest(database, Scripted(*steps), CMAR, progress=told.append)
    await harvest(database, Scripted(*steps), CMAR, progress=told.append)
    assert [each.expected for each in told] == [240, 241, 2, 2]
