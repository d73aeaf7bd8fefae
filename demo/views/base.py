"""What the partners' ways of writing have in common: which address they know, which name, which phone."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random
from typing import ClassVar, Final

from demo import numbers
from demo.company import Company, Site
from demo.ledger import Key, Record
from demo.spelling import abbreviated, capitals, dialled, miskeyed, mistyped, unaccented

INVENTED: Final = "donnée inventée"

_WRITTEN_FORMS: Final = frozenset(
    ("SARL", "SAS", "SASU", "EURL", "SCOP", "SA", "SNC", "SCIC", "SELARL", "EARL", "SCEA")
)

# Head-counts of INSEE's bands: the least of each, and its code.
_BANDS: Final = (
    (0, "00"), (1, "01"), (3, "02"), (6, "03"), (10, "11"), (20, "12"), (50, "21"), (100, "22"), (200, "31"),
    (250, "32"), (500, "41"), (1000, "42"), (2000, "51"),
)  # fmt: skip


class View(ABC):
    """One partner's way of keeping a company. ``resolution`` is that of its instants, in ms."""

    resolution: ClassVar[int] = 1_000
    instants_differ: ClassVar[bool] = False
    first_key: ClassVar[int] = 1

    def key(self, position: int) -> Key:
        """The key of the listing at a position."""
        return self.first_key + position

    def position(self, key: Key) -> int:
        """The position of a key's listing."""
        return int(key) - self.first_key

    @abstractmethod
    def record(self, company: Company, site: int, key: Key, instant: int, rng: Random) -> Record:
        """The listing of a company's establishment (0 is the head office), last changed at ``instant`` (ms)."""


def band(heads: int) -> str:
    """INSEE's code of the head-count band."""
    return next(code for least, code in reversed(_BANDS) if heads >= least)


def range_of(heads: int) -> str:
    """The head-count band in words, ``50-99``."""
    least = [low for low, _ in _BANDS]
    at = max(rank for rank, low in enumerate(least) if heads >= low)
    return f"{least[at]}-{least[at + 1] - 1}" if at + 1 < len(least) else f"{least[at]}+"


def known_site(company: Company, site: int, rng: Random, *, stale: float) -> Site:
    """The establishment as the partner knows it: with chance ``stale`` it missed a move."""
    if site == 0 and company.former is not None and rng.random() < stale:
        return company.former
    return company.sites[site]


def known_phone(company: Company, rng: Random, *, missing: float) -> str | None:
    """A phone as somebody typed it: the company's, its former one, or its accountant's; or none."""
    if rng.random() < missing:
        return None
    phone = company.phone
    if rng.random() < 0.008:
        phone = f"{numbers.REFUSED_MOBILE}{phone[-4:]}"
    elif company.borrowed_phone and rng.random() < 0.5:
        phone = company.borrowed_phone
    elif company.former_phone and rng.random() < 0.4:
        phone = company.former_phone
    return dialled(phone, rng)


def known_siren(company: Company, rng: Random, *, wrong: float) -> str:
    """The SIREN, with one digit wrong by chance."""
    return miskeyed(company.siren, rng) if rng.random() < wrong else company.siren


def person_name(company: Company, rng: Random) -> str:
    """A sole trader's name in one of the orders people use; any other company's name as it is."""
    if company.person is None:
        return company.name
    given, family = company.person
    return rng.choice((f"{capitals(family)} {given}", f"{given} {family}", f"{capitals(family)} {capitals(given)}"))


def with_form(company: Company, name: str, rng: Random, *, chance: float) -> str:
    """The name with its legal form before or after it, by chance."""
    if company.form not in _WRITTEN_FORMS or rng.random() >= chance:
        return name
    form = ".".join(company.form) + "." if rng.random() < 0.08 else company.form
    return f"{form} {name}" if rng.random() < 0.6 else f"{name} {form}"


def carelessly(text: str, rng: Random, *, upper: float, plain: float, wrong: float = 0.01) -> str:
    """The text in capitals without accents, or without accents, or mistyped, each by its chance."""
    if rng.random() < wrong:
        text = mistyped(text, rng)
    drawn = rng.random()
    if drawn < upper:
        return capitals(text)
    return unaccented(text) if drawn < upper + plain else text


def street(site: Site, rng: Random, *, short: float, upper: float) -> str:
    """The street line, perhaps abbreviated, perhaps in capitals."""
    line = site.place.street
    if rng.random() < short:
        line = abbreviated(line, rng)
    return capitals(line) if rng.random() < upper else line


def commune_name(site: Site, rng: Random, *, upper: float, district: float) -> str:
    """The commune's name; Marseille with its arrondissement by chance ``district``."""
    name = site.place.commune.name
    if name.startswith("Marseille ") and rng.random() >= district:
        name = "Marseille"
    if rng.random() < upper:
        name = capitals(name).replace("-", " " if rng.random() < 0.6 else "-")
        return name.replace("SAINT ", "ST ").replace("SAINTE ", "STE ") if rng.random() < 0.3 else name
    return name


def site_address(company: Company, rng: Random, *, missing: float) -> str | None:
    """The site as people write it: with or without scheme, ``www`` and slash."""
    if company.website is None or rng.random() < missing:
        return None
    match rng.randrange(6):
        case 0:
            return company.website.removeprefix("https://")
        case 1:
            return company.website.replace("https://", "http://")
        case 2:
            return f"{company.website}/"
        case 3:
            return company.website.removeprefix("https://").removeprefix("www.")
        case _:
            return company.website


def some(items: Sequence[str], rng: Random, most: int) -> list[str]:
    """A few of the items, in any order."""
    return rng.sample(items, min(len(items), rng.randrange(most + 1)))
