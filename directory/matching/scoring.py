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
        (_, bits, rarities), *self._others = self._plan
        names = list(zip(bits, rarities, strict=True))
        self._name = max(worth for worth, rarity in names if rarity is None)
        self._names = [(rarity, worth) for worth, rarity in names if rarity]

    def weight(self, left: Profile, right: Profile) -> float:
        """The match weight in bits, the prior included. The same whichever of the two is left."""
        total = self.prior
        for compare, bits, frequencies in self._plan:
            level = compare(left, right)
            total += bits[level]
            if rarity := frequencies[level]:
                total += rarity.bits(left, right)
        return total

    def may_reach(self, least: float, left: Profile, right: Profile) -> bool:
        """Whether the match weight can be so much: whatever their names are like, which takes the longest to find."""
        most = self._name
        for rarity, worth in self._names:
            most = max(most, worth + rarity.bits(left, right))
        most += self.prior
        for compare, bits, frequencies in self._others:
            level = compare(left, right)
            most += bits[level]
            if rarity := frequencies[level]:
                most += rarity.bits(left, right)
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

    def _line(
        self, name: str, level: int, bits: float, rarity: "_Rarity | None", left: Profile, right: Profile
    ) -> Evidence:
        known = self._model.comparisons[name]
        added = rarity.bits(left, right) if rarity else 0.0
        return Evidence(
            feature=name,
            left=_SHOWN[name](left),
            right=_SHOWN[name](right),
            weight=bits + added,
            score=1 - level / (len(known) - 1),
            level=known[level].name,
            frequency=added,
        )


class _Rarity:
    """What the value's own frequency adds to the bits of a level, ``usual`` being log2 of the level's u."""

    def __init__(self, field: str, usual: float) -> None:
        self._frequency, self._usual = attrgetter(field), usual

    def bits(self, left: Profile, right: Profile) -> float:
        """As Splink has it: the more frequent of both sides counts, or the one that is known; nothing, if none is."""
        one, other = self._frequency(left), self._frequency(right)
        known = other if one is None or (other is not None and other > one) else one
        return 0.0 if known is None else self._usual - known


def _worth(name: str, known: Sequence[Level]) -> tuple[tuple[float, ...], tuple[_Rarity | None, ...]]:
    """Bits of each level, and what rarity adds to them; the last place, which
    :data:`directory.matching.levels.UNKNOWN` finds, is for what cannot be compared.
    """
    fields = [FREQUENCIES.get((name, level.name)) for level in known]
    rarities = [_Rarity(field, log2(level.u)) if field else None for level, field in zip(known, fields, strict=True)]
    return (*(level.bits for level in known), 0.0), (*rarities, None)
