"""How well files with a known truth are matched: ``python -m bench.matching.public FOLDER``.

Every CSV file of the folder but ``truth.csv`` goes through ``circuit match``, with the settings of the folder's
``circuit.toml`` where there is one; what comes out is judged by the pairs of ``truth.csv``, in one of two forms:

- ``partner,external_id,partner,external_id,same``, as ``circuit labels export`` writes it;
- two ids a line, of the first file and of the second in order of their names (of the one file, where it is alone), and
  maybe 1 or 0 after them.

Where a line says that two are not the same, only the pairs that are named are judged; else every pair that is not named
is taken for two.
"""

import argparse
import csv
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final

from msgspec import Struct

from bench.matching.scores import Score
from connectors.guessing import partner_name
from directory.matching.training import labels
from directory.matching.training.labels import Key, Label, Same

TRUTH: Final = "truth.csv"
CONFIG: Final = "circuit.toml"
Pair = tuple[Key, Key]


class Truth(Struct, frozen=True):
    """``same`` are pairs that are one establishment, ``judged`` all that count; ``None`` when every pair does."""

    same: frozenset[Pair]
    judged: frozenset[Pair] | None

    def wrong(self, found: Collection[Pair]) -> tuple[list[Pair], list[Pair]]:
        """Pairs that were put together and are two, and those that are one and were not put together."""
        counted = set(found) if self.judged is None else self.judged.intersection(found)
        return sorted(counted - self.same), sorted(self.same - counted)

    def score(self, found: Collection[Pair]) -> Score:
        """Precision and recall of these pairs."""
        false, missed = self.wrong(found)
        right = len(self.same) - len(missed)
        return Score(right / (right + len(false)) if right + len(false) else 1.0, right / max(len(self.same), 1))


def read_truth(path: Path, partners: Sequence[str]) -> Truth:
    """The truth of either form; ``partners`` are those of the folder's files, in order."""
    text = path.read_text(encoding="utf-8-sig").splitlines()
    said = _labels(path, text) if len(next(csv.reader(text))) == len(labels.HEADING) else _ids(text, partners)
    same = frozenset((each.left, each.right) for each in said if each.same is Same.SITE)
    named = frozenset((each.left, each.right) for each in said)
    return Truth(same, named if len(named) > len(same) else None)


def _labels(path: Path, text: Sequence[str]) -> list[Label]:
    lines = labels.read(text)
    if lines.problems:
        raise SystemExit(f"{path}: {next(iter(lines.problems.values()))}")
    return list(lines.labels.values())


def _ids(text: Sequence[str], partners: Sequence[str]) -> list[Label]:
    """Two ids a line, the first line being a heading."""
    left, right = partners[0], partners[-1]
    rows = [[cell.strip() for cell in row] for row in list(csv.reader(text))[1:] if row]
    return [
        labels.label((left, row[0]), (right, row[1]), Same.NO if row[2:] in (["0"], ["no"]) else Same.SITE)
        for row in rows
    ]


def matched(files: Sequence[Path], config: Path | None) -> tuple[list[Mapping[str, str]], str]:
    """What ``circuit match`` writes, row by row, and what it says."""
    command = [sys.executable, "-c", "from gateway.cli import main; main()", "match", *map(str, files)]
    done = subprocess.run(
        [*command, "--config", str(config)] if config else command, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return list(csv.DictReader(done.stdout.splitlines(keepends=True))), done.stderr


def together(rows: Sequence[Mapping[str, str]], column: str) -> set[Pair]:
    """Every pair of listings of which the column says the same, the lower key first."""
    groups: defaultdict[str, list[Key]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append((row["partner"], row["external_id"]))
    return {pair for keys in groups.values() for pair in combinations(sorted(keys), 2)}


def told(pairs: Sequence[Pair], rows: Sequence[Mapping[str, str]], most: int) -> Iterator[str]:
    """The first of these pairs with what both listings say."""
    named = {(row["partner"], row["external_id"]): row for row in rows}
    for pair in pairs[:most]:
        for key in pair:
            row = named.get(key, {})
            said = [row.get(column, "") for column in ("name", "address", "postcode", "commune")]
            yield f"    {':'.join(key)}  {', '.join(filter(None, said))}"
        yield ""


def main() -> None:
    """Read the arguments, match, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", type=int, default=0, help="so many of the pairs that came out wrong, of each kind")
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.folder.glob("*.csv") if path.name != TRUTH)
    config = arguments.folder / CONFIG
    if not files or not (arguments.folder / TRUTH).exists():
        raise SystemExit(f"{arguments.folder} has no {TRUTH} beside CSV files; write the pairs that are one there.")
    truth = read_truth(arguments.folder / TRUTH, [partner_name(path.stem) for path in files])
    began = time.perf_counter()
    rows, said = matched(files, config if config.exists() else None)
    seconds = time.perf_counter() - began
    print(said, file=sys.stderr)
    for level in ("establishment_id", "supplier_id"):
        found = together(rows, level)
        score = truth.score(found)
        false, missed = truth.wrong(found)
        print(
            f"{arguments.folder.name:16} {level[:-3]:14} {len(rows):7,} rows {len(truth.same):6,} pairs  "
            f"P {score.precision:.4f}  R {score.recall:.4f}  F1 {score.f1:.4f}  "
            f"{len(false):5,} false {len(missed):5,} missed  {seconds:5.1f} s"
        )
    for title, pairs in (("false", false), ("missed", missed)):
        if arguments.show and pairs:
            print(f"  {title}:", *told(pairs, rows, arguments.show), sep="\n")


if __name__ == "__main__":
    main()
