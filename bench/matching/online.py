"""How soon a listing is matched against a large store: ``python -m bench.matching.online --records 300000``.

Generated listings are stored and resolved in full; then unseen ones come one by one. Look-up and scoring is what
matching one takes by itself, the resolution what it takes to have its suppliers in the store. Seconds are the clock's,
and in brackets those of computing, which a busy machine does not change.
"""

import argparse
import asyncio
import logging
import random
import resource
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.machine import machine
from bench.matching.generator import generate
from bench.matching.partners import PARTNERS
from bench.matching.records import record_of
from directory.incremental import Comparing
from directory.matching.contract import MatchRecord
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.matching.terms import POPULATION
from directory.records import Listing, PartnerInfo, now
from directory.resolution import resolve
from directory.store import changes, matches, rows, runs, snapshots, state
from directory.store.chunks import batches
from directory.store.database import Database
from directory.store.listings import listing, listing_content, staged_listing

PAGE = 2_000
UNSEEN = 1_000
_NOT_STORED = {"deleted", "mentions", "payload", "raw"}
_STORED = [column.name for column in staged_listing.columns if column.name not in _NOT_STORED]


class Store:
    """Takes listings as a harvest would leave them, without its pages and checks."""

    def __init__(self, database: Database) -> None:
        self.database, self._runs = database, dict[str, int]()

    async def open(self) -> None:
        """Let the partners be known."""
        async with self.database.writing() as connection:
            for partner in PARTNERS:
                info = PartnerInfo(id=partner.name, name=partner.name, organisation="")
                self._runs[partner.name] = (await runs.begin(connection, info, full=True, at=now())).run.id

    async def add(self, listings: Iterable[Listing]) -> None:
        """Store them."""
        for some in batches(listings, PAGE):
            async with self.database.writing() as connection:
                await self._add(connection, some)
                await state.bump(connection)

    async def _add(self, connection: AsyncConnection, listings: Sequence[Listing]) -> None:
        first = (await connection.scalar(select(func.max(listing.c.id))) or 0) + 1
        seen = dict.fromkeys(("first_seen_at", "last_seen_at", "changed_at"), now())
        known: list[dict[str, Any]] = []
        contents: list[dict[str, Any]] = []
        for number, each in enumerate(listings, first):
            row = rows.of_listing(self._runs[each.partner], each)
            row["trade_keys"] = msgspec.json.decode(row["trade_keys"])
            known.append({name: row[name] for name in _STORED} | seen | {"id": number, "partner": each.partner})
            payload = msgspec.json.decode(row["payload"], type=Listing)
            contents.append({"listing_id": number, "payload": payload, "raw": row["raw"]})
        await connection.execute(listing.insert(), known)
        await connection.execute(listing_content.insert(), contents)
        await changes.note(connection, select(listing.c.id).where(listing.c.id >= first))


async def run(url: str, records: int, resolved: int) -> None:
    """Fill the store, then measure."""
    database = Database(url)
    await database.migrate()
    store = Store(database)
    await store.open()
    there, unseen = _split(records)
    began = _now()
    await store.add(there)
    print(f"{len(there):,} listings stored      {_since(began)}")
    del there
    began = _now()
    report = await resolve(database)
    print(f"resolved in full            {_since(began)}   {report}")
    await _match(database, [record_of(10**9 + place, each) for place, each in enumerate(unseen)])
    await _resolve(store, unseen[:resolved])
    await database.close()


def _split(records: int) -> tuple[list[Listing], list[Listing]]:
    """Listings to be stored, and those of the same world that are not known yet."""
    made = [each for each, _ in generate(records + UNSEEN, seed=1)]
    random.Random(1).shuffle(made)
    return made[:records], made[records:]


async def _match(database: Database, records: Sequence[MatchRecord]) -> None:
    taken: list[tuple[float, float]] = []
    edges = 0
    async with database.reading() as connection:
        last = await snapshots.settled(connection)
        counted = last.counted if last else 0
        comparer = ProbabilisticMatcher().comparer(counted + POPULATION)
        for record in records:
            began = _now()
            comparing = Comparing(connection, comparer, counted)
            await comparing.take([record])
            await comparing.compare()
            taken.append(_spent(began))
            edges += len((await comparing.delta({})).new_edges)
    print(f"look-up and scoring         {_spread(taken)}   {edges / len(records):.2f} edges each")


async def _resolve(store: Store, listings: Sequence[Listing]) -> None:
    taken: list[tuple[float, float]] = []
    searched: list[tuple[float, float]] = []
    for each in listings:
        await store.add([each])
        async with store.database.reading() as connection:
            began = _now()
            await matches.dirty(connection, (await changes.noted(connection))[1])
            searched.append(_spent(began))
        began = _now()
        await resolve(store.database)
        taken.append(_spent(began))
    print(f"finding what changed        {_spread(searched)}")
    print(f"one resolution              {_spread(taken)}")


def _spread(taken: Sequence[tuple[float, float]]) -> str:
    clock, computing = (sorted(each) for each in zip(*taken, strict=True))
    places = (("median", 0.5), ("p95", 0.95), ("p99", 0.99))
    at = [(name, int(share * len(clock))) for name, share in places]
    return "   ".join(f"{name} {clock[place] * 1e3:.2f} ms ({computing[place] * 1e3:.2f})" for name, place in at)


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _spent(began: tuple[float, float]) -> tuple[float, float]:
    clock, computing = (now - then for now, then in zip(_now(), began, strict=True))
    return clock, computing


def _since(began: tuple[float, float]) -> str:
    clock, computing = _spent(began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{clock:7.1f} s ({computing:.1f} s)   peak {peak:.0f} MB"


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--resolved", type=int, default=100, help="unseen listings that are resolved one by one")
    parser.add_argument("--url", help="an empty database; without it a new SQLite file")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        url = arguments.url or f"sqlite:///{Path(folder) / 'bench.db'}"
        asyncio.run(run(url, arguments.records, arguments.resolved))


if __name__ == "__main__":
    main()
