"""A run is whole or refused, and counted to the row."""

from datetime import datetime
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from directory.harvest import Progress, harvest
from directory.records import End, Listing, Scope, SourceError, Traffic, Unusable
from directory.store import partners
from directory.store.database import Database
from directory.store.listings import listing, listing_content, staged_listing
from directory.store.partners import Run, RunKind, RunSkip, RunStatus
from tests.harvesting import CMAR, LAX, Clock, Scripted, counts, number_of, one, page, partner_state, revision, stored

FULL = End(scope=Scope.FULL)


async def dates(database: Database, external_id: str) -> dict[str, datetime | None]:
    """When a listing was seen, changed and withdrawn."""
    columns = (listing.c[f"{name}_at"] for name in ("first_seen", "last_seen", "changed", "withdrawn"))
    async with database.reading() as connection:
        row = (await connection.execute(select(*columns).where(listing.c.external_id == external_id))).mappings().one()
    return {name.removesuffix("_at"): instant for name, instant in row.items()}


async def test_the_first_harvest_adds_everything(database: Database) -> None:
    clock = Clock()
    source = Scripted(
        page(one("1"), one("2", "Menuiserie Ollivier"), size_bytes=70),
        End(scope=Scope.FULL, cursor="c1", traffic=Traffic(requests=3)),
    )

    run = await harvest(database, source, CMAR, clock=clock)

    expected = Run(
        id=1, partner="cmar", kind=RunKind.FULL, status=RunStatus.ACCEPTED, started_at=clock(), ended_at=clock(),
        read=2, added=2, size_bytes=70, requests=3,
    )  # fmt: skip
    assert run == expected
    assert source.cursors == [None]
    assert source.closed
    assert await stored(database) == {"1": "Plomberie Durand", "2": "Menuiserie Ollivier"}
    assert await partner_state(database) == partners.PartnerRow(
        info=CMAR, members=2, last_attempt_at=clock(), last_success_at=clock()
    )
    assert await revision(database) == 1
    assert await number_of(database, staged_listing) == 0


async def test_what_the_partner_said_is_kept_byte_for_byte(database: Database) -> None:
    raw = '{ "nom":"Forêt d’Ocre"\t,"x":1.0 }'
    await harvest(database, Scripted(page(one("1", "Forêt d’Ocre", raw=raw)), FULL), CMAR)
    async with database.reading() as connection:
        content = (await connection.execute(select(listing_content))).one()
        keys = (await connection.execute(select(listing.c.name_key, listing.c.trade_keys))).one()
    assert content.raw == raw
    assert content.payload == one("1", "Forêt d’Ocre", raw="")
    assert tuple(keys) == ("foret ocre", ())


async def test_a_full_reading_changes_confirms_and_withdraws(database: Database) -> None:
    clock = Clock()
    first = clock()
    await harvest(database, Scripted(page(one("1"), one("2"), one("3")), FULL), CMAR, clock=clock)
    second = clock.advance(hours=1)

    run = await harvest(
        database, Scripted(page(one("1"), one("2", "Durand & Fils"), one("4")), FULL), CMAR, clock=clock, guard=LAX
    )

    assert counts(run) == (3, 1, 1, 1, 1, 0)
    assert await stored(database) == {"1": "Plomberie Durand", "2": "Durand & Fils", "4": "Plomberie Durand"}
    assert await dates(database, "1") == {
        "first_seen": first, "last_seen": second, "changed": first, "withdrawn": None
    }  # fmt: skip
    assert await dates(database, "2") == {
        "first_seen": first, "last_seen": second, "changed": second, "withdrawn": None
    }  # fmt: skip
    assert await dates(database, "3") == {
        "first_seen": first, "last_seen": first, "changed": first, "withdrawn": second
    }  # fmt: skip
    assert (await partner_state(database)).members == 3


async def test_a_member_that_comes_back_has_its_id_again(database: Database) -> None:
    clock = Clock()
    first = clock()
    await harvest(database, Scripted(page(one("1"), one("2")), FULL), CMAR, clock=clock)
    await harvest(database, Scripted(page(one("2")), FULL), CMAR, clock=clock, guard=LAX)
    back = clock.advance(days=1)

    run = await harvest(database, Scripted(page(one("1"), one("2")), FULL), CMAR, clock=clock)

    assert counts(run) == (2, 1, 0, 1, 0, 0)
    assert await dates(database, "1") == {"first_seen": first, "last_seen": back, "changed": back, "withdrawn": None}
    async with database.reading() as connection:
        assert (await connection.scalars(select(listing.c.id).order_by(listing.c.id))).all() == [1, 2]


async def test_a_reading_without_a_difference_leaves_the_revision_alone(database: Database) -> None:
    await harvest(database, Scripted(page(one("1")), FULL), CMAR)
    run = await harvest(database, Scripted(page(one("1")), FULL), CMAR)
    assert counts(run) == (1, 0, 0, 1, 0, 0)
    assert await revision(database) == 1


async def test_a_full_reading_is_a_full_run_whatever_was_asked_for(database: Database) -> None:
    whole = End(scope=Scope.FULL, cursor="c1")
    await harvest(database, Scripted(page(one("1")), whole), CMAR)
    assert (await harvest(database, Scripted(page(one("1")), whole), CMAR)).kind is RunKind.FULL


async def test_an_increment_starts_at_the_cursor_and_heeds_tombstones(database: Database) -> None:
    await harvest(database, Scripted(page(one("1"), one("2")), End(scope=Scope.FULL, cursor="c1")), CMAR)
    source = Scripted(page(one("3"), deleted=("1", "unknown")), End(scope=Scope.CHANGES, cursor="c2"))

    run = await harvest(database, source, CMAR, guard=LAX)

    assert source.cursors == ["c1"]
    assert run.kind is RunKind.INCREMENTAL
    assert counts(run) == (1, 1, 0, 0, 1, 0)
    assert list(await stored(database)) == ["2", "3"]

    again = Scripted(page(one("2")), End(scope=Scope.FULL, cursor="c3"))
    full = await harvest(database, again, CMAR, full=True)
    assert again.cursors == [None]
    assert full.kind is RunKind.FULL


async def test_an_increment_confirms_only_what_it_proves(database: Database) -> None:
    clock = Clock()
    first = clock()
    await harvest(database, Scripted(page(one("1"), one("2")), FULL), CMAR, clock=clock)
    second = clock.advance(hours=1)
    await harvest(database, Scripted(page(one("1")), End(scope=Scope.CHANGES)), CMAR, clock=clock)
    assert (await dates(database, "1"))["last_seen"] == second
    assert (await dates(database, "2"))["last_seen"] == first

    third = clock.advance(hours=1)
    sweep = End(scope=Scope.CHANGES, present=frozenset({"1", "2"}))
    await harvest(database, Scripted(sweep), CMAR, clock=clock)
    assert (await dates(database, "2"))["last_seen"] == third


async def test_what_a_sweep_does_not_find_is_withdrawn(database: Database) -> None:
    await harvest(database, Scripted(page(one("1"), one("2"), one("3")), FULL), CMAR)
    end = End(scope=Scope.CHANGES, present=frozenset({"2", "4"}))
    run = await harvest(database, Scripted(page(one("4"), one("5")), end), CMAR, guard=LAX)
    # 5 was read and then deleted, before the sweep.
    assert counts(run) == (2, 1, 0, 0, 2, 1)
    assert list(await stored(database)) == ["2", "4"]


async def known_to(database: Database, *listings: Listing, **fields: Any) -> None:
    """CMAR read whole, with a cursor to go on from."""
    end = End(scope=Scope.CHANGES, cursor="c1", present=frozenset({"1", "2"}))
    await harvest(database, Scripted(page(*listings, **fields), end), CMAR)


async def next_cursor(database: Database) -> str | None:
    """Where the next harvest reads from."""
    source = Scripted(RuntimeError())
    await harvest(database, source, CMAR)
    return source.cursors[0]


async def test_a_member_that_the_changes_left_out_has_everything_read_again(database: Database) -> None:
    await known_to(database, one("1"), one("2"))
    # 3 was added with an old date: the sweep finds it, the changes do not.
    end = End(scope=Scope.CHANGES, cursor="c2", present=frozenset({"1", "2", "3"}))

    run = await harvest(database, Scripted(page(one("2", "Durand & Fils")), end), CMAR)

    assert (run.status, counts(run)) == (RunStatus.ACCEPTED, (1, 0, 1, 0, 0, 0))
    assert run.problem == (
        "CMAR left 1 of its members out of its changes; what it gave was used, and the next harvest reads everything."
    )
    assert (await partner_state(database)).problem is None
    whole = Scripted(page(one("1"), one("2", "Durand & Fils"), one("3")), end)
    again = await harvest(database, whole, CMAR)
    assert whole.cursors == [None]
    assert (again.kind, again.problem, counts(again)) == (RunKind.FULL, None, (3, 1, 0, 2, 0, 0))
    assert await next_cursor(database) == "c2"


@pytest.mark.parametrize("present", [{"1", "2"}, {"1", "2", "x" * 201}], ids=["stored", "no id"])
async def test_changes_that_leave_nobody_out_move_the_cursor(database: Database, present: set[str]) -> None:
    await known_to(database, one("1"), one("2"))
    end = End(scope=Scope.CHANGES, cursor="c2", present=frozenset(present))
    assert (await harvest(database, Scripted(end), CMAR)).problem is None
    assert await next_cursor(database) == "c2"


async def test_a_member_whose_row_is_of_no_use_is_not_asked_for_for_ever(database: Database) -> None:
    await known_to(database, one("1"), unusable=(Unusable("2", "It has no name."),))
    swept = frozenset({"1", "2", "3"})
    # What was of no use to the last whole reading and to the runs since is known; 3 is heard of now.
    heard = page(unusable=(Unusable("3", "It has no name."),))
    for number, steps in enumerate(((heard,), (), ())):
        end = End(scope=Scope.CHANGES, cursor=f"c{number}", present=swept)
        assert (await harvest(database, Scripted(*steps, end), CMAR)).problem is None
    assert await next_cursor(database) == "c2"
    # A refused run proves nothing of the row that it could not use.
    await harvest(database, Scripted(page(unusable=(Unusable("4", "It has no name."),)), SourceError("Cut.")), CMAR)
    end = End(scope=Scope.CHANGES, cursor="c3", present=swept | {"4"})
    assert (await harvest(database, Scripted(end), CMAR)).problem is not None
    assert await next_cursor(database) is None


async def test_unchanged_confirms_everything_and_keeps_the_cursor(database: Database) -> None:
    clock = Clock()
    await harvest(database, Scripted(page(one("1")), End(scope=Scope.FULL, cursor="c1")), CMAR, clock=clock)
    later = clock.advance(hours=1)
    run = await harvest(database, Scripted(End(scope=Scope.UNCHANGED)), CMAR, clock=clock)
    assert run.status is RunStatus.UNCHANGED
    assert (await dates(database, "1"))["last_seen"] == later
    assert (await partner_state(database)).last_success_at == later
    assert await revision(database) == 1
    third = Scripted(End(scope=Scope.UNCHANGED))
    await harvest(database, third, CMAR)
    assert third.cursors == ["c1"]


async def test_the_last_word_on_a_member_wins(database: Database) -> None:
    source = Scripted(
        page(one("1", "A"), one("2", "B"), one("2", "B")),
        page(one("1", "A2"), one("3", "C"), deleted=("2",)),
        page(one("4", "D"), deleted=("3",)),
        page(one("3", "C2")),
        FULL,
    )
    run = await harvest(database, source, CMAR)
    assert counts(run) == (7, 3, 0, 0, 0, 4)
    assert await stored(database) == {"1": "A2", "3": "C2", "4": "D"}
    async with database.reading() as connection:
        skips = await partners.skips(connection, run.id)
    reason = "The same reading spoke of this member again later; its last word was used."
    assert skips == [RunSkip(external_id=each, reason=reason) for each in ("1", "2", "3")]


async def test_rows_of_no_use_are_counted_and_their_members_kept(database: Database) -> None:
    await harvest(database, Scripted(page(one("1"), one("2")), FULL), CMAR)
    bad = (Unusable("1", "It has no name.", '{"id":1}'), Unusable(None, "It is no object.", "7"))

    run = await harvest(database, Scripted(page(one("2"), unusable=bad), FULL), CMAR)

    assert counts(run) == (3, 0, 0, 1, 0, 2)
    assert list(await stored(database)) == ["1", "2"]
    async with database.reading() as connection:
        assert await partners.skips(connection, run.id) == [
            RunSkip(external_id="1", reason="It has no name.", excerpt='{"id":1}'),
            RunSkip(external_id=None, reason="It is no object.", excerpt="7"),
        ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (one(""), "Its id is empty, longer than 200 characters or holds a control character."),
        (one("x" * 201), "Its id is empty, longer than 200 characters or holds a control character."),
        (one("a\0b"), "Its id is empty, longer than 200 characters or holds a control character."),
        (one("9", raw="x" * 1_000_001), "It is longer than 1,000,000 characters."),
        (one("9", raw="\ud800"), "It holds half of a character (a lone surrogate)."),
        (one("9", "\udfff"), "It holds half of a character (a lone surrogate)."),
        (one("9", labels=("\ud800",)), "It holds half of a character (a lone surrogate)."),
        (one("9", raw="a\0"), "It holds a NUL character."),
        (one("9", "\0", raw="{}"), "It holds a NUL character."),
    ],
    ids=range(9),
)
async def test_a_listing_that_no_database_takes_is_skipped(database: Database, bad: Listing, reason: str) -> None:
    run = await harvest(database, Scripted(page(bad, one("2")), FULL), CMAR)
    assert counts(run) == (2, 1, 0, 0, 0, 1)
    async with database.reading() as connection:
        (skip,) = await partners.skips(connection, run.id)
    assert skip.reason == reason
    assert skip.external_id == ("9" if bad.external_id == "9" else None)
    assert len(skip.excerpt) <= 500


async def test_only_the_first_skips_are_kept_and_all_are_counted(database: Database) -> None:
    bad = tuple(Unusable(None, f"Row {number}", "x" * 2000) for number in range(150))
    run = await harvest(database, Scripted(page(one("1"), one("1"), unusable=bad), FULL), CMAR, guard=LAX)
    assert run.skipped == 151
    async with database.reading() as connection:
        skips = await partners.skips(connection, run.id)
    assert [skip.reason for skip in skips] == [f"Row {number}" for number in range(100)]
    assert {len(skip.excerpt) for skip in skips} == {500}


async def test_progress_is_told_page_by_page(database: Database) -> None:
    await harvest(database, Scripted(page(one("1"), one("2")), FULL), CMAR)
    told: list[Progress] = []
    source = Scripted(page(one("1"), size_bytes=10), page(one("2"), one("3"), size_bytes=20), FULL)
    await harvest(database, source, CMAR, progress=told.append)
    assert told == [Progress("cmar", 1, 2, 10), Progress("cmar", 3, 2, 30)]


@pytest.mark.parametrize("seed", range(3))
async def test_increments_end_where_one_full_reading_does(database: Database, seed: int) -> None:
    random = Random(seed)
    truth: dict[str, str] = {}
    for step in range(12):
        changed = {str(random.randrange(30)): f"Nom {step} {random.randrange(3)}" for _ in range(random.randrange(8))}
        gone = tuple(each for each in truth if each not in changed and random.random() < 0.2)
        truth = {each: name for each, name in (truth | changed).items() if each not in gone}
        listings = [one(each, name) for each, name in changed.items()]
        # Half of the time the partner knows no tombstones and is swept instead.
        swept = random.random() < 0.5
        end = End(scope=Scope.CHANGES, cursor=str(step), present=frozenset(truth) if swept else None)
        run = await harvest(database, Scripted(page(*listings, deleted=() if swept else gone), end), CMAR, guard=LAX)
        assert run.read == run.added + run.changed + run.unchanged + run.skipped
    incremental = await stored(database)
    full = await harvest(
        database, Scripted(page(*(one(each, name) for each, name in truth.items())), FULL), CMAR, full=True
    )
    assert incremental == truth == await stored(database)
    assert (full.added, full.changed, full.withdrawn) == (0, 0, 0)
