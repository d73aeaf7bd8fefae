"""The model that the hub carries, made anew: ``python -m bench.matching.train`` (some minutes; ``make model``).

Trained on one tuning seed without any label, its confidence counted on the two others, all of it reported on a seed
that is held out. Writes the model, the reliability diagram and prints the table of ``docs/matching.md``.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from bench.matching.generator import HELD_OUT_SEEDS, TUNING_SEEDS
from bench.matching.records import benchmark
from directory.matching.model import Model
from directory.matching.training.calibrate import (
    Judged,
    Row,
    candidates,
    confidence,
    expected_error,
    raw_probability,
    reliability,
)
from directory.matching.training.diagram import drawn
from directory.matching.training.train import Method, named, train

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = ROOT / "directory" / "matching" / "data" / "model.json"
DIAGRAM = ROOT / "docs" / "images" / "reliability.svg"
LISTINGS = 120_000


def judged(model: Model, listings: int, seeds: Sequence[int]) -> Iterator[Judged]:
    """Candidate pairs of these worlds with their weight and whether they are one establishment."""
    for seed in seeds:
        world = benchmark(listings, seed)
        truth = {record.listing: told.establishment for record, told in zip(world.records, world.truths, strict=True)}

        def is_true(one: int, other: int, truth: dict[int, int] = truth) -> bool:
            return truth[one] == truth[other]

        yield from candidates(world.records, model, is_true)


def made(listings: int, method: Method) -> Model:
    """The model, trained and calibrated."""
    first, *others = TUNING_SEEDS
    model = train(benchmark(listings, first).records, method=method, tell=print)
    pairs = list(judged(model, listings // 3, others))
    trained = {**model.trained, "judged": len(pairs)}
    return named(msgspec.structs.replace(model, confidence=confidence(pairs), trained=trained))


def printed(rows: Sequence[Row]) -> None:
    """A table in Markdown."""
    print("| pairs | said | true | 95 % |\n|--:|--:|--:|--:|")
    for row in rows:
        print(f"| {row.pairs:,} | {row.said:.3f} | {row.true:.3f} | {row.low:.3f}–{row.high:.3f} |")


def main() -> None:
    """Make, report and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=LISTINGS)
    parser.add_argument("--method", type=Method, choices=list(Method), default=Method.SIRET)
    given = parser.parse_args()
    model = made(given.records, given.method)
    for comparison, levels in model.comparisons.items():
        print(f"{comparison}: " + ", ".join(f"{each.name} {each.bits:+.1f}" for each in levels))
    held_out = list(judged(model, given.records // 3, HELD_OUT_SEEDS[:1]))
    raw, calibrated = reliability(held_out, raw_probability), reliability(held_out, model.confident)
    for name, rows in (("raw", raw), ("calibrated", calibrated)):
        print(f"\n{name}, expected error {expected_error(rows):.4f}")
        printed(rows)
    MODEL.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    DIAGRAM.parent.mkdir(exist_ok=True)
    title = "How sure the hub says it is of a pair, and how many such pairs are true"
    DIAGRAM.write_text(drawn({"the model's probability": raw, "confidence shown": calibrated}, title=title))
    print(f"\n{model.version} is in {MODEL.relative_to(ROOT)}; the diagram in {DIAGRAM.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
