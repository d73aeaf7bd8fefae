"""A partner that leaves takes everything with it, and may come back."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from directory.harvest import harvest
from directory.leaving import CannotLeave, leave
from directory.matching.comparing import Compared
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.records import Contact, Copy, Disclosure, End, FieldShape, Scope, Unusable, now
from directory.resolution import resolve
from directory.store import partners, runs
from directory.store.copies import copy_body, run_copy
from directory.store.database import Database
from directory.store.decisions import decision
from directory.store.listings import key_columns, listing, listing_content
from directory.store.partners import RunStatus
from directory.store.suppliers import membership
from tests.directory.resolution_kit import ONE, OTHER, REGISTER, World, registers, says
from tests.harvesting import CMAR, Scripted, number_of, one, page, partner_state, revision, stored

FULL = End(scope=Scope.FULL, cursor="1")
KEYS = tuple(column.name for column in key_columns())
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


async def test_what_it_said_of_its_members_is_erased(database: Database) -> None:
    world = World(database)
    reach: dict[str, Any] = {"contact": Contact(phone="04 42 00 00 00"), "website": "https://dupont.example/"}
    await world.tell(says("cmar", "a", "Jeanne Dupont", siren=ONE, **reach), says("cmar", "b", "Dupont", siren=ONE))
    await world.tell(says("chambre", "c", "SARL Autre", siren=OTHER), partner="chambre")
    await world.resolve()
    run = await drifted(database)
    await left(database)
    async with database.reading() as connection:
        columns = [listing.c[name] for name in ("id", "external_id", *KEYS)]
        rows = (await connection.execute(select(*columns).where(listing.c.partner == "cmar"))).mappings().all()
        ids = [row["id"] for row in rows]
        blank = dict.fromkeys(KEYS) | {"name_key": "", "trade_keys": ()}
        assert [dict(row) for row in rows] == [
            {"id": each, "external_id": name} | blank for each, name in zip(ids, "ab", strict=True)
        ]
        assert await connection.scalar(select(listing_content).where(listing_content.c.listing_id.in_(ids))) is None
        evidence = select(membership.c.evidence).where(membership.c.listing_id.in_(ids))
        assert (await connection.scalars(evidence)).all() == [(), ()]
        assert await partners.skips(connection, run) == []
        assert {each.drift for each in await partners.runs(connection, "cmar", 9)} == {()}
    assert await world.reader.listings(ids) == [None, None]
    await world.resolve()
    assert [each.supplier.name for each in await world.suppliers()] == ["SARL Autre"]


async def drifted(database: Database) -> int:
    """Runs of CMAR of which the last left a row out and shows a field with another name."""
    for field in ("nom", "denomination"):
        shape = (FieldShape(path=field, kinds={"text": 200}, example="Jeanne Dupont"),)
        skipped = Unusable(external_id="d", reason="It has no name.", excerpt="Jeanne Dupont")
        source = Scripted(page(one("a"), unusable=(skipped,)), End(scope=Scope.CHANGES, shape=shape))
        run = await harvest(database, source, CMAR)
    assert (run.status, len(run.drift), run.skipped) == (RunStatus.ACCEPTED, 2, 1)
    return run.id


async def test_while_suppliers_are_being_made(database: Database) -> None:
    world = World(database)
    await world.tell(says("cmar", "a", siren=ONE))
    await world.tell(says("chambre", "b", "Garage", siren=OTHER), partner="chambre")
    loop = asyncio.get_running_loop()

    class Leaving(ProbabilisticMatcher):
        """CMAR leaves while it matches for the first time."""

        def compare(self, records: Any, terms: Any = None) -> Compared:
            if len(records) == 2:
                asyncio.run_coroutine_threadsafe(left(database), loop).result()
            return super().compare(records, terms)

    report = await resolve(database, matcher=Leaving(), clock=lambda: world.now)
    assert (report.listings, report.created) == (1, 1)
    assert [each.supplier.name for each in await world.suppliers()] == ["Garage"]


async def test_a_register_does_not_leave(database: Database) -> None:
    world = World(database)
    await world.tell(registers(ONE, disclosure=Disclosure.PARTIAL), partner=REGISTER)
    with pytest.raises(CannotLeave) as caught:
        await left(database, REGISTER)
    assert str(caught.value) == (
        "sirene is a register: whom it keeps back would be shown; circuit partners pause sirene stops it."
    )
    assert set(await stored(database)) == {ONE}


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
