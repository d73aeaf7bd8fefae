"""What no likeness overrules: two valid SIRENs are two companies, two SIRETs two sites, and what stewards decided."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from directory.matching.contract import Decisions
from directory.matching.linkage import Pair
from directory.matching.profiles import Profile


class Constraints:
    """The hard edges between listings, spoken of by their positions; ``profiles`` in order of their keys.

    Decisions on listings that are away are left out: they wait for their return.
    """

    def __init__(self, profiles: Sequence[Profile], decisions: Decisions) -> None:
        self.sirens = [profile.siren for profile in profiles]
        self.sirets = [profile.siret for profile in profiles]
        places = {profile.listing: position for position, profile in enumerate(profiles)}

        def known(pairs: Iterable[Pair]) -> list[Pair]:
            there = ((places[one], places[other]) for one, other in pairs if one in places and other in places)
            return sorted((min(pair), max(pair)) for pair in there)

        self.cannot_link = known(decisions.cannot_link)
        self.same_site = known(decisions.same_site)
        self.must_link = sorted({*known(decisions.must_link), *self.same_site})
        self._apart: defaultdict[int, set[int]] = defaultdict(set)
        for left, right in self.cannot_link:
            self._apart[left].add(right)
            self._apart[right].add(left)

    def parted(self, mine: Collection[int], theirs: Collection[int]) -> bool:
        """Whether a steward said that they are two."""
        return any(not self._apart[each].isdisjoint(theirs) for each in mine if each in self._apart)

    def differ(self, mine: Collection[int], theirs: Collection[int]) -> bool:
        """Whether their official numbers say that they are two sites."""
        return self.two_companies(mine, theirs) or self._two(self.sirets, mine, theirs)

    def two_companies(self, mine: Collection[int], theirs: Collection[int]) -> bool:
        """Whether they have different SIRENs."""
        return self._two(self.sirens, mine, theirs)

    def may_be_one_site(self, mine: Collection[int], theirs: Collection[int]) -> bool:
        """Whether nothing forbids that they are one site."""
        return not self.differ(mine, theirs) and not self.parted(mine, theirs)

    @staticmethod
    def _two(numbers: Sequence[str | None], mine: Collection[int], theirs: Collection[int]) -> bool:
        known = {numbers[each] for each in mine} - {None}
        return bool(known) and len(known | {numbers[each] for each in theirs} - {None}) > 1


class Clusters:
    """Positions that become clusters by being joined. ``may_join`` says whether two clusters may become one.

    The order of the joins decides which of two that contradict each other is refused: call with the surest first.
    """

    def __init__(self, count: int, may_join: Callable[[Collection[int], Collection[int]], bool]) -> None:
        self._home = [[position] for position in range(count)]
        self._may_join = may_join

    def join(self, left: int, right: int) -> bool:
        """Make their two clusters one; ``False``, and nothing done, when they may not be."""
        kept, gone = self._home[left], self._home[right]
        if kept is gone:
            return True
        if not self._may_join(kept, gone):
            return False
        if len(kept) < len(gone):
            kept, gone = gone, kept
        kept.extend(gone)
        for position in gone:
            self._home[position] = kept
        return True

    def join_all(self, group: Iterable[int]) -> None:
        """Make them one, or as few as may be: each goes to the first cluster of the group that may hold it."""
        parts: list[int] = []
        for position in group:
            if not any(self.join(part, position) for part in parts):
                parts.append(position)

    def of(self, position: int) -> list[int]:
        """The cluster that holds the position."""
        return self._home[position]

    def all(self) -> list[list[int]]:
        """Every cluster's positions, ascending; the clusters in ascending order of their first position."""
        return sorted(map(sorted, {id(cluster): cluster for cluster in self._home}.values()))
