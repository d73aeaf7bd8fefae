"""Why a listing is where it is: a steward's word, an official number, or weights that add up."""

from collections.abc import Collection, Sequence

from directory.matching.constraints import Constraints
from directory.matching.contract import Evidence, Match
from directory.matching.model import Model
from directory.matching.profiles import Profile
from directory.matching.scoring import Scorer
from directory.records import MatchDecision, MatchMethod


class Explainer:
    """Explains memberships, spoken of by positions, of one matching."""

    def __init__(self, profiles: Sequence[Profile], scorer: Scorer, model: Model, constraints: Constraints) -> None:
        self._profiles, self._scorer, self._model, self._constraints = profiles, scorer, model, constraints

    def explain(self, position: int, peers: Collection[int], company: Collection[int]) -> Match:
        """``peers`` are the others of its site, ``company`` all of its company."""
        decided = self._decided(position, company)
        if decided is not None:
            line = Evidence("steward", None, None, 0.0, 1.0, "one company")
            return self._settled(MatchMethod.STEWARD, decided, line, MatchDecision.CONFIRMED)
        mine = self._profiles[position]
        if mine.siret and (same := [each for each in peers if self._profiles[each].siret == mine.siret]):
            line = Evidence("siret", mine.siret, mine.siret, 0.0, 1.0, "same SIRET")
            return self._settled(MatchMethod.SIRET, min(same), line)
        if peers:
            return self._weighed(mine, max(peers, key=lambda each: (self._weight(mine, each), -each)))
        if mine.siren and (same := [each for each in company if self._is_namesake(position, each)]):
            line = Evidence("siren", mine.siren, mine.siren, 0.0, 1.0, "same SIREN")
            return self._settled(MatchMethod.SIREN, min(same), line)
        return Match(decision=MatchDecision.AUTOMATIC, score=1.0, method=_own_method(mine))

    def _decided(self, position: int, company: Collection[int]) -> int | None:
        """The other one of the first decision that put this listing into its company."""
        for left, right in self._constraints.must_link:
            if position in (left, right):
                other = right if position == left else left
                if other in company:
                    return other
        return None

    def _settled(
        self, method: MatchMethod, against: int, line: Evidence, decision: MatchDecision = MatchDecision.AUTOMATIC
    ) -> Match:
        return Match(
            decision=decision,
            score=1.0,
            method=method,
            against=self._profiles[against].listing,
            evidence=(line,),
        )

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

    def _weight(self, mine: Profile, other: int) -> float:
        return self._scorer.weight(mine, self._profiles[other])

    def _is_namesake(self, position: int, other: int) -> bool:
        return other != position and self._profiles[other].siren == self._profiles[position].siren


def _own_method(profile: Profile) -> MatchMethod:
    if profile.siret:
        return MatchMethod.SIRET
    return MatchMethod.SIREN if profile.siren else MatchMethod.EXACT
