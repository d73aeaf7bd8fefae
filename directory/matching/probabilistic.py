"""The matcher: pairs are scored by a model, sites are clusters of alike listings, companies are sites of one SIREN.

Sites first. Those of one SIRET, and those that a steward called one, are one; then average-link agglomeration joins
what is alike by :attr:`Thresholds.automatic` bits or more. Companies then: sites of one SIREN, and what stewards
linked. Two sites without a number that are alike in all but their address stay two companies, for a franchise looks the
same.

Whether two are alike is a matter of the two alone, given frequencies; what clusters become of it, of what hangs
together by edges, SIRENs and decisions. So what hangs together clusters by itself as it does among all the others.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import inf
from typing import Final

from directory.matching import levels
from directory.matching.blocking import LARGEST
from directory.matching.comparing import Compared, Comparer, Edges, Thresholds, compare_all, pair_of
from directory.matching.constraints import Clusters, Constraints
from directory.matching.contract import Decisions, Match, MatchCounts, MatchRecord, Review, ReviewReason
from directory.matching.explaining import Explainer
from directory.matching.linkage import Linkage, Pair
from directory.matching.model import Model, shipped
from directory.matching.profiles import Profile
from directory.matching.terms import Terms

OTHER_NAME: Final = 12.0  # bits more than usual that two names in one directory need to be those of one site
RULES: Final = 5  # raised when the rules change in a way that neither model nor thresholds show


class ProbabilisticMatcher:
    """Matches by a model; without one, by that which the hub carries."""

    def __init__(self, model: Model | None = None, thresholds: Thresholds = Thresholds()) -> None:  # noqa: B008
        self.model, self.thresholds = model or shipped(), thresholds

    @property
    def version(self) -> str:
        """The rules, the model and every threshold."""
        return f"probabilistic/{RULES} {self.model.version} {self.thresholds} {dict(LARGEST)}"

    def comparer(self, population: int) -> Comparer:
        """Compares two listings of a store of so many (:attr:`directory.matching.terms.Terms.population`)."""
        return Comparer(self.model, self.thresholds, population)

    def compare(self, records: Sequence[MatchRecord], terms: Terms | None = None) -> Compared:
        """Find all edges. Without ``terms`` the frequencies are those of these records."""
        terms = terms or Terms.of(records)
        return compare_all(records, terms, self.comparer(terms.population))

    def cluster(self, compared: Compared, decisions: Decisions) -> "ProbabilisticMatching":
        """Cluster all that was compared."""
        comparer = self.comparer(compared.terms.population)
        capped = compared.blocks.capped
        return ProbabilisticMatching(compared.profiles, decisions, compared.edges, comparer, capped)

    def match(
        self, records: Sequence[MatchRecord], decisions: Decisions, terms: Terms | None = None
    ) -> "ProbabilisticMatching":
        """Both in one; see :class:`directory.matching.contract.Matcher`."""
        return self.cluster(self.compare(records, terms), decisions)


class ProbabilisticMatching:
    """One run. ``profiles`` are in order of their keys; everything inside speaks of positions in it.

    ``edges`` are all that there are between these; ``capped`` is what was met while they were found.
    """

    def __init__(
        self, profiles: Sequence[Profile], decisions: Decisions, edges: Edges, comparer: Comparer, capped: int
    ) -> None:
        self._profiles, self._thresholds, self._model = profiles, comparer.thresholds, comparer.model
        self._constraints = Constraints(profiles, decisions)
        self._scorer = comparer.scorer
        self._position = {profile.listing: position for position, profile in enumerate(profiles)}
        self._reviews: dict[Pair, Review] = {}
        self._contradicted = self._blocked = 0
        self._capped = capped
        self._sites = self._known_sites()
        self._edges, self._conflicts = self._placed(edges)
        doubts = list(self._link())
        self._companies = self._rolled_up()
        self._site = self._nested()
        self._review(doubts)

    @cached_property
    def clusters(self) -> Sequence[tuple[int, ...]]:
        """Listing ids of each company, ascending; clusters in ascending order of their first listing."""
        numbers = (sorted(self._profiles[each].listing for each in cluster) for cluster in self._companies.all())
        return sorted(map(tuple, numbers))

    @property
    def counts(self) -> MatchCounts:
        """What was capped, blocked and contradicted."""
        return MatchCounts(capped=self._capped, blocked=self._blocked, contradicted=self._contradicted)

    @property
    def reviews(self) -> Sequence[Review]:
        """What stewards are asked about, surest first."""
        return sorted(self._reviews.values(), key=lambda each: (-each.weight, each.left, each.right))

    def site(self, listing: int) -> int:
        """The lowest listing id of the establishment that the listing is of."""
        return self._site[self._position[listing]]

    def explain(self, listing: int) -> Match:
        """Why this listing is in its cluster; see :class:`directory.matching.contract.Matching`."""
        position = self._position[listing]
        return self._explainer.explain(position, self._peers(position), self._companies.of(position))

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self._profiles, self._scorer, self._model, self._constraints)

    def _peers(self, position: int) -> list[int]:
        return [each for each in self._at_site[self._site[position]] if each != position]

    @cached_property
    def _at_site(self) -> dict[int, list[int]]:
        """Positions of each site, ascending; a site is of one company."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for position, site in enumerate(self._site):
            found[site].append(position)
        return dict(found)

    def _known_sites(self) -> Clusters:
        """What needs no likeness: stewards' words, then SIRETs."""
        sites = Clusters(len(self._profiles), self._constraints.may_be_one_site)
        self._contradicted += sum(not sites.join(*pair) for pair in self._constraints.same_site)
        by_siret: defaultdict[str, list[int]] = defaultdict(list)
        for position, siret in enumerate(self._constraints.sirets):
            if siret:
                by_siret[siret].append(position)
        for group in by_siret.values():
            sites.join_all(group)
        return sites

    def _placed(self, edges: Edges) -> tuple[dict[Pair, float], dict[Pair, float]]:
        """The edges and the conflicts by positions, in order: of two that weigh the same the first one speaks."""
        places = self._position
        alike: dict[Pair, float] = {}
        conflicts: dict[Pair, float] = {}
        for (left, right), found in edges.items():
            (conflicts if found.is_conflict else alike)[pair_of(places[left], places[right])] = found.weight
        return dict(sorted(alike.items())), dict(sorted(conflicts.items()))

    def _link(self) -> Iterator[tuple[Pair, float]]:
        """Join alike sites; yields the first positions of those that a steward should look at, and how alike."""
        profiles = self._profiles
        for group in self._components():
            linkage = Linkage(
                {id(cluster): cluster for cluster in map(self._sites.of, group)}.values(),
                self._edges,
                lambda one, other: self._scorer.weight(profiles[one], profiles[other]),
                self._constraints.may_be_one_site,
                self._needed,
                self._thresholds.automatic,
                self._thresholds.link,
            )
            linkage.agglomerate()
            for members in linkage.members.values():
                self._sites.join_all(members)
            for doubt in linkage.left_apart(self._thresholds.review):
                yield (doubt.left, doubt.right), doubt.weight

    def _needed(self, one: int, other: int) -> float:
        """What two listings must weigh by themselves: of one directory, and above all under two names, they are two
        unless they are sure to be one, like the restaurant and the café of one hotel.
        """
        left, right = self._profiles[one], self._profiles[other]
        if levels.directory(left, right) != levels.SAME_DIRECTORY:
            return -inf
        automatic = self._thresholds.automatic
        return automatic if levels.name(left, right) <= levels.NAMED_ALIKE else automatic + OTHER_NAME

    def _components(self) -> Iterator[list[int]]:
        """Positions that edges and sites hold together, where there is anything to decide."""
        everything = Clusters(len(self._profiles), lambda _one, _other: True)
        for left, right in self._edges:
            everything.join(left, right)
        linked = {position for pair in self._edges for position in pair}
        for position in sorted(linked):
            for other in self._sites.of(position):
                everything.join(position, other)
        for group in everything.all():
            if len(group) > 1:
                yield group

    def _rolled_up(self) -> Clusters:
        """Companies: what stewards linked, sites, then SIRENs."""
        constraints = self._constraints
        companies = Clusters(
            len(self._profiles),
            lambda one, other: not constraints.two_companies(one, other) and not constraints.parted(one, other),
        )
        for pair in constraints.must_link:
            if not companies.join(*pair):
                self._contradicted += 1
                self._ask(pair, self._weight(pair), ReviewReason.CONTRADICTION, companies)
        for site in self._sites.all():
            if len(site) > 1:
                companies.join_all(site)
        by_siren: defaultdict[str, list[int]] = defaultdict(list)
        for position, siren in enumerate(constraints.sirens):
            if siren:
                by_siren[siren].append(position)
        for group in by_siren.values():
            if len(group) > 1:
                companies.join_all(group)
        return companies

    def _nested(self) -> list[int]:
        """The lowest listing of each position's site, a site that two companies would share being two."""
        names: dict[tuple[int, int], int] = {}
        keys = [(id(self._sites.of(each)), id(self._companies.of(each))) for each in range(len(self._profiles))]
        for profile, key in zip(self._profiles, keys, strict=True):
            names[key] = min(names.get(key, profile.listing), profile.listing)
        return [names[key] for key in keys]

    def _review(self, doubts: Sequence[tuple[Pair, float]]) -> None:
        for (left, right), weight in doubts:
            mine, theirs = self._sites.of(left), self._sites.of(right)
            best = max(
                ((self._edges.get((min(pair), max(pair)), -1.0), pair) for pair in _across(mine, theirs)),
                key=lambda each: (each[0], -each[1][0], -each[1][1]),
            )
            self._ask(best[1], weight, self._reason(mine, theirs, weight), self._companies)
        for pair, weight in self._conflicts.items():
            self._blocked += 1
            self._ask(pair, weight, ReviewReason.TWO_COMPANIES, self._companies)

    def _reason(self, mine: Sequence[int], theirs: Sequence[int], weight: float) -> ReviewReason:
        """Why two sites are two although a pair across has so much weight."""
        if weight < self._thresholds.automatic:
            return ReviewReason.LIKELY
        is_forbidden = self._constraints.differ(mine, theirs)
        return ReviewReason.TWO_COMPANIES if is_forbidden else ReviewReason.UNSURE_CLUSTER

    def _ask(self, pair: Pair, weight: float, reason: ReviewReason, companies: Clusters) -> None:
        """Queue the pair, unless both are one company anyway, a steward has said that they are not, or another pair of
        the same two companies is queued already.
        """
        mine, theirs = companies.of(pair[0]), companies.of(pair[1])
        if mine is theirs or (reason is not ReviewReason.CONTRADICTION and self._constraints.parted(mine, theirs)):
            return
        between = min(*mine, *theirs), max(min(mine), min(theirs))
        asked = self._reviews.get(between)
        if asked and (asked.reason is ReviewReason.CONTRADICTION or asked.weight >= weight):
            return
        left, right = sorted(self._profiles[each].listing for each in pair)
        self._reviews[between] = Review(
            left=left,
            right=right,
            reason=reason,
            weight=weight,
            confidence=self._model.confident(weight),
            listings=len(mine) + len(theirs),
        )

    def _weight(self, pair: Pair) -> float:
        return self._scorer.weight(self._profiles[pair[0]], self._profiles[pair[1]])


def _across(mine: Sequence[int], theirs: Sequence[int]) -> Iterator[Pair]:
    for one in mine:
        for other in theirs:
            yield one, other
