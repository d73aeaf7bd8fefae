"""A process that dies in the middle of a harvest loses nothing and doubles nothing."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from directory import held
from directory.harvest import harvest
from directory.records import Copy, End, Scope, now
from directory.store import partners
from directory.store.copies import copy_body, run_copy
from directory.store.database import Database
from directory.store.listings import listing, staged_listing
from directory.store.partners import RunStatus
from tests.harvesting import CMAR, Clock, Scripted, many, number_of, one, page, stored

PAGES, SIZE = 8, 250
FULL = End(scope=Scope.FULL)
CHILD = f"""
import asyncio, sys
from tests.harvesting import CMAR, one, page
from directory.harvest import harvest
from directory.records import Copy, End, Scope
from directory.store.database import Database

class Telling:
    async def read(self, cursor):
        for number in range({PAGES}):
            answer = Copy(chapter="pass", number=number, body=b"%d" % number)
            yield page(*(one(f"{{number}}-{{each}}", "Nouveau") for each in range({SIZE})), copies=(answer,))
            print(number, flush=True)
        print("end", flush=True)
        yield End(scope=Scope.FULL)

asyncio.run(harvest(Database(sys.argv[1]), Telling(), CMAR))
"""


@pytest.mark.parametrize("moment", ["0", "5", "end"])
async def test_a_killed_harvest_is_done_again_without_loss(database: Database, database_url: str, moment: str) -> None:
    ids = [f"{number}-{each}" for number in range(PAGES) for each in range(SIZE)]
    known = ids[::3]
    await harvest(database, Scripted(page(*(one(each, "Ancien") for each in [*known, "parti"])), FULL), CMAR)

    await _harvest_and_kill(database_url, moment)

    # Whole or refused: even when it died while the run was being applied.
    left = await stored(database)
    assert left in (dict.fromkeys([*known, "parti"], "Ancien"), dict.fromkeys(ids, "Nouveau"))

    clock = Clock(now() + timedelta(minutes=10))
    answer = Copy(chapter="pass", number=0, body=b"everything")
    source = Scripted(page(*(one(each, "Nouveau") for each in ids), copies=(answer,)), FULL)
    run = await harvest(database, source, CMAR, clock=clock)

    assert run.status is RunStatus.ACCEPTED
    assert await stored(database) == dict.fromkeys(ids, "Nouveau")
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(listing)) == len(ids) + 1
        assert await connection.scalar(select(func.count()).select_from(staged_listing)) == 0
        runs = await partners.runs(connection, "cmar", 5)
    if moment != "end":
        assert runs[1].status is RunStatus.REFUSED
        assert runs[1].problem == "The program stopped before the run had ended; harvest again."
        # A reading without its end is nothing to replay.
        assert await copied(database) == {run.id}
        assert await number_of(database, copy_body) == 1


@pytest.mark.parametrize("moment", ["0", "5"])
async def test_a_held_run_outlives_a_harvest_that_is_killed(database: Database, database_url: str, moment: str) -> None:
    half = Copy(chapter="pass", number=0, body=b"half")
    await harvest(database, Scripted(page(*many(10, "Ancien")), FULL), CMAR)
    waiting = await harvest(database, Scripted(page(*many(5, "Ancien"), copies=(half,)), FULL), CMAR)
    assert waiting.status is RunStatus.HELD

    await _harvest_and_kill(database_url, moment)

    clock = Clock(now() + timedelta(minutes=10))
    done = await held.accept(database, waiting.id, author="ines", reason="So it is.", clock=clock)
    assert (done.status, done.withdrawn) == (RunStatus.ACCEPTED, 5)
    assert await stored(database) == {str(number): "Ancien" for number in range(5)}
    assert await number_of(database, staged_listing) == 0
    assert await copied(database) == {waiting.id}


async def copied(database: Database) -> set[int]:
    """The runs with copies."""
    async with database.reading() as connection:
        return set(await connection.scalars(select(run_copy.c.run_id)))


async def _harvest_and_kill(url: str, moment: str) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, url, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    assert child.stdout is not None
    async for line in child.stdout:
        if line.decode().strip() == moment:
            break
    child.kill()
    await child.communicate()
