"""A process that dies in the middle of a harvest loses nothing and doubles nothing."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from directory.harvest import harvest
from directory.records import End, Scope, now
from directory.store import partners
from directory.store.database import Database
from directory.store.listings import listing, staged_listing
from directory.store.partners import RunStatus
from tests.harvesting import CMAR, Clock, Scripted, one, page, stored

PAGES, SIZE = 8, 250
FULL = End(scope=Scope.FULL)
CHILD = f"""
import asyncio, sys
from tests.harvesting import CMAR, one, page
from directory.harvest import harvest
from directory.records import End, Scope
from directory.store.database import Database

class Telling:
    async def read(self, cursor):
        for number in range({PAGES}):
            yield page(*(one(f"{{number}}-{{each}}", "Nouveau") for each in range({SIZE})))
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
    run = await harvest(database, Scripted(page(*(one(each, "Nouveau") for each in ids)), FULL), CMAR, clock=clock)

    assert run.status is RunStatus.ACCEPTED
    assert await stored(database) == dict.fromkeys(ids, "Nouveau")
    async with database.reading() as connection:
        assert await connection.scalar(select(func.count()).select_from(listing)) == len(ids) + 1
        assert await connection.scalar(select(func.count()).select_from(staged_listing)) == 0
        runs = await partners.runs(connection, "cmar", 5)
    if moment != "end":
        assert runs[1].status is RunStatus.REFUSED
        assert runs[1].problem == "The program stopped before the run had ended; harvest again."


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
