"""From a need to the NAF: how often the right activity is among the first 1, 5 and 10 that are understood.

``python -m bench.search.needs [FILE …]``: each file is a CSV of ``need,accepted_naf``, codes separated by ``|``.
``bench/search/data/`` has three; nothing is to be tuned on ``needs_apart.csv``. By measure; the extra ``semantic`` is
measured where it is installed. Intervals are of 2,000 bootstrap samples.
"""

import argparse
import csv
import random
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from msgspec import Struct

from directory.nomenclature import naf
from directory.search import analysis
from directory.understanding.activities import WholeCodes
from directory.understanding.lexicon import carried
from directory.understanding.meaning import carried_meaning
from directory.understanding.understander import Understander

OWN: Final = Path(__file__).with_name("data") / "needs_own.csv"
FIRST: Final = (1, 5, 10)
_SAMPLES: Final = 2_000
_SEED: Final = 13

Find = Callable[[str], Sequence[str]]


class Need(Struct, frozen=True):
    """What a buyer types, and the sub-classes that would do."""

    text: str
    accepted: frozenset[str]


def needs(path: Path) -> list[Need]:
    """The needs of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [Need(row["need"], frozenset(row["accepted_naf"].split("|"))) for row in csv.DictReader(file)]


def places(find: Find, asked: Sequence[Need]) -> list[int]:
    """For each need the place of the first accepted code among those found, from 1; 0 when none is."""
    found = []
    for need in asked:
        codes = find(need.text)
        found.append(next((at for at, code in enumerate(codes, 1) if code in need.accepted), 0))
    return found


def hits(found: Sequence[int], first: int) -> float:
    """The share of needs whose first accepted code is among the ``first``."""
    return sum(1 <= at <= first for at in found) / len(found)


def interval(found: Sequence[int], first: int) -> tuple[float, float]:
    """The middle 95 % of the same share over bootstrap samples."""
    chance = random.Random(_SEED)
    shares = sorted(hits(chance.choices(found, k=len(found)), first) for _ in range(_SAMPLES))
    return shares[round(0.025 * _SAMPLES)], shares[round(0.975 * _SAMPLES)]


def methods() -> dict[str, Find]:
    """What is compared."""
    found: dict[str, Find] = {
        "official labels alone (BM25)": _by_labels(),
        "labels and lexicon": _codes(Understander.of(carried())),
    }
    meaning = carried_meaning()
    if meaning:
        found["labels, lexicon and meaning"] = _codes(Understander.of(carried(), meaning=meaning))
    return found


def _by_labels() -> Find:
    labels = WholeCodes([analysis.terms(naf.label(code) or "") for code in naf.codes()])

    def find(text: str) -> list[str]:
        scores = labels.scores(dict.fromkeys(analysis.terms(text), 1.0))
        return [naf.codes()[code] for code in sorted(scores, key=lambda code: (-scores[code], code))]

    return find


def _codes(understander: Understander) -> Find:
    return lambda text: [each.naf for each in understander.understand(text).activities]


def report(name: str, find: Find, asked: Sequence[Need]) -> str:
    """One line of the table."""
    find(asked[0].text)
    seconds = []
    found = []
    for need in asked:
        began = perf_counter()
        found += places(find, [need])
        seconds.append(perf_counter() - began)
    shares = " | ".join(
        f"{hits(found, first):.3f} ({low:.3f}–{high:.3f})" for first in FIRST for low, high in [interval(found, first)]
    )
    return f"| {name} | {shares} | {1000 * median(seconds):.2f} |"


def main() -> None:
    """Print a table a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[OWN])
    parser.add_argument("--missed", action="store_true", help="name the needs whose first five are wrong")
    chosen = parser.parse_args()
    before = _megabytes()
    compared = methods()
    print(f"Understanding takes {_megabytes() - before:.0f} MB more than the process without it.")
    for path in chosen.files:
        asked = needs(path)
        print(
            f"\n{path.name}: {len(asked)} needs\n\n| | first | first 5 | first 10 | median ms |\n|---|---|---|---|---|"
        )
        for name, find in compared.items():
            print(report(name, find, asked))
        if chosen.missed:
            _print_missed(compared["labels and lexicon"], asked)


def _print_missed(find: Find, asked: Sequence[Need]) -> None:
    for need in asked:
        found = find(need.text)[:5]
        if not need.accepted & set(found):
            print(f"missed: {need.text}: {' '.join(found)} instead of {' '.join(sorted(need.accepted))}")


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
