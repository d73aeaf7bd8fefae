"""Clusters that grow by joining and refuse to hold what must stay apart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence


class Clusters:
    """Disjoint sets of positions, each with at most one SIREN and no pair that was declared apart.

    The order of the calls to :meth:`join` decides which of two contradicting joins is refused: call with the surest
    first.
    """

    def __init__(self, sirens: Sequence[str | None], apart: Iterable[tuple[int, int]] = ()) -> None:
        self._parent = list(range(len(sirens)))
        self._size = [1] * len(sirens)
        self._siren = list(sirens)
        # Of a root: the positions that its cluster may not meet. Few, so that looking at them all costs nothing.
        self._apart: dict[int, set[int]] = defaultdict(set)
        for left, right in apart:
            self._apart[left].add(right)
            self._apart[right].add(left)

    def find(self, position: int) -> int:
        """The position that stands for the cluster."""
        root = position
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[position] != root:
            self._parent[position], position = root, self._parent[position]
        return root

    def join(self, left: int, right: int) -> bool:
        """Make the two clusters one; ``False``, and nothing done, when that would break a constraint."""
        kept, gone = self.find(left), self.find(right)
        if kept == gone:
            return True
        if self._conflict(kept, gone):
            return False
        if self._size[kept] < self._size[gone]:
            kept, gone = gone, kept
        self._parent[gone] = kept
        self._size[kept] += self._size[gone]
        self._siren[kept] = self._siren[kept] or self._siren[gone]
        if gone in self._apart:
            self._apart[kept] |= self._apart.pop(gone)
        return True

    def groups(self) -> list[list[int]]:
        """Every cluster's positions, ascending; the clusters in ascending order of their first position."""
        groups: dict[int, list[int]] = {}
        for position in range(len(self._parent)):
            groups.setdefault(self.find(position), []).append(position)
        return list(groups.values())

    def _conflict(self, left: int, right: int) -> bool:
        sirens = self._siren[left], self._siren[right]
        if None not in sirens and sirens[0] != sirens[1]:
            return True
        return any(self.find(other) == right for other in self._apart.get(left, ()))
