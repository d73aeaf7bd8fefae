"""How fast one partner is read, from page to stored listing, on one core; and what the second reading costs.

``python -m bench.connectors [--members N] [--rounds R]``. The demo partners run in a process and on a core of their
own; each partner is then harvested alone by a process held to the other core: for the first time, again without
changes, and once more with nothing stored (the peer). Listings a second are of the clock and of the processor.

``--together`` asks whether partners hinder one another: each held to 15 answers a second, alone and then all at once.
``--memory`` harvests one partner of 20,000 and of 200,000 listings and compares the peaks of memory.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from bench.machine import machine
from connectors import Declaration, declare, open_connector
from directory.harvest import harvest
from directory.records import End, Page
from directory.store.database import Database
from directory.store.rows import of_listing

LARGEST = "chambre"  # the partner with the most members
MEMBERS = {20_000: 30_000, 200_000: 305_000}  # companies of a region whose LARGEST has that many listings
ANSWERS_A_SECOND = 15
BREAK_EVEN = 1.3
Figures = dict[str, Any]


def main() -> None:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--child", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
        print(json.dumps(asyncio.run(_measured(options.child, json.load(sys.stdin)))))
        return
    print(f"{machine()}\n")
    if options.together:
        _together(options.rounds)
    elif options.memory:
        _memory()
    else:
        _alone(options.members, options.rounds)


def _alone(members: int, rounds: int) -> None:
    with _partners(members) as tables:
        found = {name: [_child([name], tables) for _ in range(rounds)] for name in tables}
    print("| partner | listings | a second | a second of processor | where the processor's time goes | again |")
    print("|---|---|---|---|---|---|")
    for name, each in found.items():
        middle = {key: statistics.median(one[key] for one in each) for key in each[0]}
        spent = middle["cpu_s"]
        read, kept = middle["reading_s"] / spent, middle["intake_s"] / spent
        print(
            f"| {name} | {middle['read']:,.0f} | {middle['read'] / middle['wall_s']:,.0f} "
            f"| {middle['read'] / spent:,.0f} | read and map {read:.0%}, check and compare {kept:.0%}, "
            f"store {1 - read - kept:.0%} | {middle['again_s'] / middle['wall_s']:.1%} |"
        )


def _together(rounds: int) -> None:
    with _partners(12_000, rate=ANSWERS_A_SECOND) as tables:
        alone = {name: statistics.median(_child([name], tables)["wall_s"] for _ in range(rounds)) for name in tables}
        together = statistics.median(_child(list(tables), tables)["wall_s"] for _ in range(rounds))
    slowest = max(alone, key=lambda name: alone[name])
    print(f"{ANSWERS_A_SECOND} answers a second; alone: {', '.join(f'{name} {s:.1f} s' for name, s in alone.items())}")
    ratio = together / alone[slowest]
    print(f"all at once: {together:.1f} s, {ratio:.2f} × the slowest alone (bound: {BREAK_EVEN})")


def _memory() -> None:
    peaks = {}
    for listings, members in MEMBERS.items():
        with _partners(members) as tables:
            figures = _child([LARGEST], tables)
        peaks[listings] = figures["peak_mb"]
        print(f"{figures['read']:,.0f} listings: {figures['wall_s']:.1f} s, peak {figures['peak_mb']:.0f} MB")
    small, large = peaks.values()
    print(f"growth: {large - small:.0f} MB (bound: 40 MB)")


@contextmanager
def _partners(members: int, rate: int = 10_000) -> Iterator[Mapping[str, Any]]:
    """The settings of the demo partners, which run on the first core for as long as the block lasts."""
    command = [sys.executable, "-m", "demo", "--members", str(members)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as servers:
        os.sched_setaffinity(servers.pid, {0})
        assert servers.stdin is not None and servers.stdout is not None
        tables = json.loads(servers.stdout.readline())["partners"]
        tables.pop("sirene", None)
        yield {name: {**table, "time_budget": 3_600, "rate": rate} for name, table in tables.items()}
        servers.stdin.close()


def _child(names: list[str], tables: Mapping[str, Any]) -> Figures:
    """The figures of a process of its own on the last core, so that each starts alike."""
    command = [sys.executable, "-m", "bench.connectors", "--child", *names]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        os.sched_setaffinity(child.pid, {max(os.sched_getaffinity(0))})
        out, _ = child.communicate(json.dumps(tables))
    if child.returncode:
        raise SystemExit(f"the reading of {', '.join(names)} failed")
    return dict(json.loads(out))


async def _measured(names: list[str], tables: Mapping[str, Any]) -> Figures:
    declared = [declare(name, tables[name]) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        await database.migrate()
        first, peak = await _timed(database, declared), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        again = await _timed(database, declared)
        await database.close()
    alone = await _reading_alone(declared[0]) if len(declared) == 1 else {}
    return {**first, **alone, "again_s": again["wall_s"], "peak_mb": peak}


async def _timed(database: Database, declared: list[Declaration]) -> Figures:
    wall, cpu = time.perf_counter(), time.process_time()
    runs = await asyncio.gather(*(harvest(database, _Source(each), each.info) for each in declared))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if refused := [run.problem for run in runs if run.status not in {"ACCEPTED", "UNCHANGED"}]:
        raise SystemExit(f"a reading failed: {refused[0]}")
    return {"wall_s": wall, "cpu_s": cpu, "read": sum(run.read for run in runs)}


async def _reading_alone(declaration: Declaration) -> Figures:
    """Seconds of processor for the same reading with nothing stored, and for what the store does before it writes."""
    began, kept = time.process_time(), 0.0
    async for page in _Source(declaration).read(None):
        if isinstance(page, Page):
            paused = time.process_time()
            for listing in page.listings:
                of_listing(0, listing)
            kept += time.process_time() - paused
    return {"reading_s": time.process_time() - began - kept, "intake_s": kept}


class _Source:
    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        async with open_connector(self._declaration) as connector:
            async for part in connector.read(cursor):
                yield part


if __name__ == "__main__":
    main()
