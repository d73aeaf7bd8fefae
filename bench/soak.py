"""Harvests for ten minutes from five partners who misbehave at random, and watches itself.

``python -m bench.soak --minutes 10 --seed 13``: every bad day of :mod:`demo.weather` befalls the demo partners, seeded,
with fine weather in between, while their members are edited, added and deleted and the hub resolves now and then. A
second process looks at the store all the time and checks that what is served is a whole, accepted run. At the end it
says what happened, and memory, files and connections at the beginning and at the end. Exit code 1 when anything served
was wrong, when memory was not flat or when something leaked. Loopback only; it stops by itself. Linux (``/proc``).
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
import structlog

from bench.machine import machine
from bench.soak_vitals import Vital, idle, report, vital
from connectors import Declaration, declare, open_connector
from directory.harvest import harvest
from directory.records import End, Page
from directory.resolution import resolve
from directory.store.database import Database
from directory.store.partners import RunStatus

PARTNERS: Final = ("chambre", "cmar", "cpme13", "cress_paca", "french_tech")
RESOLVE_EVERY: Final = 10.0
SAMPLE_EVERY: Final = 1.0
TELL_EVERY: Final = 10.0


class World:
    """The partners' process: asked for the weather of a run, answers how to read the partner."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def weather(self, partner: str, turn: str) -> dict[str, Any]:
        """The day that begins for a partner now. The ``first`` is fine, and so is the ``last``, when nobody edits."""
        assert self._process.stdin is not None
        self._waiting[partner] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(msgspec.json.encode({"partner": partner, "turn": turn}) + b"\n")
        return await self._waiting[partner]

    async def listen(self) -> dict[str, Any]:
        """Hands answers on until the last one, which is what was found wrong."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            answer: dict[str, Any] = msgspec.json.decode(line)
            if "wrong" in answer:
                return answer
            if "partner" in answer:
                self._waiting.pop(answer["partner"]).set_result(answer)
        raise RuntimeError("the partners' process ended before its time")

    def end(self) -> None:
        """Tells the world that it is over."""
        assert self._process.stdin is not None
        self._process.stdin.close()


class Connecting:
    """A source that connects when it is read."""

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        """The connector's own reading."""
        async with open_connector(self._declaration) as connector, aclosing(connector.read(cursor)) as parts:
            async for part in parts:
                yield part


class Soak:
    """One soak. ``outcomes`` counts runs by how they ended, ``by_day`` by the day too. ``gap`` is the longest pause
    between the ends of two runs, ``resolving`` the longest resolution, both in seconds.
    """

    def __init__(self, database: Database, world: World, folder: Path, seed: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self.by_day: dict[str, Counter[str]] = {}
        self.vitals: list[Vital] = []
        self.resolved, self.resolving = 0, 0.0
        self.gap, self._ended = 0.0, 0.0
        self._database, self._world, self._folder = database, world, folder
        self._random = Random(seed)
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    async def run(self, seconds: float) -> None:
        """A fine day for each partner, then everything at once for so many seconds, and a fine day again.

        The first reading of all has nothing to be compared with: half a file would pass for a small one.
        """
        await self._fine("first")
        async with asyncio.TaskGroup() as group:
            for partner in PARTNERS:
                group.create_task(self._harvesting(partner, seconds))
            group.create_task(self._resolving(seconds))
            group.create_task(self._sampling(seconds))
        await self._fine("last")

    async def _fine(self, turn: str) -> None:
        for partner in PARTNERS:
            status = await self._harvested(partner, turn)
            if status is not RunStatus.ACCEPTED:
                raise RuntimeError(f"{partner} was {status.lower()} in fine weather")

    async def _harvesting(self, partner: str, seconds: float) -> None:
        while self.elapsed < seconds:
            await self._harvested(partner)
            await asyncio.sleep(self._random.uniform(0, 0.3))

    async def _harvested(self, partner: str, turn: str = "next") -> RunStatus:
        told = await self._world.weather(partner, turn)
        declared = declare(partner, told["settings"])
        run = await harvest(self._database, Connecting(declared), declared.info, full=told["full"], budget=30)
        self.outcomes[run.status] += 1
        self.gap, self._ended = max(self.gap, self.elapsed - self._ended), self.elapsed
        self.by_day.setdefault(told["day"], Counter())[run.status] += 1
        return run.status

    async def _resolving(self, seconds: float) -> None:
        while self.elapsed < seconds:
            await asyncio.sleep(min(RESOLVE_EVERY, max(0.0, seconds - self.elapsed)))
            began = self.elapsed
            await resolve(self._database)
            self.resolved, self.resolving = self.resolved + 1, max(self.resolving, self.elapsed - began)

    async def _sampling(self, seconds: float) -> None:
        told = 0.0
        while self.elapsed < seconds:
            self.vitals.append(vital(self.elapsed, self._folder))
            if self.elapsed - told >= TELL_EVERY:
                told = self.elapsed
                print(f"  {told:5.0f} s  {_counted(self.outcomes)}  {self.vitals[-1].memory:.0f} MB", flush=True)
            await asyncio.sleep(SAMPLE_EVERY)


@asynccontextmanager
async def partners(url: str, seed: int, without: Sequence[str]) -> AsyncIterator[World]:
    """The partners' process for as long as the context lasts."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.soak_world", str(seed), url, *without, stdin=pipe, stdout=pipe
    )
    try:
        assert process.stdout is not None
        if b"ready" not in await process.stdout.readline():
            raise RuntimeError("the partners' process did not start")
        yield World(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def soak(minutes: float, seed: int, without: Sequence[str], folder: Path) -> int:
    """The exit code: 0 when all was well."""
    url = f"sqlite:///{folder / 'circuit.db'}"
    database = Database(url)
    await database.migrate()
    print(f"{machine()}\n{minutes:g} minutes, seed {seed}")
    async with partners(url, seed, without) as world:
        listening = asyncio.create_task(world.listen())
        under_way = Soak(database, world, folder, seed)
        await resolve(database)  # opens what stays open
        before = idle(0, folder)
        await under_way.run(minutes * 60)
        await asyncio.sleep(1)  # the last look, and connections that are closing
        after = idle(under_way.elapsed, folder)
        world.end()
        found = await listening
    await database.close()
    return _said(under_way, found, before, after)


def _said(done: Soak, found: dict[str, Any], before: Vital, after: Vital) -> int:
    table, grown = report(done.vitals, before, after)
    wrong = [*found["wrong"], *grown]
    if found["strangers"]:
        wrong.append(f"{found['strangers']} requests went to another host")
    print(f"\nruns: {_counted(done.outcomes)}; {done.gap:.1f} s at most between the ends of two")
    print(f"resolved {done.resolved} times, in {done.resolving:.1f} s at most; {found['edits']:,} changes upstream")
    print(f"{found['looks']:,} looks at what was served, {found['runs']:,} accepted runs checked member by member\n")
    for day, outcomes in sorted(done.by_day.items()):
        print(f"  {day:<20} {_counted(outcomes)}")
    print(f"\n{table}\n")
    print("\n".join(wrong) or "Every moment served a whole, accepted run; memory was flat; nothing leaked.")
    return 1 if wrong else 0


def _counted(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count:,} {status.lower()}" for status, count in outcomes.most_common())


def main(arguments: argparse.Namespace) -> int:
    """Runs in a folder of its own, which is gone afterwards."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tmp").mkdir()
        os.environ["TMPDIR"], tempfile.tempdir = str(folder / "tmp"), None
        return asyncio.run(soak(arguments.minutes, arguments.seed, arguments.without, folder))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument(
        "--without", action="append", default=[], metavar="DAY", help="leave a bad day out, by its name"
    )
    sys.exit(main(parser.parse_args()))
