"""The processes that read partners: how they end, and who takes over."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from demo import Region, Running, partners
from demo import settings as tables_of
from demo.weather import MANNERS, Slow, weather
from directory.records import now
from directory.store.database import Database
from directory.store.partners import RunStatus
from directory.store.timetable import put_off
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.watching import PATIENCE, behind, host_of, is_running, runs_of, until, watched

CHILD = (sys.executable, "-m", "gateway.watcher")
# The same loop with a short lease, so that a test of its loss is short.
BRISK_CHILD = (
    sys.executable,
    "-c",
    "import asyncio; from gateway.watch import watch; from gateway.settings import Settings; "
    "from gateway import logs; from tests.gateway.watching import BRISK; "
    "settings = Settings(); logs.configure(settings.log); asyncio.run(watch(settings, asyncio.Event(), pace=BRISK))",
)
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def started(settings: Settings, command: tuple[str, ...] = CHILD) -> AsyncIterator[Process]:
    """The process, which has told its owner's name; killed at the end if it lives."""
    environment = {**os.environ, **settings.environment(), "CIRCUIT_LOG": '{"format":"json"}'}
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said(process: Process, event: str) -> dict[str, Any]:
    """The next line of the process's log with this event."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE):
        async for line in process.stderr:
            if (told := json.loads(line))["event"] == event:
                return dict(told)
    raise AssertionError(f"it ended without saying {event}")


async def ended(process: Process) -> int:
    return await asyncio.wait_for(process.wait(), 10)


@pytest.fixture
async def demo() -> AsyncIterator[Running]:
    async with partners(Region(seed=13, companies=40)) as running:
        yield running


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "end of input"])
async def test_told_to_end_in_mid_harvest_it_ends_and_nothing_is_applied(
    tmp_path: Path, demo: Running, how: str
) -> None:
    table = tables_of(demo)["cmar"]
    async with weather(host_of(table), MANNERS["cmar"]) as proxy:
        settings = watched(tmp_path, {"cmar": {**behind(proxy, table), "timeout": 60}})
        proxy.set(Slow(30))
        async with started(settings) as process:
            await said(process, "watch.works")
            await until(lambda: is_running(settings, "cmar"))
            assert process.stdin is not None
            process.stdin.close() if how == "end of input" else process.send_signal(signal.Signals[how])
            assert await ended(process) == 0
    (run,) = await runs_of(settings, "cmar")
    assert (run.status, run.problem) == (RunStatus.REFUSED, "The harvest was interrupted before its end.")


async def test_another_takes_over_from_one_that_was_killed(tmp_path: Path, demo: Running, database_url: str) -> None:
    settings = watched(tmp_path, {"cmar": tables_of(demo)["cmar"]}, database_url)
    async with started(settings, BRISK_CHILD) as first, started(settings, BRISK_CHILD) as second:
        for process in (first, second):
            await said(process, "watch.began")
        await until(lambda: _has_read(settings, 1))
        working, waiting = (first, second) if await _holds(settings, first) else (second, first)
        working.kill()
        await ended(working)
        async with opened_store(settings) as database, database.writing() as connection:
            await put_off(connection, "cmar", now())
        await said(waiting, "watch.works")
        await until(lambda: _has_read(settings, 2))
    assert [run.status for run in await runs_of(settings, "cmar")] == [RunStatus.ACCEPTED, RunStatus.UNCHANGED]


async def test_settings_that_are_wrong_are_said_once(settings: Settings) -> None:
    wrong = settings.model_copy(update={"partners": {"cmar": {"titel": "x"}}})
    async with started(wrong) as process:
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, output) == (78, b"")
    assert errors == b"circuit: partners.cmar.titel is not a setting; did you mean title?\n"


async def _has_read(settings: Settings, times: int) -> bool:
    return len(await runs_of(settings, "cmar")) == times


async def _holds(settings: Settings, process: Process) -> bool:
    from directory.store import leases

    database = Database(settings.store_url)
    async with database.reading() as connection:
        lease = await leases.current(connection, "harvest")
    await database.close()
    assert lease is not None
    return f"/{process.pid}/" in lease.owner
