"""What the official register alone knows of a company: since when it is closed, and what may be shown of it.

Drawn apart from everything else, so that the same seed gives the same companies with and without a register.
"""

from datetime import date, timedelta
from random import Random
from typing import Final

from msgspec import Struct

from demo import numbers
from demo.company import Company, is_promised

_NOW: Final = date(2026, 10, 1)  # nothing is closed later
_CLOSED: Final = 0.04
_CLOSED_DAYS: Final = 600  # since when, on average
# Shares under partial diffusion: people ask for it, companies rarely do. Some may not be shown at all.
_PARTIAL_PERSON: Final = 0.06
_PARTIAL_COMPANY: Final = 0.01
_NONE: Final = 0.002


class Entry(Struct, frozen=True):
    """A company in the register. ``diffusion`` is INSEE's "statut de diffusion": O, P or N."""

    founded_on: date
    closed_on: date | None = None
    diffusion: str = "O"


def entry(seed: int, company: Company) -> Entry:
    """The register's entry of a company; those that the demo promises are open and shown whole."""
    number = company.sketch.number
    rng = Random(numbers.mixed(seed, number, 7))
    founded_on = date(company.founded, rng.randrange(1, 13), rng.randrange(1, 29))
    if is_promised(number):
        return Entry(founded_on)
    return Entry(founded_on, _closed_on(founded_on, rng), _diffusion(company, rng))


def _closed_on(founded_on: date, rng: Random) -> date | None:
    if rng.random() >= _CLOSED:
        return None
    return max(_NOW - timedelta(days=1 + int(rng.expovariate(1 / _CLOSED_DAYS))), founded_on + timedelta(days=1))


def _diffusion(company: Company, rng: Random) -> str:
    drawn = rng.random()
    if drawn < _NONE:
        return "N"
    partial = _PARTIAL_COMPANY if company.person is None else _PARTIAL_PERSON
    return "P" if drawn < _NONE + partial else "O"
