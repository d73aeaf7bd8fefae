"""The words that invented companies are made of, drawn unevenly as people bear names: rank ``n`` weighs ``n ** -s``."""

import tomllib
from bisect import bisect
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")

RARE_SURNAMES = 0.5
DOUBLE_SURNAMES = 0.03


class Skewed(Generic[T]):
    """Values of which the first are drawn most: Zipf's law with this exponent."""

    def __init__(self, values: Sequence[T], exponent: float = 1.0) -> None:
        self.values = values
        self._crowd = list(accumulate((rank + 1) ** -exponent for rank in range(len(values))))

    def pick(self, chance: Random) -> T:
        """One of them."""
        return self.values[bisect(self._crowd, chance.random() * self._crowd[-1])]


class Trade(Struct, frozen=True):
    """A trade, another word for it, its NAF sub-classes and the kind of house: craft, shop, service, tech, social."""

    name: str
    other: str
    codes: tuple[str, ...]
    kind: str


class Words(Struct, frozen=True):
    """The lists of ``words.toml``, ready to draw from."""

    surnames: Skewed[str]
    rare_heads: Skewed[str]
    rare_tails: Skewed[str]
    first_names: Skewed[str]
    trades: Skewed[Trade]
    spots: Skewed[str]
    nouns: Skewed[str]
    heads: Skewed[str]
    tails: Skewed[str]
    brand_heads: tuple[str, ...]
    brand_tails: tuple[str, ...]
    streets: Skewed[str]
    zones: Skewed[str]
    generic_mail: Skewed[str]

    def surname(self, chance: Random) -> str:
        """A surname that many bear, or one that few do."""
        name = self._single_surname(chance)
        return f"{name}-{self._single_surname(chance)}" if chance.random() < DOUBLE_SURNAMES else name

    def _single_surname(self, chance: Random) -> str:
        if chance.random() < RARE_SURNAMES:
            return self.rare_heads.pick(chance) + self.rare_tails.pick(chance)
        return self.surnames.pick(chance)


@cache
def words() -> Words:
    """The vocabulary, read once."""
    lists = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    return Words(
        surnames=Skewed(_surnames(lists["surnames"]), 0.75),
        rare_heads=Skewed(lists["rare_heads"].split(), 0.2),
        rare_tails=Skewed(lists["rare_tails"].split(), 0.4),
        first_names=Skewed(lists["first_names"].split(), 0.6),
        trades=Skewed([_trade(line) for line in lists["trades"].strip().splitlines()], 0.6),
        spots=Skewed(_phrases(lists["spots"]), 0.8),
        nouns=Skewed(lists["nouns"].split(), 0.6),
        heads=Skewed(lists["heads"].split(), 0.4),
        tails=Skewed(lists["tails"].split(), 0.4),
        brand_heads=tuple(lists["brand_heads"].split()),
        brand_tails=tuple(lists["brand_tails"].split()),
        streets=Skewed(_phrases(lists["streets"]), 0.7),
        zones=Skewed(_phrases(lists["zones"]), 0.5),
        generic_mail=Skewed(lists["generic_mail"].split(), 0.9),
    )


def _phrases(text: str) -> list[str]:
    return [phrase.strip() for phrase in text.split("|") if phrase.strip()]


def _surnames(text: str) -> list[str]:
    """The surnames of a text; a particle stays with the word after it."""
    names: list[str] = []
    for piece in text.split():
        if names and names[-1] in {"De", "Da", "Dos"}:
            names[-1] = f"{names[-1]} {piece}"
        else:
            names.append(piece)
    return names


def _trade(line: str) -> Trade:
    name, other, codes, kind = line.split("|")
    return Trade(name, other, tuple(codes.split()), kind)
