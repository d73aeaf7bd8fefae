"""Invented SIRENs, SIRETs and phones: valid, each given out once, and no telling from a number who came before whom."""

# Steps are coprime to the size of their space, so that counting through it gives every number once.
_SIREN_SPACE, _SIREN_STEP, _SIREN_FIRST = 60_000_000, 26_544_443, 30_000_000
_PHONE_SPACE, _PHONE_STEP = 10_000_000, 3_141_593
_MOBILE_SPACE, _MOBILE_STEP = 90_000_000, 34_567_891


def siren(number: int, seed: int) -> str:
    """The SIREN of a company by its number, the same for the same seed."""
    body = f"{_SIREN_FIRST + (number * _SIREN_STEP + seed * 7_919) % _SIREN_SPACE:08}"
    return body + luhn(body)


def siret(siren_of: str, site: int) -> str:
    """The SIRET of a company's site, which are counted from 1."""
    body = f"{siren_of}{site:04}"
    return body + luhn(body)


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def luhn(body: str) -> str:
    """The check digit that makes a number valid."""
    odd, even = body[-2::-2].encode(), body[::-2].encode().translate(_DOUBLED)
    return str(-(sum(odd) + sum(even) - 48 * len(body)) % 10)


def fixed_phone(number: int) -> str:
    """A line of the south-east, in E.164."""
    return f"+3349{number * _PHONE_STEP % _PHONE_SPACE:07}"


def mobile_phone(number: int) -> str:
    """A mobile phone, in E.164."""
    return f"+336{10_000_000 + number * _MOBILE_STEP % _MOBILE_SPACE}"


def pooled_phone(number: int) -> str:
    """The line of an accountant or a secretariat that answers for many companies."""
    return f"+3344{number * _PHONE_STEP % _PHONE_SPACE:07}"
