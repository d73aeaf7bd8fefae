"""Whether a search should run on the event loop or in a thread: latency, throughput, and how long the loop is held.

    python -m bench.search.threads FOLDER     # an index kept by bench.search.speed --keep

Clients ask for 20 hits and 4 facets one after another; a heartbeat of 1 ms on the same loop tells how late it comes.
"""

import asyncio
import statistics
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter

from bench.machine import machine
from bench.search.speed import FACETS, TEXTS
from directory.search.engine import TantivyEngine
from directory.search.query import SearchQuery, Window

ASKED = 400

Way = Callable[[SearchQuery], Awaitable[None]]


def ways(engine: TantivyEngine) -> dict[str, Way]:
    """The two ways of asking."""

    def ask(query: SearchQuery) -> None:
        engine.search(query, Window(first=20))
        engine.facets(query, FACETS)

    async def inline(query: SearchQuery) -> None:
        ask(query)
        await asyncio.sleep(0)

    async def threaded(query: SearchQuery) -> None:
        await asyncio.to_thread(ask, query)

    return {"inline": inline, "thread": threaded}


async def _heartbeat(late: list[float]) -> None:
    while True:
        began = perf_counter()
        await asyncio.sleep(0.001)
        late.append((perf_counter() - began) * 1000 - 1)


async def measured(way: Way, clients: int, salt: str) -> str:
    """One row of the table. ``salt`` keeps a question from being one that was asked before."""
    late: list[float] = []
    taken: list[float] = []

    async def client(own: int) -> None:
        for number in range(ASKED // clients):
            began = perf_counter()
            await way(SearchQuery(TEXTS[number % len(TEXTS)] + salt * (1 + number * clients + own)))
            taken.append((perf_counter() - began) * 1000)

    heart = asyncio.create_task(_heartbeat(late))
    began = perf_counter()
    await asyncio.gather(*map(client, range(clients)))
    seconds = perf_counter() - began
    heart.cancel()
    return (
        f"{len(taken) / seconds:.0f} | {statistics.median(taken):.1f} | {statistics.median(late):.1f} | {max(late):.0f}"
    )


def main() -> None:
    """The command line."""
    engine = TantivyEngine.open(Path(sys.argv[1]))
    print(f"{machine()}; {engine.supplier_count:,} suppliers\n")
    print(
        "| clients | where | questions/s | median ms | loop late, median ms | at most ms |\n|---|---|---|---|---|---|"
    )
    for clients in (1, 8):
        for salt, (name, way) in zip((" ", "\t"), ways(engine).items(), strict=True):
            print(f"| {clients} | {name} | {asyncio.run(measured(way, clients, salt))} |")


if __name__ == "__main__":
    main()
