"""A listing made ready to be compared many times: its values taken apart once, with how rare each of them is."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct

from directory import geography
from directory.matching.contract import MatchRecord
from directory.matching.keys import domain_of, door_of, street_of
from directory.matching.terms import RARE, TELLING, Terms
from directory.normalise import words

MOST_NAMES: Final = 4
LONGEST_NAME: Final = 60  # characters that are compared: whoever writes more must not make every comparison dear
_ACRONYM: Final = range(3, 7)
_TELLING_LETTERS: Final = 3


class Profile(Struct, frozen=True, kw_only=True, gc=False):
    """What is compared of a listing. Every ``…_bits`` is log2 of the frequency of the value beside it.

    ``sorted_names`` have their words in order and the town's own name gone; ``spelled`` are the same without spaces.
    Of all ``words``, the ``telling`` ones are no everyday words of trade, and the ``rare`` ones hardly anybody has.
    """

    listing: int
    key: str
    partner: str
    siren: str | None
    siren_bits: float
    siret: str | None
    name: str | None
    name_bits: float
    names: frozenset[str]
    sorted_names: frozenset[str]
    spelled: tuple[str, ...]
    words: frozenset[str]
    telling: frozenset[str]
    rare: frozenset[str]
    rare_names: frozenset[str]
    acronyms: frozenset[str]
    commune: str | None
    postcode: str | None
    postcode_bits: float
    number: str
    street: str
    door: str | None
    door_bits: float
    latitude: float | None
    longitude: float | None
    phone: str | None
    phone_bits: float
    email: str | None
    email_bits: float
    domain: str | None
    domain_bits: float
    naf: str | None
    naf_bits: float


def profile_of(record: MatchRecord, terms: Terms) -> Profile:
    """The listing among others of these frequencies."""
    names = tuple(name[:LONGEST_NAME] for name in record.names[:MOST_NAMES])
    spoken = frozenset(word for name in names for word in name.split())
    telling = frozenset(word for word in spoken if _tells(word) and terms.share(word) <= TELLING)
    town = _town_words(record.commune) if record.commune else frozenset()
    sorted_names = dict.fromkeys(_sorted(name, town) for name in names)
    number, street = street_of(record)
    domain, door = domain_of(record), door_of(record)
    name = record.names[0] if record.names else None
    return Profile(
        listing=record.listing,
        key=record.key,
        partner=record.key.partition("\x1f")[0],
        siren=company(record),
        siren_bits=_bits(terms, "siren", company(record)),
        siret=record.siret,
        name=name,
        name_bits=_bits(terms, "name", name),
        names=frozenset(names),
        sorted_names=frozenset(sorted_names),
        spelled=tuple(name.replace(" ", "") for name in sorted_names),
        words=spoken,
        telling=telling,
        rare=frozenset(word for word in telling if terms.share(word) <= RARE),
        rare_names=frozenset(name for name in names if terms.count(("name", name)) / terms.population <= RARE),
        acronyms=frozenset(_acronyms(names)),
        commune=record.commune,
        postcode=record.postcode,
        postcode_bits=_bits(terms, "postcode", record.postcode),
        number=number,
        street=street,
        door=door,
        door_bits=_bits(terms, "door", door),
        latitude=record.latitude,
        longitude=record.longitude,
        phone=record.phone,
        phone_bits=_bits(terms, "phone", record.phone),
        email=record.email,
        email_bits=_bits(terms, "email", record.email),
        domain=domain,
        domain_bits=_bits(terms, "domain", domain),
        naf=record.naf,
        naf_bits=_bits(terms, "naf", record.naf),
    )


def company(record: MatchRecord) -> str | None:
    """The SIREN that a listing stands for: its own, else the one its SIRET begins with."""
    return record.siren or (record.siret[:9] if record.siret else None)


def _bits(terms: Terms, feature: str, value: str | None) -> float:
    return terms.bits((feature, value)) if value else 0.0


def _tells(word: str) -> bool:
    return len(word) >= _TELLING_LETTERS and not word.isdigit()


def _sorted(name: str, town: frozenset[str]) -> str:
    """The words in order, a franchise's without its town: ``speedy aubagne`` is Speedy when it is at Aubagne."""
    spoken = name.split()
    kept = [word for word in spoken if word not in town] or spoken
    return " ".join(sorted(kept))


@lru_cache(maxsize=4_096)
def _town_words(commune: str) -> frozenset[str]:
    known = geography.commune(commune)
    return frozenset(words(known.name if known else commune))


def _acronyms(names: Iterable[str]) -> Iterator[str]:
    """``snef`` for «nouvelle electrique flash», with and without the «societe» that comparable names have lost; and
    every name that could be one.
    """
    for name in names:
        parts = name.split()
        if len(parts) == 1 and len(name) in _ACRONYM:
            yield name
        elif len(parts) in _ACRONYM or len(parts) + 1 in _ACRONYM:
            initials = "".join(part[0] for part in parts)
            yield from (each for each in (initials, f"s{initials}") if len(each) in _ACRONYM)
