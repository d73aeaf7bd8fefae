"""Holding a lease: until told otherwise, or until it is another's."""

import asyncio
from datetime import timedelta

from directory.records import now
from directory.store import leases
from directory.store.database import Database
from gateway.tenure import Tenure

SECONDS = 0.6


def tenure(database: Database, owner: str, seconds: float = SECONDS) -> Tenure:
    return Tenure(database, "harvest", owner, now, seconds)


async def test_it_is_kept_while_it_is_renewed_and_given_back(database: Database) -> None:
    first, second = tenure(database, "a"), tenure(database, "b")
    assert await first.begin()
    over = asyncio.Event()
    keeping = asyncio.create_task(first.keep(over))
    await asyncio.sleep(1.5 * SECONDS)
    assert not await second.begin()
    over.set()
    await keeping
    await first.end()
    assert await second.begin()


async def test_whoever_loses_it_is_told(database: Database) -> None:
    first = tenure(database, "a")
    assert await first.begin()
    over = asyncio.Event()
    keeping = asyncio.create_task(first.keep(over))
    async with database.writing() as connection:
        later = now() + timedelta(hours=1)  # a clock that is ahead
        assert await leases.take(connection, "harvest", "b", at=later, seconds=30)
    async with asyncio.timeout(10):
        await keeping
    await first.end()
    async with database.reading() as connection:
        held = await leases.current(connection, "harvest")
    assert held is not None
    assert held.owner == "b"


async def test_a_lease_of_a_clock_that_was_ahead_does_not_stop_everything(database: Database) -> None:
    async with database.writing() as connection:
        assert await leases.take(connection, "harvest", "dead", at=now() + timedelta(days=1), seconds=30)
    heir = tenure(database, "b")
    assert not await heir.begin()
    await asyncio.sleep(1.2 * SECONDS)
    assert await heir.begin()


async def test_one_that_is_renewed_from_a_clock_ahead_is_left_alone(database: Database) -> None:
    async with database.writing() as connection:
        assert await leases.take(connection, "harvest", "alive", at=now() + timedelta(days=1), seconds=30)
    heir = tenure(database, "b")
    for _ in range(4):
        assert not await heir.begin()
        await asyncio.sleep(SECONDS / 2)
        async with database.writing() as connection:
            assert await leases.renew(connection, "harvest", "alive", at=now() + timedelta(days=1), seconds=30)
    assert not await heir.begin()
