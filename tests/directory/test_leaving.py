"""A partner that leaves takes everything with it, and may come back."""

import pytest
from sqlalchemy import select

from directory.harvest import harvest
from directory.leaving import CannotLeave, leave
from directory.records import Copy, End, Scope, now
from directory.store import partners, runs
from directory.store.copies import copy_body, run_copy
from directory.store.database import Database
from directory.store.decisions import decision
from directory.store.partners import RunStatus
from tests.harvesting import CMAR, Scripted, number_of, one, page, partner_state, revision, stored

FULL = End(scope=Scope.FULL, cursor="1")
COPY = Copy(chapter="pass", number=0, body=b"NUMERO_RM;SIREN")


async def left(database: Database, partner: str = "cmar") -> int:
    return await leave(database, partner, author="steward", reason="They asked us to.")


async def test_nothing_of_it_is_served_or_kept(database: Database) -> None:
    await harvest(database, Scripted(page(one("1"), one("2"), copies=(COPY,)), FULL), CMAR)
    before = await revision(database)
    assert await left(database) == 2
    assert await stored(database) == {}
    assert (await number_of(database, run_copy), await number_of(database, copy_body)) == (0, 0)
    known = await partner_state(database)
    assert (known.members, known.paused, known.failures) == (0, True, 0)
    assert await revision(database) == before + 1
    async with database.reading() as connection:
        (made,) = (await connection.execute(select(decision))).all()
    assert (made.kind, made.payload) == ("partner_removed", {"partner": "cmar", "withdrawn": 2})
    assert (made.author, made.reason) == ("steward", "They asked us to.")


async def test_it_may_come_back(database: Database) -> None:
    await harvest(database, Scripted(page(one("1"), one("2")), FULL), CMAR)
    await left(database)
    async with database.writing() as connection:
        await partners.pause(connection, "cmar", paused=False)
    source = Scripted(page(one("1"), one("2")), FULL)
    run = await harvest(database, source, CMAR)
    assert source.cursors == [None]  # everything is read
    assert (run.status, run.added) == (RunStatus.ACCEPTED, 2)
    assert set(await stored(database)) == {"1", "2"}


async def test_a_run_that_waits_is_rejected(database: Database) -> None:
    await harvest(database, Scripted(page(*(one(str(number)) for number in range(10))), FULL), CMAR)
    held = await harvest(database, Scripted(page(one("1")), FULL), CMAR, full=True)
    assert held.status is RunStatus.HELD
    assert await left(database) == 10
    async with database.reading() as connection:
        rejected = await partners.run_of(connection, held.id)
    assert rejected is not None
    assert rejected.status is RunStatus.REJECTED
    assert rejected.problem == "CMAR was removed before a steward had decided."


async def test_not_while_it_is_being_harvested(database: Database) -> None:
    await harvest(database, Scripted(page(one("1")), FULL), CMAR)
    async with database.writing() as connection:
        begun = await runs.begin(connection, CMAR, full=False, at=now())
    with pytest.raises(CannotLeave) as caught:
        await left(database)
    since = f"{begun.run.started_at:%Y-%m-%d %H:%M:%S}"
    assert str(caught.value) == f"CMAR is already being harvested, since {since} UTC; wait for that run to end."
    assert set(await stored(database)) == {"1"}


async def test_a_partner_nobody_knows(database: Database) -> None:
    with pytest.raises(CannotLeave) as caught:
        await left(database, "cmra")
    assert str(caught.value) == "No partner called 'cmra' was ever harvested; circuit partners lists those there are."
