"""How long a change takes to be found, and what an index with changes on top costs those who search.

    python -m bench.search.live [--suppliers N …] [--changed N …] [--rounds R] [--keep FOLDER]

For each size, a base of invented suppliers is built, and for each number of changes an update is made on it, several
times. Seconds are from the moment the update is asked for until an engine beside has it open; the store's own part and
the looks of the watcher are not in it. Searches are asked of both, in turns, in milliseconds of processor time.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

from bench.machine import machine
from bench.search.speed import Question, indexed, questions
from bench.search.synthetic import suppliers
from directory.records import Supplier
from directory.search import generations
from directory.search.engine import TantivyEngine
from directory.search.update import News, update

Stored = tuple[Supplier, datetime]
UPDATES = 5


async def _stream(stored: list[Stored]) -> AsyncIterator[Stored]:
    for each in stored:
        yield each


def updated(folder: Path, engine: TantivyEngine, changed: list[Stored]) -> Iterator[float]:
    """Seconds until each of several updates of the same suppliers was open."""
    for turn in range(UPDATES):
        mark = f"{len(changed)}-{turn}"

        @asynccontextmanager
        async def since(_: str, mark: str = mark) -> AsyncIterator[News]:
            ids = frozenset(each.id for each, _ in changed)
            yield News(revision=1, mark=mark, changed=ids, suppliers=_stream(changed))

        began = perf_counter()
        asyncio.run(update(folder, since, clock=lambda: datetime.now(UTC)))
        engine.refresh()
        yield perf_counter() - began


def compared(before: TantivyEngine, after: TantivyEngine, question: Question, rounds: int) -> tuple[float, float]:
    """Medians of a question to both, in turns; one round before them warms the machine up."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for engine, times in zip((before, after), taken, strict=True):
            began = process_time()
            question(engine, number)
            times.append((process_time() - began) * 1000)
    return statistics.median(taken[0][1:]), statistics.median(taken[1][1:])


def report(folder: Path, count: int, numbers: list[int], rounds: int) -> None:
    """Build, update, ask, and print tables."""
    if generations.pointer_fingerprint(folder) is None:
        indexed(folder, count)
    base = generations.base_of(generations.current(folder))
    generations.publish(folder, base)
    before, after = TantivyEngine.open(folder), TantivyEngine.open(folder)
    known = list(islice(suppliers(count), max(numbers)))
    print(f"\n## {count:,} suppliers\n\n| changed | seconds until open |\n|---|---|")
    for number in numbers:
        took = statistics.median(updated(folder, after, known[:number]))
        print(f"| {number:,} | {took:.2f} |")
    print(f"\n| question | base alone, ms | with {numbers[-1]:,} changed, ms |\n|---|---|---|")
    for name, question in questions():
        alone, on_top = compared(before, after, question, rounds)
        print(f"| {name} | {alone:.1f} | {on_top:.1f} |")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="How long a change takes to be found, and what changes on top cost.")
    parser.add_argument("--suppliers", type=int, nargs="*", default=[20_000, 300_000])
    parser.add_argument("--changed", type=int, nargs="*", default=[1, 100, 1_000])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--keep", type=Path, help="keep the indexes in this folder")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as scratch:
        for count in options.suppliers:
            report((options.keep or Path(scratch)) / str(count), count, options.changed, options.rounds)


if __name__ == "__main__":
    main()
