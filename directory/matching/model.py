"""What agreements are worth: a Fellegi–Sunter model, small enough to be read.

For each level of each comparison ``m`` is the chance that two listings of one establishment agree so far, and ``u``
that two others do. The weight of a level is log2(m / u) bits; where the frequency of the common value is known it takes
the place of u, where it is not known u stays. The match weight of a pair is the prior's and all levels' added up
(Fellegi and Sunter, "A Theory for Record Linkage", 1969). What the two have nothing to compare in adds nothing.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import log2
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

from directory.matching import levels

FORMAT: Final = 1
LEVELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": levels.NAME,
        "address": levels.ADDRESS,
        "contact": levels.CONTACT,
        "naf": levels.NAF,
        "siren": levels.SIREN,
        "directory": levels.DIRECTORY,
    }
)
# Levels at which the rarity of the common value counts, and the field of Profile that has its log2 frequency. Of two
# sides the more frequent one counts. Which of several names are alike is not told: the most frequent stands for all,
# so that nothing is ever said to be rarer than it is.
FREQUENCIES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("name", "same name"): "name_bits",
        ("name", "like spelling"): "sign_bits",
        ("name", "same sign"): "sign_bits",
        ("address", "same door"): "door_bits",
        ("address", "same postcode"): "postcode_bits",
        ("contact", "same phone and mailbox"): "contact_bits",
        ("contact", "same phone and domain"): "phone_bits",
        ("contact", "same phone"): "phone_bits",
        ("contact", "same mailbox"): "email_bits",
        ("contact", "same domain"): "domain_bits",
        ("contact", "same domain, other phone"): "domain_bits",
        ("naf", "same sub-class"): "naf_bits",
        ("siren", "same SIREN"): "siren_bits",
    }
)


class ModelInvalid(ValueError):
    """A model cannot be used. ``str()`` names what is wrong with it and the remedy."""


class Level(Struct, frozen=True, forbid_unknown_fields=True):
    """One level of a comparison, with its probabilities between 0 and 1, both excluded."""

    name: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        """What an agreement so far is worth when nothing is known of how frequent the value is."""
        return log2(self.m / self.u)


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``partners`` is how many other listings of its establishment a listing has on average: with the number of
    listings it gives the prior. ``confidence`` are points (weight in bits, share of true pairs), both ascending; what
    is shown as a percentage is interpolated between them. ``version`` names it; ``trained`` says how it came to be.
    """

    version: str
    partners: float
    comparisons: Mapping[str, tuple[Level, ...]]
    confidence: tuple[tuple[float, float], ...]
    format: int = FORMAT
    trained: Mapping[str, str | int | float] = {}

    def prior(self, listings: int) -> float:
        """log2 of the chance that two of so many listings are one establishment."""
        return log2(self.partners / max(listings, 2))

    def confident(self, weight: float) -> float:
        """How likely a pair of this weight is one establishment, 0…1, as counted on labelled pairs."""
        points = self.confidence
        if weight <= points[0][0]:
            return points[0][1]
        for (low, below), (high, above) in pairwise(points):
            if weight <= high:
                return below + (above - below) * (weight - low) / (high - low)
        return points[-1][1]


def checked(text: bytes | str) -> Model:
    """A model out of its JSON. Raises :class:`ModelInvalid`."""
    try:
        model = msgspec.json.decode(text, type=Model)
    except msgspec.DecodeError as error:
        raise ModelInvalid(f"The model cannot be read: {error}; export it again with `circuit train`.") from None
    if problem := _problem(model):
        raise ModelInvalid(f"The model {model.version!r} cannot be used: {problem}; train it with this version.")
    return model


@cache
def shipped() -> Model:
    """The model that comes with the hub."""
    return checked(files("directory.matching").joinpath("data/model.json").read_bytes())


def _problem(model: Model) -> str | None:
    if model.format != FORMAT:
        return f"its format is {model.format}, not {FORMAT}"
    if not 0 < model.partners < float("inf"):
        return "its prior is not a positive number"
    for name, wanted in LEVELS.items():
        given = model.comparisons.get(name, ())
        if tuple(level.name for level in given) != wanted:
            return f"its comparison {name!r} has other levels"
        if not all(0 < level.m < 1 and 0 < level.u < 1 for level in given):
            return f"a probability of its comparison {name!r} is not between 0 and 1"
    if model.comparisons.keys() != LEVELS.keys():
        return "it has a comparison that is not known here"
    return _disorder(model.confidence)


def _disorder(points: tuple[tuple[float, float], ...]) -> str | None:
    if len(points) < 2:
        return "its confidence has fewer than two points"
    if not all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(points)):
        return "its confidence does not ascend"
    return None if points[0][1] >= 0 and points[-1][1] <= 1 else "its confidence is not between 0 and 1"
