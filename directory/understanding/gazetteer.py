"""Names of places as needs have them, and how much must stand beside a name before it is believed."""

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from typing import Final

from msgspec import Struct

from directory import geography
from directory.geography import DEPARTMENTS, Commune
from directory.normalise import words
from directory.understanding import place_words
from directory.understanding.phrases import IN_FULL, PASSED_OVER, Phrases

# Below it a commune's name alone says too little: as many are surnames or words.
_SMALL_COMMUNE: Final = 1000
# Of namesakes the one that is this many times as large is meant.
_FAR_LARGER: Final = 10
_ARTICLE: Final = re.compile(r"(?i)(la |le |les |l')")
_BODY: Final = re.compile(
    r"(?i)^(?:communauté de communes|communauté d'agglomération|métropole)(?: d'| du | de la | de | des | )?"
    r"|\s*\([^)]*\)$| agglomération$"
)
_BODY_WORDS: Final = ("communaute communes", "communaute agglomeration", "metropole", "agglo", "agglomeration")


class Proof(IntEnum):
    """What a name needs beside it to be a place."""

    NONE = 0
    CAPITAL = 1  # a capital, or a preposition of place
    PREPOSITION = 2  # a preposition of place, or a postcode


class Named(Struct, frozen=True):
    """What a name stands for. ``article`` is the one its official name begins with, "" for none, None for any."""

    codes: tuple[str, ...]
    proof: Proof = Proof.NONE
    article: str | None = ""


@cache
def names() -> Phrases[Named]:
    """Every name known: official ones first, then what people say for them."""
    return Phrases([*_communes(), *_bodies(), *_departments(), *_short()], passing_over=True)


def spoken_words() -> set[str]:
    """Every word of a name, for the vocabulary that corrections are made from."""
    return {word for word in names().words() if len(word) > 1}


def far_larger(namesakes: list[Commune]) -> tuple[Commune, ...]:
    """The one of several that dwarfs the others; all of them when none does."""
    ranked = sorted(namesakes, key=lambda known: (-known.population, known.code))
    if len(ranked) > 1 and ranked[0].population < _FAR_LARGER * ranked[1].population:
        return tuple(ranked)
    return tuple(ranked[:1])


def namesakes(codes: tuple[str, ...]) -> tuple[Commune, ...]:
    """Every commune that bears the name of one of those."""
    named = (known.name for code in codes if (known := geography.commune(code)))
    return tuple(each for name in named for each in _by_official_name()[name])


@cache
def _by_official_name() -> dict[str, list[Commune]]:
    found: defaultdict[str, list[Commune]] = defaultdict(list)
    for name, known in geography.named_communes():
        found[name].append(known)
    return dict(found)


def _communes() -> Iterator[tuple[str, Named]]:
    by_phrase: defaultdict[tuple[str, str], list[Commune]] = defaultdict(list)
    for name, known in geography.named_communes():
        if known.parent is None:
            first = _ARTICLE.match(name)
            by_phrase[_phrase(name), first[1].strip(" '").lower() if first else ""].append(known)
    for (phrase, article), found in by_phrase.items():
        population = max(known.population for known in found)
        codes = tuple(known.code for known in far_larger(found))
        yield phrase, Named(codes, _proof(phrase, population), article)


def _proof(phrase: str, population: int) -> Proof:
    core = [word for word in phrase.split() if word not in PASSED_OVER]
    if phrase in place_words.ORDINARY_PHRASES:
        return Proof.CAPITAL
    if len(core) > 1:
        return Proof.NONE
    if core[0] in place_words.SURNAMES or (population < _SMALL_COMMUNE and core[0] not in place_words.ORDINARY):
        return Proof.PREPOSITION
    return Proof.CAPITAL if core[0] in place_words.ORDINARY else Proof.NONE


def _bodies() -> Iterator[tuple[str, Named]]:
    for body in geography.epcis():
        bare = _phrase(_BODY.sub("", body.name))
        found = Named((body.code,))
        yield from ((f"{kind} {bare}", found) for kind in _BODY_WORDS)
        yield bare, found


def _departments() -> Iterator[tuple[str, Named]]:
    for department in geography.departments():
        if geography.area(department.code) != department:
            continue  # Paris has the code of a region: no filter can mean it
        is_ours = department.code in DEPARTMENTS
        # "Nord", "Manche", "Lot" and "Somme" are words: elsewhere a preposition must say that a place is meant.
        yield _phrase(department.name), Named((department.code,), Proof.NONE if is_ours else Proof.PREPOSITION, None)
    region = geography.area(geography.REGION)
    if region:
        yield _phrase(region.name), Named((region.code,))


def _short() -> Iterator[tuple[str, Named]]:
    for phrase, codes in place_words.SHORT_NAMES.items():
        article = "les" if phrase in {"baux", "milles"} else "la" if phrase in {"londe", "valette", "valentine"} else ""
        yield phrase, Named(codes, Proof.CAPITAL if phrase in place_words.ORDINARY else Proof.NONE, article)


def _phrase(name: str) -> str:
    spoken = (word for written in name.replace("'", " ").split() for word in words(written))
    return " ".join(IN_FULL.get(word, word) for word in spoken)
