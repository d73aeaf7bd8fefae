"""From five partners' servers to a searchable directory: ``circuit demo --once`` in an empty folder, then again.

``python -m bench.pipeline [--members N] [--rounds R]``. The first run reads everything, the second what changed
(nothing). Seconds are the command's own, from the first request to the swapped index; the peer is the same reading by
the connectors alone, with nothing stored. Memory is the peak of the process that harvests, resolves and indexes.
"""

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import tempfile
import time
import tomllib
from pathlib import Path
from typing import NamedTuple

from bench.machine import machine
from bench.query import circuit
from connectors import Declaration, declare, open_connector
from directory.records import Page

ENDED = re.compile(r"([\d,]+) listings are ([\d,]+) suppliers; .*?; ([\d.]+) s in all\.")


class Round(NamedTuple):
    """One round's figures."""

    first_s: float
    again_s: float
    reading_s: float
    peak_mb: float
    found: str


def main() -> None:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--members", type=int, default=12_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = [one_round(options.members) for _ in range(options.rounds)]
    print(f"{machine()}; {options.rounds} rounds; {rounds[0].found}\n")
    print("| | median | each |\n|---|---|---|")
    for field in ("first_s", "again_s", "reading_s", "peak_mb"):
        values = [getattr(one, field) for one in rounds]
        print(f"| {field} | {statistics.median(values):.1f} | {', '.join(f'{value:.1f}' for value in values)} |")


def one_round(members: int) -> Round:
    """The whole way twice in a new folder, and the partners read once more without a hub."""
    with tempfile.TemporaryDirectory() as folder:
        first, found, peak = timed(Path(folder), members)
        again, _, _ = timed(Path(folder), members)
        return Round(first, again, reading_alone(Path(folder), members), peak, found)


def timed(folder: Path, members: int) -> tuple[float, str, float]:
    """Seconds, the report's line and the peak memory in MB of one ``circuit demo --once``."""
    with (folder / "report.txt").open("w+") as report:
        command = [*circuit(), "demo", "--once", "--members", str(members)]
        process = subprocess.Popen(command, cwd=folder, stdout=report, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        report.seek(0)
        ended = ENDED.search(report.read())
    if status or ended is None:
        raise SystemExit(f"circuit demo --once ended with {os.waitstatus_to_exitcode(status)}")
    return float(ended[3]), ended[0], usage.ru_maxrss / 1024


def reading_alone(folder: Path, members: int) -> float:
    """Seconds for the five connectors to read everything and give it to nobody."""
    command = [*circuit(), "demo", "--partners-only", "--members", str(members)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as partners:
        try:
            assert partners.stdout is not None
            partners.stdout.readline()
            tables = tomllib.loads(next(folder.glob(".circuit/*/circuit.toml")).read_text(encoding="utf-8"))["partners"]
            declared = [declare(name, table) for name, table in tables.items()]
            started = time.perf_counter()
            asyncio.run(read_all(declared))
            return time.perf_counter() - started
        finally:
            partners.terminate()


async def read_all(declared: list[Declaration]) -> int:
    """Read every partner at once; how many listings there were."""
    return sum(await asyncio.gather(*map(read_one, declared)))


async def read_one(declaration: Declaration) -> int:
    """Read one partner from its beginning."""
    async with open_connector(declaration) as connector:
        return sum([len(page.listings) async for page in connector.read(None) if isinstance(page, Page)])


if __name__ == "__main__":
    main()
