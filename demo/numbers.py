"""Invented numbers that pass for real ones: SIREN, SIRET, phones; and the hash that seeds every choice.

No range of SIRENs is set apart for fiction, so any of these may belong to somebody: every demo record says that it is
invented. Phones are from the ranges that ARCEP sets apart for fiction (décision 2018-0881). Mobiles, 06 39 98,
are rare: libphonenumber does not take them for numbers, which makes them the demo's wrong phones.
"""

from typing import Final

_FICTION: Final = ("046571", "019900", "053649", "035301", "026191")
REFUSED_MOBILE: Final = "063998"
PHONES: Final = len(_FICTION) * 10_000
_MASK: Final = (1 << 64) - 1
# How many stems of SIRENs there are, and the first one: of old companies, and of all others.
_OLD: Final = (9_000_000, 1_000_000)
_USUAL: Final = (70_000_000, 30_000_000)
_FACTOR: Final = 7_368_787


def mixed(*parts: int) -> int:
    """A 64-bit hash of small numbers, the same on every machine (splitmix64's finaliser over a running state)."""
    state = 0
    for part in parts:
        state = (state + part + 1) * 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state


def siren(seed: int, number: int) -> str:
    """The SIREN of company ``number``: nine digits under Luhn's check, no two alike, one in 25 beginning with 0.

    Eight digits are a permutation of the company's number (the factor has no divisor in common with 10), the ninth is
    the check digit. First digits are those of companies: 3 to 9, and 0 for the oldest registers.
    """
    size, first = _OLD if number % 25 == 0 else _USUAL
    stem = (number * _FACTOR + mixed(seed, 1)) % size + first
    return _with_check_digit(f"{stem:08d}")


def number(seed: int, siren: str) -> int:
    """The company of a SIREN: the least number that has it, which for a SIREN of nobody's is one too large for any
    region, or has another SIREN.
    """
    size, first = _OLD if siren.startswith("0") else _USUAL
    return (int(siren[:8]) - first - mixed(seed, 1)) * pow(_FACTOR, -1, size) % size


def siret(siren: str, rank: int) -> str:
    """The SIRET of a company's establishment of a rank (from 1): the SIREN, four digits, the check digit."""
    return _with_check_digit(f"{siren}{rank:04d}")


def _with_check_digit(digits: str) -> str:
    """The digits and the one that makes Luhn's sum a multiple of ten."""
    odd, even = digits[-1::-2], digits[-2::-2]
    total = sum(map(int, even)) + sum(_DOUBLED[int(digit)] for digit in odd)
    return f"{digits}{-total % 10}"


_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def phone(seed: int, number: int) -> str:
    """A national number, ten digits; no two alike for :data:`PHONES` consecutive numbers."""
    block = _FICTION[number // 10_000 % len(_FICTION)]
    return f"{block}{(number * 7_919 + mixed(seed, 2)) % 10_000:04d}"
