"""One Provence of invented companies and the five directories that overlap over it, all from a seed."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from random import Random
from typing import Final

from demo import numbers
from demo.clocks import to_ms
from demo.company import Company, Sketch, company, sketched
from demo.ledger import Key, Record
from demo.register import Entry, entry
from demo.views import VIEWS, View

COMPANIES: Final = 12_000
PARTNERS: Final = ("chambre", "cmar", "cpme13", "cress_paca", "french_tech")
# Instants of last change lie in these two years: whatever a test edits is later.
_FIRST: Final = to_ms(datetime(2024, 10, 1, tzinfo=UTC))
_LAST: Final = to_ms(datetime(2026, 10, 1, tzinfo=UTC))

# Chance that a directory lists a company of each world, in the order of PARTNERS; CPME 13 is drawn apart.
_CHANCES: Final = {
    "craft": (0.28, 0.94, 0.0, 0.02, 0.0),
    "business": (0.94, 0.07, 0.0, 0.03, 0.05),
    "social": (0.36, 0.02, 0.0, 0.95, 0.05),
    "startup": (0.65, 0.0, 0.0, 0.1, 0.95),
}
_HOME: Final = {"craft": 1, "business": 0, "social": 3, "startup": 4}
_CPME: Final = 2
_CPME_NEAR, _CPME_FAR = 0.6, 0.07  # in and out of the Bouches-du-Rhône
_CPME_BELOW: Final = 250  # employees
_MOST: Final = 4
_SITES: Final = 8  # a listing is packed as company × 8 + establishment


class Region:
    """``companies`` invented companies, each made on demand from ``(seed, number)``, and who lists them."""

    def __init__(self, seed: int = 13, companies: int = COMPANIES) -> None:
        if not 1 <= companies <= 2_000_000:
            raise ValueError(f"a demo has 1 to 2,000,000 companies, not {companies}: choose a number in between")
        self.seed = seed
        self.companies = companies

    def company(self, number: int) -> Company:
        """Company ``number``, from 0."""
        return company(self.seed, number)

    def entry(self, number: int) -> Entry:
        """What the official register says of company ``number``."""
        return entry(self.seed, self.company(number))

    def number(self, siren: str) -> int | None:
        """The company of a SIREN (nine digits); ``None`` where it is nobody's."""
        number = numbers.number(self.seed, siren)
        return number if number < self.companies and numbers.siren(self.seed, number) == siren else None

    def stock(self, partner: str) -> "PartnerStock":
        """What one partner lists."""
        return PartnerStock(self, partner, self._listed[partner])

    @cached_property
    def _listed(self) -> Mapping[str, "array[int]"]:
        """Packed listings of each partner, in an order that says nothing about the companies' numbers."""
        listed: dict[str, list[int]] = {partner: [] for partner in PARTNERS}
        for number in range(self.companies):
            sketch, _ = sketched(self.seed, number)
            for partner in memberships(self.seed, sketch):
                sites = 1 + sketch.extra_sites if partner == "chambre" else 1
                listed[partner].extend(number * _SITES + site for site in range(sites))
        for rank, packed in enumerate(listed.values()):
            Random(numbers.mixed(self.seed, rank, 3)).shuffle(packed)
        return {partner: array("q", packed) for partner, packed in listed.items()}


def memberships(seed: int, sketch: Sketch) -> list[str]:
    """The one to four directories that list a company."""
    rng = Random(numbers.mixed(seed, sketch.number, 4))
    chances = _CHANCES[sketch.world]
    drawn = [rank for rank, chance in enumerate(chances) if rng.random() < chance]
    near = _CPME_NEAR if sketch.commune.department == "13" else _CPME_FAR
    if sketch.heads < _CPME_BELOW and rng.random() < near:
        drawn.append(_CPME)
    return [PARTNERS[rank] for rank in sorted(drawn or [_HOME[sketch.world]])[:_MOST]]


class PartnerStock:
    """One partner's listings of a region: keys and instants at once, records when asked for."""

    def __init__(self, region: Region, partner: str, listed: "array[int]") -> None:
        self._region = region
        self._view: View = VIEWS[partner]
        self._rank = PARTNERS.index(partner)
        self._listed = listed
        self._instants = self._drawn_instants()

    def entries(self) -> Iterator[tuple[Key, int]]:
        """Key and instant of last change of every listing."""
        return ((self._view.key(position), instant) for position, instant in enumerate(self._instants))

    def record(self, key: Key) -> Record:
        """The listing as the partner holds it."""
        position = self._view.position(key)
        number, site = divmod(self._listed[position], _SITES)
        rng = Random(numbers.mixed(self._region.seed, number, site, self._rank, 5))
        return self._view.record(self._region.company(number), site, key, self._instants[position], rng)

    def companies(self) -> Iterable[tuple[Key, int]]:
        """Key and company's number of every listing."""
        return ((self._view.key(position), packed // _SITES) for position, packed in enumerate(self._listed))

    def _drawn_instants(self) -> "array[int]":
        """When each listing last changed, as finely as the partner notes it; Kinto gives no instant twice."""
        step, seed = self._view.resolution, self._region.seed
        drawn = (
            _FIRST + numbers.mixed(seed, packed, self._rank, 6) % (_LAST - _FIRST) // step * step
            for packed in self._listed
        )
        return array("q", _all_different(drawn) if self._view.instants_differ else drawn)


def _all_different(instants: Iterable[int]) -> Iterator[int]:
    taken: set[int] = set()
    for drawn in instants:
        instant = next(free for free in count(drawn) if free not in taken)
        taken.add(instant)
        yield instant


def truth(region: Region) -> dict[tuple[str, str], int]:
    """(partner, external id) → number of the company behind the listing: to measure by, never served."""
    return {(partner, str(key)): number for partner in PARTNERS for key, number in region.stock(partner).companies()}
