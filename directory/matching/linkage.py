"""Average-link agglomeration: the two clusters that are most alike become one, again and again, until none are.

Two clusters may become one when their best pair is sure and the mean of all pairs across is not against it, so that an
accidental likeness does not glue two groups together; and when none holds a listing that rivals one of the other: of
one directory, and not sure enough to be the same by themselves. Those of the highest mean come first. What must stay
apart never meets, whatever its weight; ties are settled by the lower position, and positions by the listings' keys, so
that the outcome does not depend on any order of arrival.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Final

from msgspec import Struct

# A pair's part in the mean, in bits: one that agrees in everything does not outvote three that differ, and the reverse.
FLOOR: Final = -12.0
CEILING: Final = 24.0

Pair = tuple[int, int]


class Refused(Struct, frozen=True, order=True, gc=False):
    """Two clusters, by their first positions, that were alike enough but must stay apart or were not sure enough."""

    weight: float
    left: int
    right: int


class Linkage:
    """One group of positions that are linked by likeness, being clustered.

    ``may_join`` says whether two clusters may become one, ``needed`` what two positions must weigh by themselves to be
    one, if they are rivals; ``weigh`` gives the weight of any pair, asked for when it is not among ``weights``. A pair
    of ``sure`` bits is sure, a mean of ``least`` bits is not against it.
    """

    def __init__(
        self,
        clusters: Iterable[Sequence[int]],
        weights: Mapping[Pair, float],
        weigh: Callable[[int, int], float],
        may_join: Callable[[Collection[int], Collection[int]], bool],
        needed: Callable[[int, int], float],
        sure: float,
        least: float,
    ) -> None:
        self._needed, self._sure, self._least = needed, sure, least
        self.members = {min(members): sorted(members) for members in clusters}
        self._weights, self._weigh, self._may_join = weights, weigh, may_join
        self._means: dict[int, dict[int, float]] = {}
        self._best: dict[Pair, float] = {}
        self._vetoes: set[Pair] = set()
        self._fill()

    def agglomerate(self) -> None:
        """Join while there are two clusters that may become one."""
        heap = [(-mean, left, right) for left, right, mean in self._pairs() if self._may_be(left, right, mean)]
        heapify(heap)
        while heap:
            mean, left, right = heappop(heap)
            if self._means.get(left, {}).get(right) != -mean:
                continue  # one of them has changed since
            if not self._may_join(self.members[left], self.members[right]):
                continue
            self._join(left, right)
            for other, joined in self._means[left].items():
                pair = min(left, other), max(left, other)
                if self._may_be(*pair, joined):
                    heappush(heap, (-joined, *pair))

    def left_apart(self, least: float) -> Iterator[Refused]:
        """Pairs of clusters that stayed two although their best pair has ``least`` bits or more."""
        for pair, best in self._best.items():
            if best >= least:
                yield Refused(best, *pair)

    def _may_be(self, left: int, right: int, mean: float) -> bool:
        pair = left, right
        return mean >= self._least and self._best[pair] >= self._sure and pair not in self._vetoes

    def _pairs(self) -> Iterator[tuple[int, int, float]]:
        for left, others in self._means.items():
            yield from ((left, right, mean) for right, mean in others.items() if left < right)

    def _fill(self) -> None:
        heads = sorted(self.members)
        self._means = {head: {} for head in heads}
        for place, left in enumerate(heads):
            for right in heads[place + 1 :]:
                weights = [self._weight(one, other) for one in self.members[left] for other in self.members[right]]
                bounded = [min(CEILING, max(FLOOR, weight)) for weight in weights]
                self._means[left][right] = self._means[right][left] = sum(bounded) / len(bounded)
                self._best[left, right] = max(weights)
                if self._is_vetoed(left, right):
                    self._vetoes.add((left, right))

    def _is_vetoed(self, left: int, right: int) -> bool:
        return any(
            self._weight(one, other) < self._needed(one, other)
            for one in self.members[left]
            for other in self.members[right]
        )

    def _weight(self, one: int, other: int) -> float:
        pair = (one, other) if one < other else (other, one)
        known = self._weights.get(pair)
        return self._weigh(*pair) if known is None else known

    def _join(self, left: int, right: int) -> None:
        """Make them one, under the lower of the two names; the means follow (Lance and Williams, 1967)."""
        mine, theirs = len(self.members[left]), len(self.members[right])
        gone = self._means.pop(right)
        kept = self._means[left]
        del kept[right], gone[left]
        for other, mean in gone.items():
            joined = (kept[other] * mine + mean * theirs) / (mine + theirs)
            kept[other] = self._means[other][left] = joined
            del self._means[other][right]
            best = self._best.pop((min(right, other), max(right, other)))
            pair = min(left, other), max(left, other)
            self._best[pair] = max(self._best[pair], best)
            if (min(right, other), max(right, other)) in self._vetoes:
                self._vetoes.add(pair)
        del self._best[left, right]
        self.members[left] = sorted((*self.members[left], *self.members.pop(right)))
