"""Two profiles in, the match weight of the pair out, and why."""

from collections.abc import Callable, Sequence
from math import log2
from operator import attrgetter
from typing import Final

from directory.matching import levels
from directory.matching.contract import Evidence
from directory.matching.model import FREQUENCIES, Level, Model
from directory.matching.profiles import Profile

_ROUNDING: Final = 1e-9  # bits: more than the order of a sum makes out

Compare = Callable[[Profile, Profile], int]

COMPARISONS: Final[dict[str, Compare]] = {
    "name": levels.name,
    "address": levels.address,
    "contact": levels.contact,
    "naf": levels.naf,
    "siren": levels.siren,
    "directory": levels.directory,
}


def _place(profile: Profile) -> str | None:
    town = profile.postcode or profile.commune
    return ", ".join(part for part in (f"{profile.number} {profile.street}".strip(), town) if part) or None


# What is shown of either side, by comparison.
_SHOWN: Final[dict[str, Callable[[Profile], str | None]]] = {
    "name": attrgetter("name"),
    "address": _place,
    "contact": lambda profile: ", ".join(filter(None, (profile.phone, profile.email or profile.domain))) or None,
    "naf": attrgetter("naf"),
    "siren": attrgetter("siren"),
    "directory": attrgetter("partner"),
}


class Scorer:
    """A model made ready for a store of so many listings (:attr:`directory.matching.terms.Terms.population`)."""

    def __init__(self, model: Model, population: int) -> None:
        self.prior = model.prior(population)
        self._model = model
        self._plan = [(compare, *_worth(name, model.comparisons[name])) for name, compare in COMPARISONS.items()]
        (_, bits, frequencies), *self._others = self._plan
        self._name = max(_of(None, bits, frequencies))
        self._names = [(field, max(_of(field, bits, frequencies))) for field in {*frequencies} if field]

    def weight(self, left: Profile, right: Profile) -> float:
        """The match weight in bits, the prior included. The same whichever of the two is left."""
        total = self.prior
        for compare, bits, frequencies in self._plan:
            level = compare(left, right)
            total += bits[level]
            if field := frequencies[level]:
                total -= max(getattr(left, field), getattr(right, field))
        return total

    def may_reach(self, least: float, left: Profile, right: Profile) -> bool:
        """Whether the match weight can be so much: whatever their names are like, which takes the longest to find."""
        most = self._name
        for field, worth in self._names:
            most = max(most, worth - max(getattr(left, field), getattr(right, field)))
        most += self.prior
        for compare, bits, frequencies in self._others:
            level = compare(left, right)
            most += bits[level]
            if named := frequencies[level]:
                most -= max(getattr(left, named), getattr(right, named))
        return most >= least - _ROUNDING

    def bits(self, comparison: str, level: int) -> float:
        """What a level adds where no frequency counts."""
        return self._model.comparisons[comparison][level].bits

    def evidence(self, left: Profile, right: Profile) -> tuple[Evidence, ...]:
        """Every comparison that could be made; with the prior, their weights add up to the match weight."""
        found = []
        for (name, compare), (_, bits, frequencies) in zip(COMPARISONS.items(), self._plan, strict=True):
            level = compare(left, right)
            if level != levels.UNKNOWN:
                found.append(self._line(name, level, bits[level], frequencies[level], left, right))
        return tuple(found)

    def _line(self, name: str, level: int, bits: float, field: str | None, left: Profile, right: Profile) -> Evidence:
        known = self._model.comparisons[name]
        weight = bits - max(getattr(left, field), getattr(right, field)) if field else bits
        return Evidence(
            feature=name,
            left=_SHOWN[name](left),
            right=_SHOWN[name](right),
            weight=weight,
            score=1 - level / (len(known) - 1),
            level=known[level].name,
            frequency=weight - known[level].bits if field else 0.0,
        )


def _worth(name: str, known: Sequence[Level]) -> tuple[tuple[float, ...], tuple[str | None, ...]]:
    """Bits of each level, from which the frequency is still to be taken where a field of it is named; the last place,
    which :data:`directory.matching.levels.UNKNOWN` finds, is for what cannot be compared.
    """
    fields = [FREQUENCIES.get((name, level.name)) for level in known]
    bits = [log2(level.m) if field else level.bits for level, field in zip(known, fields, strict=True)]
    return (*bits, 0.0), (*fields, None)


def _of(field: str | None, bits: Sequence[float], frequencies: Sequence[str | None]) -> list[float]:
    """What levels of this frequency are worth before it is taken from them."""
    return [worth for worth, named in zip(bits, frequencies, strict=True) if named == field]
