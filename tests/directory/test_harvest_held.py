"""A run unlike the last waits for a steward: nothing of it is served before, all of it after."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from directory import held
from directory.guard import Guard
from directory.harvest import harvest
from directory.held import NotHeld
from directory.records import Address, End, FieldShape, Flag, Scope, SourceError, Traffic, Unusable
from directory.store import partners
from directory.store.copies import run_copy
from directory.store.database import Database
from directory.store.decisions import decision
from directory.store.listings import listing, staged_listing
from directory.store.partners import Drift, DriftKind, Run, RunKind, RunStatus
from directory.store.views import Health, ServedFrom
from directory.store.views import partner_state as view
from tests.harvesting import (
    CMAR,
    LAX,
    Clock,
    Scripted,
    counts,
    many,
    number_of,
    one,
    page,
    partner_state,
    revision,
    stored,
)

FULL = End(scope=Scope.FULL, cursor="c1")
LATER = End(scope=Scope.FULL, cursor="c2", traffic=Traffic(requests=4, retries=1, waited_seconds=2.5))
STEWARD: dict[str, Any] = {"author": "ines", "reason": "The partner struck off its dead members."}


async def lossy(database: Database, clock: Clock | None = None) -> Run:
    """CMAR with ten members, of which the next run gives seven: one changed, and one new."""
    clock = clock or Clock()
    await harvest(database, Scripted(page(*many(10)), FULL), CMAR, clock=clock)
    clock.advance(hours=1)
    source = Scripted(page(one("0", "Durand & Fils"), *many(7)[1:], one("new"), size_bytes=9), LATER)
    return await harvest(database, source, CMAR, clock=clock)


async def runs_of(database: Database) -> list[tuple[int, RunStatus]]:
    """The runs of CMAR, oldest first."""
    async with database.reading() as connection:
        return [(run.id, run.status) for run in (await partners.runs(connection, "cmar", 99))[::-1]]


async def test_a_run_that_loses_too_many_members_is_held(database: Database) -> None:
    clock = Clock()
    run = await lossy(database, clock)
    expected = Run(
        id=2, partner="cmar", kind=RunKind.FULL, status=RunStatus.HELD, started_at=clock(), ended_at=clock(),
        read=8, added=1, changed=1, unchanged=6, withdrawn=3, size_bytes=9, requests=4, retries=1, waited_seconds=2.5,
        problem="CMAR is held: 30 % of the members would go (at most 20 % pass); it would add 1, change 1 and withdraw "
        "3 of 10 members; look at what the partner publishes, then say circuit harvest --accept 2 or --reject 2.",
    )  # fmt: skip
    assert run == expected
    assert await stored(database) == {str(number): "Plomberie Durand" for number in range(10)}
    assert await revision(database) == 1
    assert await number_of(database, staged_listing) == 8
    known = await partner_state(database)
    assert known == partners.PartnerRow(
        info=CMAR, members=10, last_attempt_at=clock(), last_success_at=clock() - timedelta(hours=1), held=run
    )
    seen = view(known)
    assert (seen.health, seen.served_from, seen.problem) == (Health.DEGRADED, ServedFrom.STALE_CACHE, run.problem)


async def test_an_accepted_run_is_applied_as_its_harvest_would_have(database: Database) -> None:
    clock = Clock()
    run = await lossy(database, clock)
    read_at = clock()
    decided_at = clock.advance(days=1)

    done = await held.accept(database, run.id, **STEWARD, clock=clock)

    assert done == replace(run, status=RunStatus.ACCEPTED, problem=None)
    assert await stored(database) == {
        "0": "Durand & Fils", **{str(number): "Plomberie Durand" for number in range(1, 7)}, "new": "Plomberie Durand"
    }  # fmt: skip
    assert await number_of(database, staged_listing) == 0
    known = await partner_state(database)
    assert known == partners.PartnerRow(info=CMAR, members=8, last_attempt_at=read_at, last_success_at=read_at)
    assert view(known).health is Health.UP
    assert await revision(database) == 3
    async with database.reading() as connection:
        (row,) = (await connection.execute(select(decision))).all()
        changed = await connection.scalar(select(listing.c.changed_at).where(listing.c.external_id == "0"))
    assert (row.kind, row.payload, row.author, row.reason, row.at) == (
        "run_accepted",
        {"run": 2, "partner": "cmar", "problem": run.problem},
        *STEWARD.values(),
        decided_at,
    )
    assert changed == read_at
    following = Scripted(End(scope=Scope.UNCHANGED))
    await harvest(database, following, CMAR)
    assert following.cursors == ["c2"]


async def test_a_rejected_run_leaves_everything_as_it_was(database: Database) -> None:
    clock = Clock()
    run = await lossy(database, clock)
    done = await held.reject(database, run.id, author="ines", reason="Half a file.", clock=clock)
    problem = "A steward rejected this run; nothing of it was used."
    assert done == replace(run, status=RunStatus.REJECTED, problem=problem)
    assert len(await stored(database)) == 10
    assert await number_of(database, staged_listing) == 0
    assert view(await partner_state(database)).health is Health.UP
    async with database.reading() as connection:
        assert (await connection.scalars(select(decision.c.kind))).all() == ["run_rejected"]
    following = Scripted(FULL)
    await harvest(database, following, CMAR)
    assert following.cursors == ["c1"]


async def test_a_held_run_outlives_its_process_and_the_burial_of_others(database: Database, database_url: str) -> None:
    clock = Clock()
    run = await lossy(database, clock)
    clock.advance(days=3)
    await harvest(database, Scripted(SourceError("Down.")), CMAR, clock=clock)
    reopened = Database(database_url)
    assert (await held.accept(reopened, run.id, **STEWARD)).status is RunStatus.ACCEPTED
    await reopened.close()
    assert len(await stored(database)) == 8


async def test_of_two_stewards_one_decides(database: Database, database_url: str) -> None:
    run = await lossy(database)
    elsewhere = Database(database_url)
    decided = await asyncio.gather(
        held.accept(database, run.id, **STEWARD),
        held.accept(elsewhere, run.id, **STEWARD),
        return_exceptions=True,
    )
    await elsewhere.close()
    (lost,) = (each for each in decided if isinstance(each, BaseException))
    assert isinstance(lost, NotHeld)
    assert str(lost) == "Run 2 does not wait for a decision: it is ACCEPTED."
    assert len(await stored(database)) == 8
    assert await number_of(database, decision) == 1


async def test_what_is_not_held_cannot_be_decided(database: Database) -> None:
    run = await lossy(database)
    for verb in (held.accept, held.reject):
        with pytest.raises(NotHeld, match=r"^There is no run 9; circuit partners lists those that wait\.$"):
            await verb(database, 9, **STEWARD)
        with pytest.raises(NotHeld, match=r"^Run 1 does not wait for a decision: it is ACCEPTED\.$"):
            await verb(database, 1, **STEWARD)
    await held.reject(database, run.id, **STEWARD)
    said = "Run 2 does not wait for a decision: it is REJECTED. A steward rejected this run; nothing of it was used."
    with pytest.raises(NotHeld) as refused:
        await held.accept(database, run.id, **STEWARD)
    assert str(refused.value) == said
    assert len(await stored(database)) == 10


async def test_nobody_decides_while_the_partner_is_being_harvested(database: Database) -> None:
    clock = Clock()
    run = await lossy(database, clock)
    gate = asyncio.Event()
    source = Scripted(gate, page(*many(10)), FULL)
    async with asyncio.TaskGroup() as group:
        group.create_task(harvest(database, source, CMAR, clock=clock))
        await source.waiting.wait()
        with pytest.raises(NotHeld) as refused:
            await held.accept(database, run.id, **STEWARD, clock=clock)
        gate.set()
    assert str(refused.value) == (
        "CMAR is already being harvested, since 2026-03-02 09:00:00 UTC; wait for that run to end."
    )
    assert await runs_of(database) == [(1, RunStatus.ACCEPTED), (2, RunStatus.REJECTED), (3, RunStatus.ACCEPTED)]


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ((page(*many(10)), FULL), RunStatus.ACCEPTED),
        ((End(scope=Scope.UNCHANGED),), RunStatus.UNCHANGED),
        ((page(*many(2)), FULL), RunStatus.HELD),
    ],
    ids=["accepted", "unchanged", "held"],
)
async def test_a_later_run_overtakes_a_held_one(database: Database, steps: Any, status: RunStatus) -> None:
    run = await lossy(database)
    later = await harvest(database, Scripted(*steps), CMAR)
    assert later.status is status
    assert await runs_of(database) == [(1, RunStatus.ACCEPTED), (2, RunStatus.REJECTED), (3, status)]
    with pytest.raises(NotHeld) as refused:
        await held.accept(database, run.id, **STEWARD)
    assert str(refused.value) == (
        "Run 2 does not wait for a decision: it is REJECTED. Run 3 overtook this one before a steward had decided."
    )
    assert await number_of(database, staged_listing) == (2 if status is RunStatus.HELD else 0)


async def test_a_refused_run_leaves_the_held_one(database: Database) -> None:
    clock = Clock()
    run = await lossy(database, clock)
    await harvest(database, Scripted(page(one("0")), SourceError("CMAR is down; try later.")), CMAR, clock=clock)
    seen = view(await partner_state(database))
    assert (seen.health, seen.problem) == (Health.DEGRADED, "CMAR is down; try later.")
    await held.accept(database, run.id, **STEWARD, clock=clock)
    assert len(await stored(database)) == 8


async def test_a_first_harvest_has_nothing_to_lose_but_may_lack(database: Database) -> None:
    bad = tuple(Unusable(str(number), "It has no name.") for number in range(100, 107))
    end = End(scope=Scope.FULL, lacking={"name": 7, "siren": 4})
    run = await harvest(database, Scripted(page(*many(93), unusable=bad), end), CMAR)
    assert (run.status, counts(run)) == (RunStatus.HELD, (100, 93, 0, 0, 0, 7))
    assert run.problem == (
        "CMAR is held: 7 of 100 records have no name (7 %, at most 2 % pass); it would add 93, change 0 and withdraw "
        "0 of 0 members; look at what the partner publishes, then say circuit harvest --accept 1 or --reject 1."
    )
    assert view(await partner_state(database)).health is Health.DOWN
    assert counts(await held.accept(database, 1, **STEWARD)) == (100, 93, 0, 0, 0, 7)
    async with database.reading() as connection:
        assert len(await partners.skips(connection, 1)) == 7


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        (0, "CMAR gave 8 records, none of which can be used; correct its field mapping."),
        (3, "CMAR gave no usable member where it had 3; all were kept."),
    ],
)
async def test_a_reading_of_everything_without_use_is_refused(database: Database, before: int, problem: str) -> None:
    if before:
        await harvest(database, Scripted(page(*many(before)), FULL), CMAR)
    bad = tuple(Unusable(str(number), "It has no name.") for number in range(8))
    end = End(scope=Scope.FULL, lacking={"name": 8}, shape=(FieldShape(path="nom", kinds={"text": 8}),))
    run = await harvest(database, Scripted(page(unusable=bad), end), CMAR)
    assert (run.status, run.problem, counts(run)) == (RunStatus.REFUSED, problem, (8, 0, 0, 0, 0, 8))
    assert len(await stored(database)) == before
    assert (await partner_state(database)).failures == 1
    assert await number_of(database, staged_listing) == 0


async def test_changes_of_no_use_are_read_again(database: Database) -> None:
    await harvest(database, Scripted(page(*many(3)), FULL), CMAR)
    bad = tuple(Unusable(f"x{number}", "It has no name.") for number in range(6))
    source = Scripted(page(unusable=bad), End(scope=Scope.CHANGES, cursor="c2", lacking={"name": 6}))
    run = await harvest(database, source, CMAR)
    assert (run.status, run.problem) == (
        RunStatus.REFUSED,
        "CMAR was not used: 6 of 6 records have no name (100 %, at most 2 % pass); correct its field mapping, or ask "
        "the partner.",
    )
    following = Scripted(FULL)
    await harvest(database, following, CMAR)
    assert following.cursors == ["c1"]


def flagged(number: int, *fields: str) -> Any:
    """A member with values that fail their check."""
    return one(str(number), address=Address(), flags=tuple(Flag(field, "FORMAT", "x") for field in fields))


async def test_members_that_fail_a_check_they_passed_hold_the_run(database: Database) -> None:
    known = [flagged(number, "siren") for number in range(50)] + [flagged(number) for number in range(50, 100)]
    await harvest(database, Scripted(page(*known), FULL), CMAR)
    # What failed before, fails elsewhere or belongs to a member that is new is not counted against the reading.
    told = [flagged(number, "siren", "website") if number < 6 else known[number] for number in range(100)]
    told += [flagged(number, "website") for number in range(100, 120)]
    now = [flagged(number, "siren") if 50 <= number < 56 else each for number, each in enumerate(told)]
    run = await harvest(database, Scripted(page(*now), FULL), CMAR)
    assert (run.status, counts(run)) == (RunStatus.HELD, (120, 20, 12, 88, 0, 0))
    assert run.problem == (
        "CMAR is held: 6 of 100 members fail a check of siren that they passed before (6 %, at most 5 % pass); 6 of "
        "100 members fail a check of website that they passed before (6 %, at most 5 % pass); it would add 20, change "
        "12 and withdraw 0 of 100 members; look at what the partner publishes, then say circuit harvest --accept 2 or "
        "--reject 2."
    )
    assert (await harvest(database, Scripted(page(*now), FULL), CMAR, guard=Guard(failing=0.06))).added == 20


async def test_a_sweep_is_kept_as_what_it_found_missing(database: Database) -> None:
    clock = Clock()
    await harvest(database, Scripted(page(*many(10)), FULL), CMAR, clock=clock)
    later = clock.advance(hours=1)
    swept = End(scope=Scope.CHANGES, cursor="c2", present=frozenset("0123456"))
    run = await harvest(
        database, Scripted(page(one("0", "Neuf"), one("7", "Lu, puis parti")), swept), CMAR, clock=clock
    )
    assert (run.status, counts(run)) == (RunStatus.HELD, (2, 0, 1, 0, 3, 1))
    assert counts(await held.accept(database, run.id, **STEWARD, clock=clock)) == (2, 0, 1, 0, 3, 1)
    assert await stored(database) == {"0": "Neuf"} | {str(number): "Plomberie Durand" for number in range(1, 7)}
    async with database.reading() as connection:
        seen = await connection.scalars(select(listing.c.last_seen_at).where(listing.c.withdrawn_at.is_(None)))
        assert set(seen) == {later}


async def test_members_left_out_of_held_changes_have_everything_read_after_it(database: Database) -> None:
    await harvest(database, Scripted(page(*many(10)), FULL), CMAR)
    swept = End(scope=Scope.CHANGES, cursor="c2", present=frozenset({"0", "unread"}))
    run = await harvest(database, Scripted(swept), CMAR)
    assert run.status is RunStatus.HELD
    await held.accept(database, run.id, **STEWARD)
    following = Scripted(FULL)
    await harvest(database, following, CMAR)
    assert following.cursors == [None]


async def test_what_was_read_of_a_member_since_is_not_undone(database: Database) -> None:
    run = await lossy(database)
    fresh = page(one("0", "Le plus neuf"), one("9", "Encore là"), one("née", "Hier"), deleted=("new",))
    aside = await harvest(database, Scripted(fresh, End(scope=Scope.CHANGES)), CMAR, kind=RunKind.MEMBERS)
    assert aside.status is RunStatus.ACCEPTED
    done = await held.accept(database, run.id, **STEWARD)
    # Neither what the held run said of the member, nor that it had not heard of it, holds any more.
    assert counts(done) == (8, 0, 0, 6, 2, 2)
    names = {str(number): "Plomberie Durand" for number in range(1, 7)}
    assert await stored(database) == names | {"0": "Le plus neuf", "9": "Encore là", "née": "Hier"}


async def test_drift_is_told_and_its_baseline_moves_on_when_the_run_is_accepted(database: Database) -> None:
    def whole(*paths: str) -> End:
        return End(scope=Scope.FULL, shape=tuple(FieldShape(path=path, kinds={"text": 10}) for path in paths))

    await harvest(database, Scripted(page(*many(10)), whole("id", "nom")), CMAR)
    drifted = (
        Drift(field="denomination", kind=DriftKind.APPEARED),
        Drift(field="nom", kind=DriftKind.VANISHED),
    )
    for _ in range(2):  # what is held is no baseline
        run = await harvest(database, Scripted(page(*many(7)), whole("id", "denomination")), CMAR)
        assert (run.status, run.drift) == (RunStatus.HELD, drifted)
    # Examples of members' values are kept for no longer than somebody waits for them.
    async with database.reading() as connection:
        shapes = await connection.scalars(select(partners.run.c.shape).order_by(partners.run.c.id))
        assert [bool(shape) for shape in shapes] == [False, False, True]
    assert (await held.accept(database, run.id, **STEWARD)).drift == drifted
    same = await harvest(database, Scripted(page(*many(7)), whole("id", "denomination")), CMAR)
    assert (same.status, same.drift) == (RunStatus.ACCEPTED, ())
    refused = await harvest(database, Scripted(whole("id")), CMAR)
    assert (refused.status, refused.drift) == (
        RunStatus.REFUSED,
        (Drift(field="denomination", kind=DriftKind.VANISHED),),
    )


async def test_a_guard_that_holds_nothing_holds_nothing(database: Database) -> None:
    await harvest(database, Scripted(page(*many(10)), FULL), CMAR)
    run = await harvest(database, Scripted(page(one("0")), FULL), CMAR, guard=LAX)
    assert (run.status, run.withdrawn) == (RunStatus.ACCEPTED, 9)
    assert await number_of(database, run_copy) == 0
