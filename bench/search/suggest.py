"""How long a suggestion takes at 300,000 suppliers, letter by letter, and what completing costs the index.

    python -m bench.search.suggest [--suppliers N] [--keep FOLDER]

Real directories have as many names as companies: invented ones get a further word of 100,000, some common and most
rare, so that beginnings have as many words to read as there. Times are of the thread's own processor time and of the
clock on the wall: the first are comparable on a machine that does other things besides.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from random import Random
from time import perf_counter, thread_time

from msgspec.structs import replace

from bench.machine import machine
from bench.search.synthetic import suppliers
from directory.records import Supplier
from directory.search.build import build
from directory.search.catalogue import Catalogue, trades
from directory.search.engine import Snapshot, TantivyEngine
from directory.search.suggest import SuggestionKind
from directory.understanding.lexicon import carried

ROUNDS = 5
FIRST = 8
_WORDS = 100_000
_SYLLABLES = [
    onset + vowel
    for onset in ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "br", "ch", "tr")
    for vowel in ("a", "e", "i", "o")
]
# What people type, each letter by letter.
TYPED = {
    "as it is": (
        "plombier", "martin menuisier", "boulangerie", "marseille 13", "maison du soleil", "SARL Garcia", "énergies",
        "travaux d'installation", "13006", "l'atelier", "électricien aubagne", "saint-rémy",
    ),
    "with slips": (
        "plmobier", "boulangrie", "marseile", "chaufagiste", "electircien", "menuisreie provnece", "aubange",
    ),
    "hostile": ("a b c d e f g h", "aaaaaaaaaaaaaaaaaaaa", "e a e a", "s s s s s s s s", "zzzzzzzz qqqqqqqq wwwwwwww"),
}  # fmt: skip


async def _stream(count: int) -> AsyncIterator[tuple[Supplier, datetime]]:
    random = Random(1)
    rare = list(
        dict.fromkeys("".join(random.choices(_SYLLABLES, k=random.choice((2, 3, 3, 4)))) for _ in range(_WORDS))
    )
    weights = list(accumulate(1 / rank**0.9 for rank in range(1, len(rare) + 1)))
    for supplier, at in suppliers(count):
        yield replace(supplier, name=f"{supplier.name} {random.choices(rare, cum_weights=weights)[0].title()}"), at


def beginnings(texts: tuple[str, ...]) -> Iterator[str]:
    """Each text as it is being typed."""
    for text in texts:
        yield from (text[:end] for end in range(1, len(text) + 1))


def measured(
    index: Snapshot, known: Catalogue, texts: list[str], kinds: list[SuggestionKind], clock: Callable[[], float]
) -> str:
    """Median, 99th percentile and worst of every beginning in turn, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        for text in texts:
            began = clock()
            for found in index.suggest(text, kinds, FIRST, known):
                getattr(found.found, "fit", None)  # the letters of what is shown
            taken.append((clock() - began) * 1000)
    taken.sort()
    return f"{taken[len(taken) // 2]:.2f} | {taken[int(len(taken) * 0.99)]:.2f} | {taken[-1]:.2f}"


def report(folder: Path, count: int) -> None:
    """Build unless it is there, ask, and print a table."""
    if not (folder / "current").exists():
        built = asyncio.run(build(folder, _stream(count), clock=lambda: datetime.now(UTC)))
        print(f"Built in {built.seconds:.0f} s (suppliers invented meanwhile)")
    size = sum(found.stat().st_size for found in folder.rglob("*") if found.is_file())
    index, known = TantivyEngine.open(folder).snapshot, trades(carried())
    words = sum(1 for _ in index.vocabulary())
    print(f"{index.meta.suppliers:,} suppliers, {words:,} words in their names, {size / 1e6:.0f} MB\n")
    print("| typed | kinds | CPU ms, median | p99 | most | wall ms, median | p99 | most |")
    print("|---|---|---|---|---|---|---|---|")
    for name, texts in TYPED.items():
        each = list(beginnings(texts))
        for kinds in ([SuggestionKind.COMPANY], list(SuggestionKind)):
            measured(index, known, each[:20], kinds, thread_time)
            cpu, wall = (measured(index, known, each, kinds, clock) for clock in (thread_time, perf_counter))
            print(f"| {name} | {', '.join(kinds)} | {cpu} | {wall} |", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="How long a suggestion takes.")
    parser.add_argument("--suppliers", type=int, default=300_000)
    parser.add_argument("--keep", type=Path, help="keep the index in this folder, or use the one that is there")
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as scratch:
        report(options.keep or Path(scratch), options.suppliers)


if __name__ == "__main__":
    main()
