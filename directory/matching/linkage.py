"""Average-link agglomeration: the two clusters that are most alike become one, again and again, until none are.

How alike two clusters are is the mean weight of all pairs across, so that one accidental likeness does not glue two
groups together. What must stay apart never meets, whatever its weight; ties are settled by the lower position, and
positions by the listings' keys, so that the outcome does not depend on any order of arrival.
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
    """One group of positions that are linked by likeness, being clustered. ``may_join`` says whether two clusters may
    become one; ``weigh`` gives the weight of any pair, asked for when it is not among ``weights``.
    """

    def __init__(
        self,
        clusters: Iterable[Sequence[int]],
        weights: Mapping[Pair, float],
        weigh: Callable[[int, int], float],
        may_join: Callable[[Collection[int], Collection[int]], bool],
    ) -> None:
        self.members = {min(members): sorted(members) for members in clusters}
        self._weights, self._weigh, self._may_join = weights, weigh, may_join
        self._means: dict[int, dict[int, float]] = {}
        self._fill()

    def agglomerate(self, least: float) -> None:
        """Join while two clusters that may be joined are alike by ``least`` or more."""
        heap = [(-mean, left, right) for left, right, mean in self._pairs() if mean >= least]
        heapify(heap)
        while heap:
            mean, left, right = heappop(heap)
            if self._means.get(left, {}).get(right) != -mean:
                continue  # one of them has changed since
            if not self._may_join(self.members[left], self.members[right]):
                continue
            self._join(left, right)
            for other, joined in self._means[left].items():
                if joined >= least:
                    heappush(heap, (-joined, min(left, other), max(left, other)))

    def left_apart(self, least: float) -> Iterator[Refused]:
        """Pairs of clusters that stayed two although they are alike by ``least`` or more."""
        for left, right, mean in self._pairs():
            if mean >= least:
                yield Refused(mean, left, right)

    def _pairs(self) -> Iterator[tuple[int, int, float]]:
        for left, others in self._means.items():
            yield from ((left, right, mean) for right, mean in others.items() if left < right)

    def _fill(self) -> None:
        heads = sorted(self.members)
        self._means = {head: {} for head in heads}
        for place, left in enumerate(heads):
            for right in heads[place + 1 :]:
                self._means[left][right] = self._means[right][left] = self._mean(left, right)

    def _mean(self, left: int, right: int) -> float:
        weights = [self._weight(one, other) for one in self.members[left] for other in self.members[right]]
        return sum(weights) / len(weights)

    def _weight(self, one: int, other: int) -> float:
        pair = (one, other) if one < other else (other, one)
        known = self._weights.get(pair)
        return min(CEILING, max(FLOOR, self._weigh(*pair) if known is None else known))

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
        self.members[left] = sorted((*self.members[left], *self.members.pop(right)))
