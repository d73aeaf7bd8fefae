"""Values of a record checked one by one: the canonical form, or nothing and a flag that keeps the partner's text."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

from connectors import readers
from directory import identifiers
from directory.identifiers import InvalidValue
from directory.records import Disclosure, Flag, SupplierStatus

_T = TypeVar("_T")
_MAX_FLAG: Final = 200
_MAX_ADDRESS: Final = 2_000
_POSTCODE: Final = re.compile(r"\d{4,5}")
# Nearly every page's address, recognised without taking it apart.
_PLAIN_PAGE: Final = re.compile(r"https?://[A-Za-z0-9.-]*[A-Za-z0-9](?:/[A-Za-z0-9._~/-]*)?")
_YEAR: Final = re.compile(r"(\d{4})(?:\D.*)?")
_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")
_STATES: Final[Mapping[str, SupplierStatus]] = {
    "A": SupplierStatus.ACTIVE,
    "C": SupplierStatus.CLOSED,
    "F": SupplierStatus.CLOSED,
}
_DIFFUSIONS: Final[Mapping[str, Disclosure]] = {
    "O": Disclosure.FULL,
    "P": Disclosure.PARTIAL,
    "N": Disclosure.OPTED_OUT,
}


class Checks:
    """The checks of one record; ``flags`` grows with each value that fails."""

    def __init__(self) -> None:
        self.flags: list[Flag] = []

    def value(self, field: str, text: str, check: Callable[[str], _T]) -> _T | None:
        """The checked value; ``None`` without a flag where the text is empty."""
        if not text:
            return None
        try:
            return check(text)
        except InvalidValue as invalid:
            self.flag(field, invalid.code, text)
            return None

    def company(self, siren: str, siret: str) -> tuple[str | None, str | None]:
        """SIREN and SIRET. A SIRET that does not begin with the SIREN is another company's: it is flagged ``RANGE``."""
        company = self.value("siren", siren, identifiers.siren)
        site = self.value("siret", siret, identifiers.siret)
        if site and company and not site.startswith(company):
            self.flag("siret", "RANGE", siret)
            return company, None
        return company, site

    def flag(self, field: str, code: str, text: str) -> None:
        """Keeps a text that failed, in bounds."""
        self.flags.append(Flag(field, code, text[:_MAX_FLAG]))


def postcode(text: str) -> str:
    """Five digits; a leading zero that a spreadsheet lost is put back."""
    digits = text.replace(" ", "")
    if not digits.isascii() or not _POSTCODE.fullmatch(digits):
        raise InvalidValue("FORMAT", text)
    return digits.rjust(5, "0")


def year(text: str) -> int:
    """The year of a date or a year alone, from 1000 to 2100."""
    match = _YEAR.fullmatch(text)
    if match is None:
        raise InvalidValue("FORMAT", text)
    if not 1000 <= int(match[1]) <= 2100:
        raise InvalidValue("RANGE", text)
    return int(match[1])


def day(text: str) -> date:
    """The day of an ISO date, whatever the time that follows it."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise InvalidValue("FORMAT", text) from None


def state(text: str) -> SupplierStatus:
    """INSEE's "état administratif": A for active, C for a company that ceased, F for an establishment that closed."""
    known = _STATES.get(text.upper())
    if known is None:
        raise InvalidValue("UNKNOWN", text)
    return known


def diffusion(text: str) -> Disclosure:
    """INSEE's "statut de diffusion": O for all of it, P for a part of it, N for none."""
    known = _DIFFUSIONS.get(text.upper())
    if known is None:
        raise InvalidValue("UNKNOWN", text)
    return known


def latitude(text: str) -> float:
    """Degrees north."""
    return _degrees(text, 90)


def longitude(text: str) -> float:
    """Degrees east."""
    return _degrees(text, 180)


def page_address(text: str) -> str:
    """The http address of a page at the partner's; unlike a company's site it may be on any host."""
    if _PLAIN_PAGE.fullmatch(text) and len(text) <= _MAX_ADDRESS:
        return text
    try:
        parts = urlsplit(text)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_web = False
    if not is_web or " " in text or len(text) > _MAX_ADDRESS:
        raise InvalidValue("FORMAT", text)
    return text


@lru_cache(maxsize=4_096)
def slug(text: str) -> str:
    """A code for a partner's own word: ``Métiers d'art`` → ``metiers-d-art``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return _NOT_SLUG.sub("-", plain).strip("-") or text.casefold()


def _degrees(text: str, bound: int) -> float:
    value = readers.number(text)
    if value is None or not math.isfinite(value):
        raise InvalidValue("FORMAT", text)
    if abs(value) > bound:
        raise InvalidValue("RANGE", text)
    return value
