"""How good a clustering is, judged against the truth: pure functions of two labels a record.

Everything is counted from the contingency of clusters and truths; no pair is ever enumerated.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from random import Random

from msgspec import Struct


class Score(Struct, frozen=True):
    """Precision and recall in 0…1; a part of which there is nothing to say is 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class Interval(Struct, frozen=True):
    """Between which two values a figure lies in 95 of 100 resamplings."""

    low: float
    high: float


Cell = tuple[Hashable, Hashable]


def pairwise(clusters: Sequence[Hashable], truths: Sequence[Hashable]) -> Score:
    """Of the pairs put together how many belong together, and of those that belong together how many are.

    Both sequences say of each record, in the same order, which cluster and which truth it is of.
    """
    found, wanted, right = _pairs(Counter(clusters)), _pairs(Counter(truths)), _pairs(_cells(clusters, truths))
    return Score(_share(right, found), _share(right, wanted))


def b_cubed(clusters: Sequence[Hashable], truths: Sequence[Hashable]) -> Score:
    """Precision and recall of each record's own cluster, averaged over records (Bagga and Baldwin, 1998)."""
    in_cluster, in_truth = Counter(clusters), Counter(truths)
    precise = recalled = 0.0
    for (cluster, truth), together in _cells(clusters, truths).items():
        precise += together * together / in_cluster[cluster]
        recalled += together * together / in_truth[truth]
    return Score(_share(precise, len(clusters)), _share(recalled, len(clusters)))


def by_kind(clusters: Sequence[Hashable], truths: Sequence[Hashable], kinds: Sequence[str]) -> dict[str, Score]:
    """Pairwise scores of each kind: precision of the pairs put together of which one at least is of the kind, recall of
    the pairs of the kind that belong together. A truth's records are all of one kind.
    """
    in_cluster = Counter(clusters)
    of_kind = Counter(zip(kinds, clusters, strict=True))
    found: Counter[str] = Counter()
    for (kind, cluster), number in of_kind.items():
        found[kind] += _pair(in_cluster[cluster]) - _pair(in_cluster[cluster] - number)
    wanted = _pairs_by_kind(Counter(zip(kinds, truths, strict=True)))
    right = _pairs_by_kind(Counter(zip(kinds, zip(clusters, truths, strict=True), strict=True)))
    return {kind: Score(_share(right[kind], found[kind]), _share(right[kind], wanted[kind])) for kind in sorted(found)}


def mixed(clusters: Sequence[Hashable], sirens: Sequence[str | None]) -> int:
    """How many clusters hold more than one SIREN."""
    named: defaultdict[Hashable, set[str]] = defaultdict(set)
    for cluster, siren in zip(clusters, sirens, strict=True):
        if siren:
            named[cluster].add(siren)
    return sum(len(each) > 1 for each in named.values())


def interval(clusters: Sequence[Hashable], truths: Sequence[Hashable], *, rounds: int = 200, seed: int = 1) -> Interval:
    """Where pairwise F1 lies in 95 of 100 resamplings of the truths (establishments), with replacement.

    A pair wrongly put together counts half for each of its two truths.
    """
    parts = list(_parts(clusters, truths).values())
    chance = Random(seed)
    drawn = sorted(_f1(chance.choices(parts, k=len(parts))) for _ in range(rounds))
    return Interval(drawn[int(rounds * 0.025)], drawn[min(rounds - 1, int(rounds * 0.975))])


Part = tuple[int, float, int]


def _parts(clusters: Sequence[Hashable], truths: Sequence[Hashable]) -> dict[Hashable, Part]:
    """Of each truth: pairs right, pairs found (half of those that it shares with another truth), pairs wanted."""
    in_cluster, in_truth = Counter(clusters), Counter(truths)
    right: Counter[Hashable] = Counter()
    strange: Counter[Hashable] = Counter()
    for (cluster, truth), together in _cells(clusters, truths).items():
        right[truth] += _pair(together)
        strange[truth] += together * (in_cluster[cluster] - together)
    return {truth: (right[truth], right[truth] + strange[truth] / 2, _pair(n)) for truth, n in in_truth.items()}


def _f1(parts: Iterable[Part]) -> float:
    right = found = wanted = 0.0
    for each in parts:
        right += each[0]
        found += each[1]
        wanted += each[2]
    return Score(_share(right, found), _share(right, wanted)).f1


def _cells(clusters: Sequence[Hashable], truths: Sequence[Hashable]) -> Counter[Cell]:
    return Counter(zip(clusters, truths, strict=True))


def _pair(number: int) -> int:
    return number * (number - 1) // 2


def _pairs(counts: Counter[Hashable] | Counter[Cell]) -> int:
    return sum(map(_pair, counts.values()))


def _pairs_by_kind(counts: Counter[tuple[str, Hashable]]) -> Counter[str]:
    pairs: Counter[str] = Counter()
    for (kind, _), number in counts.items():
        pairs[kind] += _pair(number)
    return pairs


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
