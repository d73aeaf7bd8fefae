"""From a need to suppliers: what a buyer sees on the first page.

``python -m bench.search.relevance [FILE …] [--suppliers N]`` asks each need of ``bench.search.needs`` as it is, and
once more with a place. The directory is generated: real communes, every sub-class as often as any other, and *no word*
of any trade in names and descriptions, so that a need finds by what was understood or not at all.

With ``--chains SHARE`` so many of each sub-class trade under one sign, the best described of all: what a chain would
fill the page with.

Printed are nDCG@10 (a supplier is relevant when it has an accepted activity and, where a place was named, is within
25 km of it), the share of needs whose first page of 20 holds at least 8 relevant suppliers, the share for which so many
exist at all (no search can do better) and of those the share that was met, how many of that page are of one chain (mean
and most), and the median processor time of a search.
"""

import argparse
import asyncio
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from math import log2
from pathlib import Path
from random import Random
from statistics import fmean, median
from time import process_time
from typing import Final

import msgspec
from msgspec.structs import replace

from bench.machine import machine
from bench.search import synthetic
from bench.search.needs import OWN, Need, needs
from directory import geography
from directory.geography import Commune
from directory.nomenclature import naf
from directory.records import Activity, Quality, Supplier
from directory.search.build import build
from directory.search.engine import TantivyEngine
from directory.search.query import SearchQuery, Window
from directory.search.understood import understood
from directory.understanding.lexicon import carried
from directory.understanding.meaning import carried_meaning
from directory.understanding.understander import Understander

PAGE: Final = 20
ENOUGH: Final = 8
KM: Final = 25.0
TOWNS: Final = ("13005", "13055", "83137", "84007", "13001")
_SEED: Final = 7
_NAMES: Final = ("Durand", "Garcia", "Roux", "Morel", "Fabre", "Blanc", "Martin", "Olivier")
_NOUNS: Final = ("Sud", "Azur", "Mistral", "Garlaban", "Calanques", "Durance", "Estérel", "Alpilles")


class Score(msgspec.Struct, frozen=True):
    """How well one need was answered."""

    ndcg: float
    relevant: int
    existing: int
    of_one_chain: int
    cpu_ms: float


async def _directory(count: int, chains: float) -> AsyncIterator[tuple[Supplier, datetime]]:
    chance = Random(_SEED)
    for supplier, at in synthetic.suppliers(count, _SEED):
        name = f"{chance.choice(_NAMES)} {chance.choice(_NOUNS)} {supplier.id}"
        activity = Activity(chance.choice(naf.codes()))
        plain = replace(supplier, name=name, description=None, labels=(), activities=(activity,))
        yield (_franchisee(plain, activity.code) if chance.random() < chains else plain), at


def _franchisee(supplier: Supplier, code: str) -> Supplier:
    sign = "zy" + "".join(chr(ord("a") + int(each, 36) % 26) for each in code.replace(".", ""))
    return replace(supplier, trade_names=(sign,), quality=Quality(score=1.0, completeness=1.0))


def score(engine: TantivyEngine, understander: Understander, need: Need, town: Commune | None, held: "Held") -> Score:
    """Ask one need, around a town where there is one."""
    text = need.text + (f" à moins de 25 km de {town.name}" if town else "")
    question = understood(SearchQuery(text=text), understander.understand(text))
    began = process_time()
    hits = engine.search(question, Window(first=PAGE)).hits
    cpu_ms = (process_time() - began) * 1000
    good = [held.is_relevant(hit.id, need, town) for hit in hits]
    gain = sum(1 / log2(place + 2) for place, fits in enumerate(good[:10]) if fits)
    return Score(
        gain / sum(1 / log2(place + 2) for place in range(10)),
        sum(good),
        held.relevant(need, town),
        held.of_one_chain([hit.id for hit in hits]),
        cpu_ms,
    )


class Held:
    """What the directory holds, to judge answers by."""

    def __init__(self, suppliers: Sequence[Supplier]) -> None:
        self._by_id = {supplier.id: supplier for supplier in suppliers}
        self._by_code: defaultdict[str, list[int]] = defaultdict(list)
        for supplier in suppliers:
            for activity in supplier.activities:
                self._by_code[activity.code].append(supplier.id)

    def relevant(self, need: Need, town: Commune | None) -> int:
        """How many suppliers there are that meet the need."""
        able = {number for code in need.accepted for number in self._by_code[code]}
        return sum(self.is_relevant(number, need, town) for number in able)

    def of_one_chain(self, ids: Sequence[int]) -> int:
        """How many of these are of the chain that most of them are of."""
        signs = Counter(sign for number in ids for sign in self._by_id[number].trade_names)
        return max(signs.values(), default=0)

    def is_relevant(self, supplier_id: int, need: Need, town: Commune | None) -> bool:
        """Whether the supplier has an accepted activity and a site near enough."""
        supplier = self._by_id[supplier_id]
        if not any(activity.code in need.accepted for activity in supplier.activities):
            return False
        return town is None or any(
            site.location and geography.distance_km(site.location, town.location) <= KM
            for site in supplier.establishments
        )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[OWN])
    parser.add_argument("--suppliers", type=int, default=60_000)
    parser.add_argument("--chains", type=float, default=0.0, metavar="SHARE")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder), chosen.files, chosen.suppliers, chosen.chains))


async def _measure(folder: Path, files: Sequence[Path], count: int, chains: float) -> None:
    await build(folder, _directory(count, chains), clock=lambda: datetime.now(UTC))
    held = Held([supplier async for supplier, _ in _directory(count, chains)])
    engine = TantivyEngine.open(folder)
    readers = {"without the extra": Understander.of(carried())}
    if carried_meaning():
        readers["with the extra"] = Understander.of(carried(), meaning=carried_meaning())
    towns = [town for code in TOWNS if (town := geography.commune(code))]
    print(f"{machine()}\n\n{count:,} suppliers, {chains:.0%} of them of a chain\n")
    print(
        f"| needs | place | understood | nDCG@10 | {ENOUGH} of {PAGE} fit | {ENOUGH} exist | fit, of those"
        " | of one chain | at most | CPU ms |"
    )
    print("|---" * 10 + "|")
    for path in files:
        for name, understander in readers.items():
            for named in (False, True):
                scores = [
                    score(engine, understander, need, towns[at % len(towns)] if named else None, held)
                    for at, need in enumerate(needs(path))
                ]
                row = (path.name, "within 25 km" if named else "–", name, *_fits(scores), *_chains(scores))
                print(f"| {' | '.join(row)} |", flush=True)


def _fits(scores: Sequence[Score]) -> tuple[str, str, str, str]:
    met = [each.relevant >= ENOUGH for each in scores]
    possible = [each.existing >= ENOUGH for each in scores]
    ndcg = fmean(each.ndcg for each in scores)
    return f"{ndcg:.3f}", f"{fmean(met):.1%}", f"{fmean(possible):.1%}", f"{sum(met) / max(1, sum(possible)):.1%}"


def _chains(scores: Sequence[Score]) -> tuple[str, str, str]:
    shown = [each.of_one_chain for each in scores]
    return f"{fmean(shown):.1f}", str(max(shown)), f"{median(each.cpu_ms for each in scores):.2f}"


if __name__ == "__main__":
    main()
