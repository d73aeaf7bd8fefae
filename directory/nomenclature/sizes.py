"""Head-count bands: INSEE's "tranches d'effectif salarié" and the size of company each stands for."""

import re
from functools import cache
from typing import Final

from msgspec import Struct

from directory.normalise import fold
from directory.records import CompanySize


class Band(Struct, frozen=True):
    """A number of employees. ``code`` is INSEE's, None for a band that is not one of INSEE's."""

    code: str | None
    label: str
    size: CompanySize


# INSEE's code, fewest and most employees (Sirene, variable trancheEffectifsUniteLegale).
_BANDS: Final = (
    ("00", 0, 0),
    ("01", 1, 2),
    ("02", 3, 5),
    ("03", 6, 9),
    ("11", 10, 19),
    ("12", 20, 49),
    ("21", 50, 99),
    ("22", 100, 199),
    ("31", 200, 249),
    ("32", 250, 499),
    ("41", 500, 999),
    ("42", 1_000, 1_999),
    ("51", 2_000, 4_999),
    ("52", 5_000, 9_999),
)
_LAST: Final = 10_000
# Decree 2008-1354, by head-count alone: each category and the first number that is too many for it.
_SIZES: Final = ((CompanySize.MICRO, 10), (CompanySize.PME, 250), (CompanySize.ETI, 5_000))
_MOST: Final = 10_000_000

_THOUSANDS: Final = re.compile(r"(?<=\d)[ .](?=\d{3}\b)")
_RANGE: Final = re.compile(r"(\d+) ?(?:-|/|a|ou|et) ?(\d+)")
_NUMBER: Final = re.compile(r"\d+")
_FEWER: Final = re.compile(r"moins de|inferieur|<")
_OR_MORE: Final = re.compile(r"\+|plus|minimum|au moins|superieur|>")
_NO_EMPLOYER: Final = re.compile(r"non employeu|sans salarie|aucun")


def find(text: str) -> Band | None:
    """The band that a partner's text means, or None where it says nothing readable.

    Takes INSEE's codes (``21``, ``NN``), a number of people (``75``, ``12 salariés``) and ranges (``50-99``, ``50 à 99
    salariés``, ``moins de 10``, ``250 et plus``). Two bare digits that are a code are the code: what is known to be a
    number goes to :func:`of_headcount`.
    """
    plain = fold(text[:100])
    known = get(plain.upper())
    if known:
        return known
    if _NO_EMPLOYER.search(plain):
        return get("NN")
    plain = _THOUSANDS.sub("", plain)
    ends = _RANGE.search(plain)
    if ends:
        return _of_range(int(ends[1]), int(ends[2]))
    number = _NUMBER.search(plain)
    return _of_one_number(int(number[0]), plain) if number else None


def get(code: str) -> Band | None:
    """The band of an INSEE code."""
    return _by_code().get(code)


def bands() -> tuple[Band, ...]:
    """INSEE's bands, smallest first."""
    return tuple(_by_code().values())


def of_headcount(people: int) -> Band | None:
    """INSEE's band of a number of employees; None for a number that no company has."""
    if not 0 <= people <= _MOST:
        return None
    return get(next((code for code, _, most in _BANDS if people <= most), "53"))


def _of_one_number(people: int, plain: str) -> Band | None:
    if _FEWER.search(plain):
        return _of_range(0, people - 1)
    if _OR_MORE.search(plain) and people < _LAST:
        return Band(None, f"{_spaced(people)} salariés et plus", _size(people))
    return of_headcount(people)


def _of_range(fewest: int, most: int) -> Band | None:
    """INSEE's band, or one of its own whose size is that of its middle (``1-10`` is mostly MICRO)."""
    if not fewest <= most <= _MOST:
        return None
    code = next((code for code, *ends in _BANDS if ends == [fewest, most]), None)
    if code:
        return get(code)
    return Band(None, f"{_spaced(fewest)} à {_spaced(most)} salariés", _size((fewest + most) // 2))


def _size(people: int) -> CompanySize:
    return next((size for size, too_many in _SIZES if people < too_many), CompanySize.GE)


@cache
def _by_code() -> dict[str, Band]:
    labels = {code: f"{_spaced(fewest)} à {_spaced(most)} salariés" for code, fewest, most in _BANDS}
    labels |= {"00": "0 salarié", "01": "1 ou 2 salariés"}
    bands = [Band(code, labels[code], _size(most)) for code, _, most in _BANDS]
    first = Band("NN", "Unité non employeuse", CompanySize.MICRO)
    last = Band("53", f"{_spaced(_LAST)} salariés et plus", CompanySize.GE)
    return {band.code: band for band in (first, *bands, last) if band.code}


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
