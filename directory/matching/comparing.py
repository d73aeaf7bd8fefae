"""Pairs of listings that are alike enough to speak of, found among all at once or for one against the rest.

Both ways compare the same pairs by the same function, so that they find the same edges.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf

from msgspec import Struct

from directory.matching.blocking import Blocks, numbers_of
from directory.matching.contract import MatchRecord
from directory.matching.linkage import Pair
from directory.matching.model import Model
from directory.matching.profiles import Profile, profile_of
from directory.matching.scoring import Scorer
from directory.matching.terms import Terms


class Thresholds(Struct, frozen=True, kw_only=True):
    """In bits: from ``automatic`` on two are one without asking, from ``review`` on a steward is asked; two clusters of
    which a pair is sure are one when the mean of all pairs is at least ``link``.
    """

    automatic: float = 8.0
    link: float = 0.0
    review: float = 4.0


class Likeness(Struct, frozen=True, gc=False):
    """How alike two listings are. ``is_conflict``: they would be one, but for their two SIRENs."""

    weight: float
    is_conflict: bool = False


# By listing ids, the lower one first.
Edges = Mapping[Pair, Likeness]


class Comparer:
    """Compares by a model made ready for a store of so many listings."""

    def __init__(self, model: Model, thresholds: Thresholds, population: int) -> None:
        self.model, self.thresholds = model, thresholds
        self.scorer = Scorer(model, population)
        self._other_siren = self.scorer.bits("siren", 1)

    def likeness(self, left: Profile, right: Profile) -> Likeness | None:
        """``None`` for two that are not worth speaking of, or cannot be one site by their SIRETs."""
        if left.siren and right.siren and left.siren != right.siren:
            weight = self._weight(left, right, self.thresholds.automatic + self._other_siren) - self._other_siren
            return Likeness(weight, is_conflict=True) if weight >= self.thresholds.automatic else None
        if left.siret and right.siret and left.siret != right.siret:
            return None
        weight = self._weight(left, right, self.thresholds.review)
        return Likeness(weight) if weight >= self.thresholds.review else None

    def _weight(self, left: Profile, right: Profile, least: float) -> float:
        """The match weight, or nothing at all where it cannot be so much."""
        return self.scorer.weight(left, right) if self.scorer.may_reach(least, left, right) else -inf

    def edges(self, profile: Profile, others: Collection[Profile]) -> Iterator[tuple[Pair, Likeness]]:
        """The edges from a listing to these others."""
        for other in others:
            if found := self.likeness(profile, other):
                yield pair_of(profile.listing, other.listing), found


class Compared(Struct, frozen=True, kw_only=True):
    """A whole store, compared: ``profiles`` in order of their keys; ``blocks`` speak of positions in it.

    ``terms`` are the frequencies that it was compared by, ``keys`` are the blocking keys of each profile.
    """

    terms: Terms
    profiles: Sequence[Profile]
    keys: Sequence[Sequence[int]]
    blocks: Blocks
    edges: Edges


def compare_all(records: Collection[MatchRecord], terms: Terms, comparer: Comparer) -> Compared:
    """Find all edges."""
    profiles = sorted((profile_of(record, terms) for record in records), key=lambda profile: profile.key)
    keys = [numbers_of(profile) for profile in profiles]
    blocks = Blocks(keys)
    edges: dict[Pair, Likeness] = {}
    for left, right in blocks.pairs():
        one, other = profiles[left], profiles[right]
        if found := comparer.likeness(one, other):
            edges[pair_of(one.listing, other.listing)] = found
    return Compared(terms=terms, profiles=profiles, keys=keys, blocks=blocks, edges=edges)


def pair_of(one: int, other: int) -> Pair:
    """The pair, whichever of the two is named first."""
    return (one, other) if one < other else (other, one)
