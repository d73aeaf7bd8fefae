"""A listing made ready to be compared many times: its values taken apart once, with how rare each of them is."""

from collections.abc import Iterable, Iterator, Mapping
from math import log2
from typing import Final

from msgspec import Struct

from directory.matching.contract import MatchRecord
from directory.matching.keys import company, domain_of, door_of, names_of, partner_of, street_of, town_words
from directory.matching.terms import RARE, Terms

_ACRONYM: Final = range(3, 7)


class Profile(Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """What is compared of a listing, and all that matching knows of it. Every ``…_bits`` is log2 of the frequency of
    the value beside it, ``None`` where there is no such value.

    ``partner`` is none where the directory lists sites more than once. ``names`` have their words in order and no town
    in them, the first name first; ``sign_bits`` are of the most frequent of them. ``spelled`` are the same without
    spaces, ``rare_names`` those that hardly anybody has. ``words`` says of each word how many bits it is worth to have
    it in common; ``contents`` are each name's words.
    """

    listing: int
    key: str
    partner: str | None
    siren: str | None
    siren_bits: float | None
    siret: str | None
    name: str | None
    name_bits: float | None
    names: tuple[str, ...]
    sign_bits: float | None
    rare_names: frozenset[str]
    spelled: tuple[str, ...]
    words: Mapping[str, float]
    contents: tuple[frozenset[str], ...]
    acronyms: frozenset[str]
    commune: str | None
    postcode: str | None
    postcode_bits: float | None
    zone: str
    number: str
    street: str
    door_bits: float | None
    latitude: float | None
    longitude: float | None
    phone: str | None
    phone_bits: float | None
    email: str | None
    email_bits: float | None
    domain: str | None
    domain_bits: float | None
    contact_bits: float | None
    naf: str | None
    naf_bits: float | None


def profile_of(record: MatchRecord, terms: Terms) -> Profile:
    """The listing among others of these frequencies."""
    names = names_of(record)
    contents = tuple(frozenset(name.split()) for name in names)
    zone, number, street = street_of(record)
    domain = domain_of(record)
    phone_bits, email_bits = _bits(terms, "phone", record.phone), _bits(terms, "email", record.email)
    return Profile(
        listing=record.listing,
        key=record.key,
        partner=None if terms.repeats_itself(partner_of(record)) else partner_of(record),
        siren=company(record),
        siren_bits=_bits(terms, "siren", company(record)),
        siret=record.siret,
        name=names[0] if names else None,
        name_bits=_bits(terms, "name", names[0] if names else None),
        names=names,
        sign_bits=max((terms.bits(("name", name)) for name in names), default=None),
        rare_names=frozenset(name for name in names if terms.share(("name", name)) <= RARE),
        spelled=tuple(name.replace(" ", "") for name in names),
        words=_words(contents, record.commune, terms),
        contents=contents,
        acronyms=frozenset(_acronyms(record.names[: len(names)])),
        commune=record.commune,
        postcode=record.postcode,
        postcode_bits=_bits(terms, "postcode", record.postcode),
        zone=zone,
        number=number,
        street=street,
        door_bits=_bits(terms, "door", door_of(record)),
        latitude=record.latitude,
        longitude=record.longitude,
        phone=record.phone,
        phone_bits=phone_bits,
        email=record.email,
        email_bits=email_bits,
        domain=domain,
        domain_bits=_bits(terms, "domain", domain),
        contact_bits=None if phone_bits is None or email_bits is None else min(phone_bits, email_bits),
        naf=record.naf,
        naf_bits=_bits(terms, "naf", record.naf),
    )


def _bits(terms: Terms, feature: str, value: str | None) -> float | None:
    return terms.bits((feature, value)) if value else None


def _words(contents: Iterable[frozenset[str]], commune: str | None, terms: Terms) -> dict[str, float]:
    """Every word but the town's own, which its neighbours have too."""
    town = town_words(commune) if commune else frozenset()
    return {word: -log2(terms.share(("word", word))) for content in contents for word in content if word not in town}


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
