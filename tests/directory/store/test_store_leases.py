"""A lease has one holder, among tasks, processes and clocks that disagree."""

import asyncio
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from directory.store import leases
from directory.store.database import Database
from directory.store.leases import Lease

ROOT = Path(__file__).parents[3]
ROUNDS = 40
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
# Each process asks for the lease many times as fast as it can, and says when it has had it and given it back.
CONTENDER = """
import asyncio, sys
from directory.records import now
from directory.store import leases
from directory.store.database import Database

async def contend(url, rounds):
    database, owner = Database(url), leases.new_owner()
    print("ready", flush=True)
    sys.stdin.readline()
    while rounds:
        async with database.writing() as connection:
            taken = await leases.take(connection, "harvest", owner, at=now(), seconds=30)
        if taken:
            rounds -= 1
            async with database.writing() as connection:
                held = await leases.current(connection, "harvest")
                assert held is not None and held.owner == owner, held
                assert await leases.renew(connection, "harvest", owner, at=now(), seconds=30)
                await leases.release(connection, "harvest", owner)
    await database.close()

asyncio.run(contend(sys.argv[1], int(sys.argv[2])))
"""


async def take(database: Database, owner: str, seconds_later: float = 0, left: Lease | None = None) -> bool:
    async with database.writing() as connection:
        at = NOON + timedelta(seconds=seconds_later)
        return await leases.take(connection, "harvest", owner, at=at, seconds=30, left=left)


async def current(database: Database) -> Lease | None:
    async with database.reading() as connection:
        return await leases.current(connection, "harvest")


async def test_one_holds_it_until_it_is_over(database: Database) -> None:
    assert await current(database) is None
    assert await take(database, "a")
    assert not await take(database, "b", 29.9)
    assert await current(database) == Lease("a", NOON + timedelta(seconds=30))
    assert await take(database, "b", 30)
    assert not await take(database, "a", 31)


async def test_the_holder_may_take_it_again(database: Database) -> None:
    assert await take(database, "a")
    assert await take(database, "a", 10)
    assert await current(database) == Lease("a", NOON + timedelta(seconds=40))


async def test_a_renewed_lease_lasts_and_a_lost_one_cannot_be_renewed(database: Database) -> None:
    assert await take(database, "a")
    async with database.writing() as connection:
        assert await leases.renew(connection, "harvest", "a", at=NOON + timedelta(seconds=20), seconds=30)
    assert not await take(database, "b", 40)
    assert await take(database, "b", 50)
    async with database.writing() as connection:
        assert not await leases.renew(connection, "harvest", "a", at=NOON + timedelta(seconds=51), seconds=30)
    assert await current(database) == Lease("b", NOON + timedelta(seconds=80))


async def test_a_late_holder_keeps_what_nobody_wanted(database: Database) -> None:
    assert await take(database, "a")
    async with database.writing() as connection:
        assert await leases.renew(connection, "harvest", "a", at=NOON + timedelta(hours=1), seconds=30)


async def test_released_it_is_free_at_once_and_another_s_stays(database: Database) -> None:
    assert await take(database, "a")
    async with database.writing() as connection:
        await leases.release(connection, "harvest", "b")
    assert not await take(database, "b")
    async with database.writing() as connection:
        await leases.release(connection, "harvest", "a")
    assert await current(database) is None
    assert await take(database, "b")


async def test_leases_of_other_names_are_apart(database: Database) -> None:
    assert await take(database, "a")
    async with database.writing() as connection:
        assert await leases.take(connection, "other", "b", at=NOON, seconds=30)


async def test_a_lease_from_a_clock_ahead_is_taken_when_it_stands_still(database: Database) -> None:
    assert await take(database, "a", 86_400)
    stood_still = await current(database)
    assert not await take(database, "b")
    async with database.writing() as connection:
        assert await leases.renew(connection, "harvest", "a", at=NOON + timedelta(days=1, seconds=1), seconds=30)
    assert not await take(database, "b", left=stood_still)  # it has moved
    assert await take(database, "b", left=await current(database))


async def test_of_many_at_once_one_gets_it(database: Database) -> None:
    taken = await asyncio.gather(*(take(database, f"owner {number}") for number in range(12)))
    assert sorted(taken) == [False] * 11 + [True]


def test_owners_are_told_apart() -> None:
    first, second = leases.new_owner(), leases.new_owner()
    assert first != second
    assert re.fullmatch(r".+/\d+/[0-9a-f]{16}", first)
    assert len(first) <= leases.NAME_LENGTH


async def test_two_processes_never_hold_it_together(database: Database, database_url: str) -> None:
    contenders = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CONTENDER, database_url, str(ROUNDS)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    for contender in contenders:
        assert contender.stdout is not None
        assert await contender.stdout.readline() == b"ready\n"
    ended = await asyncio.gather(*(contender.communicate(b"go\n") for contender in contenders))
    assert [(contender.returncode, errors) for contender, (_, errors) in zip(contenders, ended, strict=True)] == [
        (0, b""),
        (0, b""),
    ]
    assert await current(database) is None
