"""Why a listing is where it is: a steward's word, an official number, or weights that add up."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from directory.matching.constraints import Constraints
from directory.matching.contract import Evidence, Match
from directory.matching.model import Model
from directory.matching.profiles import Profile
from directory.matching.scoring import Scorer
from directory.records import MatchDecision, MatchMethod


class Explainer:
    """Explains memberships, spoken of by positions, of one matching."""

    def __init__(self, profiles: Sequence[Profile], scorer: Scorer, model: Model, constraints: Constraints) -> None:
        self._profiles, self._scorer, self._model = profiles, scorer, model
        self._decided: defaultdict[int, list[int]] = defaultdict(list)
        for left, right in constraints.must_link:
            self._decided[left].append(right)
            self._decided[right].append(left)

    def explain(self, position: int, peers: Collection[int], company: Collection[int]) -> Match:
        """``peers`` are the others of its site, ``company`` all of its company."""
        mine = self._profiles[position]
        if decided := [each for each in self._decided.get(position, ()) if each in company]:
            line = Evidence("steward", None, None, 0.0, 1.0, "one company")
            return self._settled(MatchMethod.STEWARD, min(decided), line, MatchDecision.CONFIRMED)
        if mine.siret and (same := [each for each in peers if self._profiles[each].siret == mine.siret]):
            return self._settled(MatchMethod.SIRET, min(same), _same("siret", mine.siret))
        if mine.siren and (same := [each for each in peers if self._profiles[each].siren == mine.siren]):
            return replace(self._weighed(mine, self._most_alike(mine, same)), method=MatchMethod.SIREN, score=1.0)
        if mine.siren and (same := [each for each in company if self._has_its_siren(each, position)]):
            return self._settled(MatchMethod.SIREN, min(same), _same("siren", mine.siren))
        if peers:
            return self._weighed(mine, self._most_alike(mine, peers))
        return Match(decision=MatchDecision.AUTOMATIC, score=1.0, method=_own_method(mine))

    def _settled(
        self, method: MatchMethod, against: int, line: Evidence, decision: MatchDecision = MatchDecision.AUTOMATIC
    ) -> Match:
        other = self._profiles[against].listing
        return Match(decision=decision, score=1.0, method=method, against=other, evidence=(line,))

    def _weighed(self, mine: Profile, against: int) -> Match:
        theirs = self._profiles[against]
        weight = self._scorer.weight(mine, theirs)
        return Match(
            decision=MatchDecision.AUTOMATIC,
            score=self._model.confident(weight),
            method=MatchMethod.PROBABILISTIC,
            against=theirs.listing,
            evidence=self._scorer.evidence(mine, theirs),
            weight=weight,
            prior=self._scorer.prior,
        )

    def _most_alike(self, mine: Profile, others: Collection[int]) -> int:
        return max(others, key=lambda each: (self._scorer.weight(mine, self._profiles[each]), -each))

    def _has_its_siren(self, other: int, position: int) -> bool:
        return other != position and self._profiles[other].siren == self._profiles[position].siren


def _same(feature: str, number: str) -> Evidence:
    return Evidence(feature, number, number, 0.0, 1.0, f"same {feature.upper()}")


def _own_method(profile: Profile) -> MatchMethod:
    if profile.siret:
        return MatchMethod.SIRET
    return MatchMethod.SIREN if profile.siren else MatchMethod.EXACT
