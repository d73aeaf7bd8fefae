"""Any two listings side by side, of one supplier or of two: what speaks for them, if they meet, what holds them."""

from collections import Counter
from collections.abc import Collection, Sequence
from enum import StrEnum

from msgspec import Struct

from directory.matching.blocking import LARGEST, Key, keys_of
from directory.matching.comparing import Thresholds
from directory.matching.constraints import Constraints
from directory.matching.contract import Decisions, Match, MatchRecord
from directory.matching.keys import company
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.matching.profiles import Profile, profile_of
from directory.matching.scoring import Scorer
from directory.matching.terms import Terms
from directory.records import MatchDecision, MatchMethod


class Verdict(StrEnum):
    """What the weight of two listings says by itself."""

    AUTOMATIC = "AUTOMATIC"  # one establishment, without asking
    REVIEW = "REVIEW"  # a steward is asked
    APART = "APART"  # two


class Tie(StrEnum):
    """What settles two listings whatever their likeness."""

    STEWARD = "STEWARD"
    SIRET = "SIRET"
    SIREN = "SIREN"


class SharedKey(Struct, frozen=True):
    """A blocking key of both. ``listings`` carry it; where these are more than ``most``, it brings nobody together."""

    kind: str
    value: str
    listings: int
    most: int

    @property
    def is_used(self) -> bool:
        """Whether listings are compared for its sake."""
        return self.listings <= self.most


class Pairing(Struct, frozen=True, kw_only=True):
    """Two listings compared. ``joined`` and ``parted`` name what holds them together or apart besides likeness; that
    which parts them may be of other listings of their suppliers.
    """

    left: Profile
    right: Profile
    match: Match
    verdict: Verdict
    keys: tuple[SharedKey, ...]
    joined: tuple[Tie, ...]
    parted: tuple[Tie, ...]

    @property
    def do_meet(self) -> bool:
        """Whether a blocking key has the two compared at all."""
        return any(key.is_used for key in self.keys)


def pair(
    left: MatchRecord,
    right: MatchRecord,
    records: Sequence[MatchRecord],
    decisions: Decisions,
    matcher: ProbabilisticMatcher,
    companies: tuple[Collection[int], Collection[int]] = ((), ()),
    terms: Terms | None = None,
) -> Pairing:
    """Compare two of these records, without ``terms`` by the frequencies of all of them.

    ``companies`` are the listings of either one's supplier, among which is what may keep the two suppliers apart.
    """
    terms = terms or Terms.of(records)
    near = {left.listing, right.listing, *companies[0], *companies[1]}
    involved = [record for record in records if record.listing in near]
    mine, theirs = profile_of(left, terms), profile_of(right, terms)
    scorer = Scorer(matcher.model, terms.population)
    weight = scorer.weight(mine, theirs)
    verdict = verdict_of(weight, matcher.thresholds)
    return Pairing(
        left=mine,
        right=theirs,
        match=Match(
            decision=MatchDecision.AUTOMATIC if verdict is Verdict.AUTOMATIC else MatchDecision.PENDING,
            score=matcher.model.confident(weight),
            method=MatchMethod.PROBABILISTIC,
            against=right.listing,
            evidence=scorer.evidence(mine, theirs),
            weight=weight,
            prior=scorer.prior,
        ),
        verdict=verdict,
        keys=_shared(keys_of(mine) & keys_of(theirs), records, terms),
        joined=_joined(left, right, decisions),
        parted=_parted(mine, theirs, [profile_of(record, terms) for record in involved], decisions, companies),
    )


def verdict_of(weight: float, thresholds: Thresholds) -> Verdict:
    """What is done with two listings of this weight."""
    if weight >= thresholds.automatic:
        return Verdict.AUTOMATIC
    return Verdict.REVIEW if weight >= thresholds.review else Verdict.APART


def _shared(keys: Collection[Key], records: Sequence[MatchRecord], terms: Terms) -> tuple[SharedKey, ...]:
    counts: Counter[Key] = Counter()
    if keys:
        for record in records:
            counts.update(key for key in keys_of(profile_of(record, terms)) if key in keys)
    found = (SharedKey(key[0], " ".join(filter(None, key[1:])), counts[key], LARGEST[key[0]]) for key in keys)
    return tuple(sorted(found, key=lambda key: (not key.is_used, key.listings, key.kind, key.value)))


def _joined(left: MatchRecord, right: MatchRecord, decisions: Decisions) -> tuple[Tie, ...]:
    pairs = {frozenset(said) for said in (*decisions.must_link, *decisions.same_site)}
    ties = {
        Tie.STEWARD: frozenset((left.listing, right.listing)) in pairs,
        Tie.SIRET: bool(left.siret and left.siret == right.siret),
        Tie.SIREN: bool(company(left) and company(left) == company(right)),
    }
    return tuple(tie for tie, holds in ties.items() if holds)


def _parted(
    left: Profile,
    right: Profile,
    involved: Sequence[Profile],
    decisions: Decisions,
    companies: tuple[Collection[int], Collection[int]],
) -> tuple[Tie, ...]:
    """A SIRET parts the two as sites; a steward and a SIREN part their companies, by whichever listing."""
    sides = {left.listing, *companies[0]}, {right.listing, *companies[1]}
    constraints = Constraints(involved, decisions)
    mine, theirs = ([place for place, one in enumerate(involved) if one.listing in side] for side in sides)
    is_one_company = right.listing in sides[0]
    ties = {
        Tie.STEWARD: not is_one_company and constraints.parted(mine, theirs),
        Tie.SIRET: bool(left.siret and right.siret and left.siret != right.siret),
        Tie.SIREN: not is_one_company and constraints.two_companies(mine, theirs),
    }
    return tuple(tie for tie, holds in ties.items() if holds)
