"""Where invented companies are: real communes by population, invented streets, points near the town hall."""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import Final

from msgspec import Struct

from demo.wording import words
from directory import geography
from directory.geography import Commune

# The partners are of Marseille: their home department weighs more than its people.
_HOME: Final = "13"
_HOME_WEIGHT: Final = 2
_PARENTS: Final = frozenset({"13055"})  # Marseille is drawn by arrondissement

_WAYS: Final = ("rue", "avenue", "boulevard", "chemin", "impasse", "route", "place", "allée", "traverse", "cours")
_WAY_WEIGHTS: Final = tuple(accumulate((38, 17, 10, 12, 6, 7, 4, 4, 1.5, 1)))
_KM_PER_DEGREE: Final = 111.2
_COS_43_5: Final = 0.7254


class Place(Struct, frozen=True):
    """An address as a careful clerk writes it, and its point (WGS 84 degrees)."""

    street: str
    complement: str | None
    postcode: str
    commune: Commune
    latitude: float
    longitude: float


@cache
def _communes() -> tuple[Sequence[Commune], Sequence[float]]:
    chosen = [commune for commune in geography.communes() if commune.code not in _PARENTS]
    weights = (commune.population * (_HOME_WEIGHT if commune.department == _HOME else 1) for commune in chosen)
    return chosen, list(accumulate(weights))


def any_commune(rng: Random) -> Commune:
    """A commune of the region, by population."""
    chosen, weights = _communes()
    return rng.choices(chosen, cum_weights=weights)[0]


def place_in(commune: Commune, rng: Random, *, zone: float = 0.1) -> Place:
    """An address in a commune; ``zone`` is the share of business parks."""
    vocabulary = words()
    if rng.random() < zone:
        street = rng.choice(vocabulary.zones).format(lieu=rng.choice(vocabulary.lieux))
        if rng.random() < 0.5:
            street = f"{rng.randrange(1, 60)} {_way(rng)}, {street}"
    else:
        repeated = (" bis" if rng.random() < 0.7 else " ter") if rng.random() < 0.06 else ""
        street = f"{min(int(rng.expovariate(0.02)) + 1, 420)}{repeated} {_way(rng)}"
    complement = rng.choice(vocabulary.complements) if rng.random() < 0.12 else None
    latitude, longitude = _near(commune, rng)
    return Place(street, complement, rng.choice(commune.postcodes), commune, latitude, longitude)


def _way(rng: Random) -> str:
    return f"{rng.choices(_WAYS, cum_weights=_WAY_WEIGHTS)[0]} {rng.choice(words().voies)}"


def _near(commune: Commune, rng: Random) -> tuple[float, float]:
    """A point around the town hall: a town of 50,000 spreads over about 1.5 km, none over more than 4."""
    spread = min(0.35 + commune.population**0.5 / 200, 2.0) / _KM_PER_DEGREE
    north, east = (max(-2.0, min(2.0, rng.gauss(0, 1))) * spread for _ in range(2))
    return round(commune.location.latitude + north, 6), round(commune.location.longitude + east / _COS_43_5, 6)
