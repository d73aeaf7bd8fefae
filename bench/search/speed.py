"""How long the search engine takes, at 20,000 and 300,000 invented suppliers, and how long others take.

    python -m bench.search.speed [--suppliers N …] [--rounds R] [--keep FOLDER] [--only-shapes]

Every question of a round is a new one to the engine (another centre, another spacing of the text): nothing is answered
from what an earlier round left behind. Times are of the calling thread's clock on the wall; run it on a quiet machine.

The second table of each size puts five shapes of questions to our gateway, our engine, SQLite's FTS5 and PostgreSQL in
turns (:mod:`bench.search.shapes`). PostgreSQL is left out unless ``CIRCUIT_TEST_POSTGRES_URL`` says where it is. With
``--keep`` the store and the indexes are made once.
"""

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from bench.gateway.world import filled
from bench.machine import machine
from bench.search import postgres, shapes
from bench.search.fts5 import Fts5
from bench.search.synthetic import suppliers
from directory.records import Supplier
from directory.search.build import Built, build
from directory.search.engine import TantivyEngine
from directory.search.query import (
    Direction,
    FacetField,
    Near,
    Order,
    OrderField,
    SearchQuery,
    Window,
)

FACETS = (FacetField.NAF, FacetField.DEPARTMENT, FacetField.PARTNER, FacetField.SIZE)
BEST_FIRST = Order()
NEAREST = Order(OrderField.DISTANCE, Direction.ASC)

TEXTS = ("plombier", "plombier Aubagne", "installation", "travaux de rénovation énergétique")

Question = Callable[[TantivyEngine, int], object]


def questions() -> Iterator[tuple[str, Question]]:
    """What is measured, by name."""
    for words in TEXTS:
        yield f"«{words}», 20 hits", _page(words)
        yield f"«{words}», 20 hits, 4 facets", _page(words, facets=True)
        yield f"«{words}», within 20 km, 20 hits, 4 facets", _page(words, facets=True, radius_km=20)
    yield "everything, 20 hits, 4 facets", _page("", facets=True)
    yield "first 20 by name", _page("", order=Order(OrderField.NAME, Direction.ASC))
    yield "20 nearest, no total", _page("", order=NEAREST, radius_km=30, count=False)
    yield "20 nearest, and the total within 30 km", _page("", order=NEAREST, radius_km=30)
    yield "20 nearest «plombier», no total", _page("plombier", order=NEAREST, radius_km=30, count=False)


def _page(
    words: str, *, facets: bool = False, radius_km: float = 0, order: Order = BEST_FIRST, count: bool = True
) -> Question:
    """A page of 20, around Aubagne where there is a radius; some metres off and spaced differently at each round."""

    def ask(engine: TantivyEngine, number: int) -> None:
        place = Near(43.2907 + number * 1e-5, 5.5703 + len(words) * 1e-5, radius_km) if radius_km else None
        query = SearchQuery(words + " " * number, near=place, order=order)
        engine.search(query, Window(first=20, count=count))
        if facets:
            engine.facets(query, FACETS)

    return ask


async def _stream(count: int) -> AsyncIterator[tuple[Supplier, datetime]]:
    for found in suppliers(count):
        yield found


def indexed(folder: Path, count: int) -> Built:
    """An index of so many suppliers in the folder."""
    return asyncio.run(build(folder, _stream(count), clock=lambda: datetime.now(UTC)))


def measured(engine: TantivyEngine, question: Question, rounds: int) -> list[float]:
    """Milliseconds of each round, sorted; one round before them warms the machine up."""
    question(engine, 0)
    taken = []
    for number in range(1, rounds + 1):
        began = perf_counter()
        question(engine, number)
        taken.append((perf_counter() - began) * 1000)
    return sorted(taken)


def report(folder: Path, count: int, rounds: int) -> None:
    """Build, ask, and print a table."""
    built = indexed(folder, count)
    size = sum(found.stat().st_size for found in folder.rglob("*") if found.is_file())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"\n## {count:,} suppliers: built in {built.seconds:.1f} s (suppliers invented meanwhile), {size / 1e6:.0f} MB"
    )
    print(f"Largest memory of this process so far: {memory:.0f} MB\n")
    print("| question | median ms | p90 ms |\n|---|---|---|")
    engine = TantivyEngine.open(folder)
    for name, question in questions():
        taken = measured(engine, question, rounds)
        print(f"| {name} | {statistics.median(taken):.1f} | {taken[int(len(taken) * 0.9)]:.1f} |")


def compare(folder: Path, count: int, rounds: int) -> None:
    """Five shapes of questions to everybody in turns, and a table of it; the folder keeps the store and the index."""

    def others(stack: ExitStack) -> list[shapes.Peer]:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        peers: list[shapes.Peer] = [Fts5(scratch / "peer.sqlite", (supplier for supplier, _ in suppliers(count)))]
        if os.environ.get(postgres.VARIABLE):
            peers.append(stack.enter_context(postgres.database(supplier for supplier, _ in suppliers(count))))
        return peers

    checkout = Path(__file__).resolve().parents[2]
    began = perf_counter()
    data = filled(folder, count)
    print(f"\n{count:,} suppliers stored and indexed in {perf_counter() - began:.0f} s", flush=True)
    print(f"\n{shapes.report(data, checkout, others, rounds)}", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="How long the search engine takes.")
    parser.add_argument("--suppliers", type=int, nargs="*", default=[20_000, 300_000])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="keep the indexes in this folder")
    parser.add_argument("--only-shapes", action="store_true", help="leave the first table of each size out")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as scratch:
        for count in options.suppliers:
            folder = (options.keep or Path(scratch)) / str(count)
            if not options.only_shapes:
                report(folder, count, options.rounds)
            compare(folder / "world", count, max(5, options.rounds // 5))


if __name__ == "__main__":
    main()
