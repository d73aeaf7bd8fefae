"""Confidence is counted: of pairs of such a weight, how many were true. What is shown as a percentage is that share.

A Fellegi–Sunter probability supposes that comparisons are independent, which those of a directory are not: whoever has
the same phone mostly has the same door. So the share is counted on pairs whose truth is known, and smoothed so that it
never falls as the weight rises (isotonic regression, see :mod:`directory.matching.training.isotonic`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import exp2, sqrt
from typing import Final

from msgspec import Struct

from directory.matching.blocking import Blocks, numbers_of
from directory.matching.contract import MatchRecord
from directory.matching.model import Model
from directory.matching.profiles import Profile, profile_of
from directory.matching.scoring import Scorer
from directory.matching.terms import Terms
from directory.matching.training.isotonic import Block, pooled

Judged = tuple[float, bool]  # weight in bits, whether the two are one establishment

POINTS: Final = 16  # of the curve, at most
FEWEST: Final = 100  # judged pairs from which a curve can be drawn
_BIN: Final = 25  # judged pairs that make one count at least
_LOWEST, _HIGHEST = -40.0, 60.0


class Row(Struct, frozen=True):
    """Pairs that were said to be so sure: how many, how sure on average, how many were true, and between which shares
    19 of 20 such counts would lie (Wilson).
    """

    pairs: int
    said: float
    true: float
    low: float
    high: float


def are_settled(left: Profile, right: Profile) -> bool:
    """Whether official numbers say of the two that they are one site or that they are two."""
    return bool((left.siret and right.siret) or (left.siren and right.siren and left.siren != right.siren))


def candidates(records: Sequence[MatchRecord], model: Model, is_true: Callable[[int, int], bool]) -> Iterator[Judged]:
    """Weights of the pairs that blocking finds, judged; those that official numbers settle are left out, as they are
    when listings are matched.
    """
    terms = Terms.of(records)
    profiles = [profile_of(record, terms) for record in records]
    scorer = Scorer(model, terms.population)
    for one, other in Blocks([numbers_of(profile) for profile in profiles]).pairs():
        left, right = profiles[one], profiles[other]
        if not are_settled(left, right):
            yield scorer.weight(left, right), is_true(left.listing, right.listing)


def confidence(judged: Iterable[Judged]) -> tuple[tuple[float, float], ...]:
    """Points of :attr:`directory.matching.model.Model.confidence`: few, ascending in both.

    Never quite 0 or 1: as if one pair of the lowest step had been true, one of the highest false.
    Raises ``ValueError`` for fewer than :data:`FEWEST` pairs, or when all are true or none is.
    """
    ordered = sorted(judged)
    true = sum(is_true for _, is_true in ordered)
    if len(ordered) < FEWEST or not 0 < true < len(ordered):
        raise ValueError(f"{len(ordered):,} judged pairs, {true:,} of them true, are too few to count confidence by")
    bins = list(_bins(ordered))
    blocks = pooled((sum(is_true for _, is_true in each), len(each)) for each in bins)
    middles = [
        _middle([weight for each in bins[block.first : block.last + 1] for weight, _ in each]) for block in blocks
    ]
    shares = [_kept_from_certainty(block) for block in blocks]
    steps = [(round(middle, 2), round(share, 4)) for middle, share in zip(middles, shares, strict=True)]
    return _thinned(_ascending(steps))


def reliability(judged: Iterable[Judged], said: Callable[[float], float], rows: int = 10) -> list[Row]:
    """Pairs by how sure ``said`` is of their weight, in ``rows`` even steps; steps without pairs are left out."""
    steps: list[list[tuple[float, bool]]] = [[] for _ in range(rows)]
    for weight, is_true in judged:
        sure = said(weight)
        steps[min(int(sure * rows), rows - 1)].append((sure, is_true))
    return [_row(step) for step in steps if step]


def expected_error(rows: Sequence[Row]) -> float:
    """How far what is said is from what is true, on average over pairs (expected calibration error)."""
    pairs = sum(row.pairs for row in rows)
    return sum(row.pairs * abs(row.said - row.true) for row in rows) / pairs if pairs else 0.0


def raw_probability(weight: float) -> float:
    """What the model itself takes a weight for."""
    return 1 / (1 + exp2(-max(_LOWEST, min(_HIGHEST, weight))))


def _bins(ordered: Sequence[Judged]) -> Iterator[Sequence[Judged]]:
    for start in range(0, len(ordered), _BIN):
        yield ordered[start : start + _BIN]


def _middle(weights: Sequence[float]) -> float:
    return weights[len(weights) // 2]


def _kept_from_certainty(block: Block) -> float:
    return min(max(block.part, 1.0), max(block.whole - 1.0, 1.0)) / block.whole if block.whole > 1 else block.value


def _ascending(steps: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without steps at the same weight, and never falling after the rounding."""
    kept: list[tuple[float, float]] = []
    for weight, share in steps:
        if kept and weight <= kept[-1][0]:
            kept[-1] = kept[-1][0], max(share, kept[-1][1])
        else:
            kept.append((weight, max(share, kept[-1][1]) if kept else share))
    if len(kept) == 1:
        kept.append((kept[0][0] + 1, kept[0][1]))
    return kept


def _thinned(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The points that the curve is least without: one after the other goes whose neighbours say nearly the same."""
    kept = list(points)
    while len(kept) > POINTS:
        costs = [
            (abs(middle[1] - _between(before, after, middle[0])) * (after[0] - before[0]), place)
            for place, (before, middle, after) in enumerate(zip(kept, kept[1:], kept[2:], strict=False), 1)
        ]
        del kept[min(costs)[1]]
    return tuple(kept)


def _between(before: tuple[float, float], after: tuple[float, float], weight: float) -> float:
    return before[1] + (after[1] - before[1]) * (weight - before[0]) / (after[0] - before[0])


def _row(step: Sequence[tuple[float, bool]]) -> Row:
    pairs = len(step)
    share = sum(is_true for _, is_true in step) / pairs
    low, high = _wilson(share, pairs)
    return Row(pairs, sum(sure for sure, _ in step) / pairs, share, low, high)


def _wilson(share: float, pairs: int, z: float = 1.96) -> tuple[float, float]:
    middle = (share + z * z / (2 * pairs)) / (1 + z * z / pairs)
    half = z / (1 + z * z / pairs) * sqrt(share * (1 - share) / pairs + z * z / (4 * pairs * pairs))
    return max(0.0, middle - half), min(1.0, middle + half)
