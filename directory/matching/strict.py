"""The strict matcher: same SIREN, else the same name in the same commune, else the same site or phone and a like name.

It looks for certainty: a listing that only resembles a company stays alone. Joins are made in order of certainty:
stewards' decisions, official identifiers, then likenesses by falling score, ties by the listings' keys. Each join must
respect the constraints, so that of two companies with different SIRENs that a third listing resembles, the one that it
resembles most takes it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from directory.matching.blocks import LARGEST, MOST_COMMUNES, Candidates, candidates
from directory.matching.clusters import Clusters
from directory.matching.compare import LIKE, WEIGHTS, compare, same_company, total
from directory.matching.contract import Decisions, Evidence, Match, MatchCounts, MatchRecord, Review
from directory.records import MatchDecision, MatchMethod

RULES = 2  # raised when the rules change in a way that the numbers below do not show
ALONE = -1


class StrictMatcher:
    """The first set of rules, by values that are equal or nearly so."""

    @property
    def version(self) -> str:
        """The rules and every threshold."""
        return f"strict/{RULES} {LARGEST} {MOST_COMMUNES} {WEIGHTS} {LIKE}"

    def match(self, records: Sequence[MatchRecord], decisions: Decisions) -> "StrictMatching":
        """Cluster the records; see :class:`directory.matching.contract.Matcher`."""
        return StrictMatching(sorted(records, key=lambda record: record.key), decisions)


class StrictMatching:
    """One run of the rules. ``records`` are in order of their keys; everything inside speaks of positions in it."""

    def __init__(self, records: Sequence[MatchRecord], decisions: Decisions) -> None:
        self._records = records
        self._companies = [company(record) for record in records]
        self._position = {record.listing: position for position, record in enumerate(records)}
        self._clusters = Clusters(self._companies, self._known(decisions.cannot_link))
        self._decided: dict[int, int] = {}
        self._link = [ALONE] * len(records)
        contradicted = self._join_decided(self._known((*decisions.must_link, *decisions.same_site)))
        self._join_by_siren()
        capped, blocked = self._join_alike()
        self._counts = MatchCounts(capped=capped, blocked=blocked, contradicted=contradicted)
        groups = (sorted(records[position].listing for position in group) for group in self._clusters.groups())
        self._result = sorted(tuple(group) for group in groups)

    @property
    def clusters(self) -> Sequence[tuple[int, ...]]:
        """Listing ids of each company, ascending; clusters in ascending order of their first listing."""
        return self._result

    @property
    def counts(self) -> MatchCounts:
        """What was capped, blocked and contradicted."""
        return self._counts

    @property
    def reviews(self) -> Sequence[Review]:
        """Nothing: what is not certain stays apart."""
        return ()

    def site(self, listing: int) -> int:
        """Itself: these rules know no second level."""
        return listing

    def explain(self, listing: int) -> Match:
        """Why this listing is in its cluster; see :class:`directory.matching.contract.Matching`."""
        position = self._position[listing]
        record = self._records[position]
        if position in self._decided:
            return _confirmed(self._records[self._decided[position]].listing)
        if self._link[position] == ALONE:
            return Match(decision=MatchDecision.AUTOMATIC, score=1.0, method=_own_method(record))
        return _found(record, self._records[self._link[position]])

    def _known(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """The pairs as positions, in order; a decision on a listing that is withdrawn waits for its return."""
        places = self._position
        known = ((places[one], places[other]) for one, other in pairs if one in places and other in places)
        return sorted((min(pair), max(pair)) for pair in known)

    def _join_decided(self, pairs: Sequence[tuple[int, int]]) -> int:
        contradicted = 0
        for one, other in pairs:
            if self._clusters.join(one, other):
                self._decided.setdefault(one, other)
                self._decided.setdefault(other, one)
            else:
                contradicted += 1
        return contradicted

    def _join_by_siren(self) -> None:
        sirens: dict[str, list[int]] = defaultdict(list)
        for position, siren in enumerate(self._companies):
            if siren:
                sirens[siren].append(position)
        for group in sirens.values():
            for part in self._parts(group):
                self._link_by_identifier(part)

    def _parts(self, group: Sequence[int]) -> list[list[int]]:
        """One part, unless a steward parted listings of the same SIREN: each goes to the first that may hold it."""
        parts: list[list[int]] = []
        for position in group:
            home = next((part for part in parts if self._clusters.join(part[0], position)), None)
            if home is None:
                parts.append([position])
            else:
                home.append(position)
        return parts

    def _link_by_identifier(self, part: Sequence[int]) -> None:
        """Say of each listing which other has its SIRET, or else its SIREN."""
        sites: dict[str | None, list[int]] = defaultdict(list)
        for position in part:
            sites[self._records[position].siret].append(position)
        for siret, site in sites.items():
            peers = site if siret and len(site) > 1 else part
            for position in site if len(peers) > 1 else ():
                self._link[position] = peers[0] if peers[0] != position else peers[1]

    def _join_alike(self) -> tuple[int, int]:
        """Join by falling score; how many keys were capped and how many joins refused."""
        found = candidates(self._records, self._companies)
        blocked = 0
        for _, one, other in sorted(self._edges(found)):
            if not self._clusters.join(one, other):
                blocked += 1
                continue
            for position, peer in ((one, other), (other, one)):
                if self._link[position] == ALONE:
                    self._link[position] = peer
        return found.capped, blocked

    def _edges(self, found: Candidates) -> Iterator[tuple[float, int, int]]:
        for one, other in found.pairs:
            left, right = self._records[one], self._records[other]
            evidence = compare(left, right)
            if same_company(left, right, evidence, found.shared):
                yield -total(evidence), one, other


def company(record: MatchRecord) -> str | None:
    """The SIREN that a listing stands for: its own, else the one its SIRET begins with."""
    return record.siren or (record.siret[:9] if record.siret else None)


def _own_method(record: MatchRecord) -> MatchMethod:
    if record.siret:
        return MatchMethod.SIRET
    return MatchMethod.SIREN if record.siren else MatchMethod.EXACT


def _confirmed(against: int) -> Match:
    evidence = (Evidence("steward", None, None, 1.0, 1.0),)
    return Match(
        decision=MatchDecision.CONFIRMED, score=1.0, method=MatchMethod.STEWARD, against=against, evidence=evidence
    )


def _found(mine: MatchRecord, other: MatchRecord) -> Match:
    method, evidence = _by_identifier(mine, other) or (MatchMethod.EXACT, compare(mine, other))
    return Match(
        decision=MatchDecision.AUTOMATIC,
        score=total(evidence),
        method=method,
        against=other.listing,
        evidence=evidence,
    )


def _by_identifier(mine: MatchRecord, other: MatchRecord) -> tuple[MatchMethod, tuple[Evidence, ...]] | None:
    siren = company(mine)
    if mine.siret and mine.siret == other.siret:
        return MatchMethod.SIRET, (Evidence("siret", mine.siret, mine.siret, 1.0, 1.0),)
    if siren and siren == company(other):
        return MatchMethod.SIREN, (Evidence("siren", siren, siren, 1.0, 1.0),)
    return None
