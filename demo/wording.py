"""The words of the demo: trades with their names, phrases and products, and the names of people and places.

They are data, in ``trades/*.toml`` and ``words/mots.toml``; this module reads them once.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Final

import msgspec
from msgspec import Struct

from directory.nomenclature import naf

WORLDS: Final = ("craft", "business", "social", "startup")

# Divisions and classes that have no member of a business directory here: mines, tobacco, administration, households.
_NO_MEMBERS: Final = (
    "01.14", "01.15", "01.22", "01.44", "05", "06", "07", "08.92", "09", "12", "20.13A", "24.46", "64.1", "64.3",
    "65.3", "84", "86.90C", "94.1", "94.2", "94.91", "94.92", "97", "98", "99",
)  # fmt: skip


class Trade(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trade as the files describe it; ``poids`` is its share of its world, ``secteur`` a slug of CPME 13's terms."""

    naf: str
    poids: float
    noms: tuple[str, ...]
    fait: tuple[str, ...]
    vend: tuple[str, ...] = ()
    monde: str = ""
    metier: str = ""
    labels: tuple[str, ...] = ()
    enseignes: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    secteur: str = ""
    forme: str = ""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    secteur: str
    monde: str
    metier: tuple[Trade, ...]


class Words(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of people, places and young companies, and what addresses are made of."""

    patronymes: tuple[str, ...]
    prenoms: tuple[str, ...]
    lieux: tuple[str, ...]
    mots: tuple[str, ...]
    voies: tuple[str, ...]
    zones: tuple[str, ...]
    complements: tuple[str, ...]
    racines: tuple[str, ...]
    fins: tuple[str, ...]


@cache
def words() -> Words:
    """The words of ``words/mots.toml``."""
    text = (files("demo") / "words" / "mots.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Words)


@cache
def trades() -> tuple[Trade, ...]:
    """Every trade of ``trades/*.toml``, by file and in the file's order."""
    found: list[Trade] = []
    for path in sorted((files("demo") / "trades").iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            held = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
            found.extend(
                msgspec.structs.replace(trade, secteur=trade.secteur or held.secteur, monde=trade.monde or held.monde)
                for trade in held.metier
            )
    return tuple(found)


@cache
def trades_of(world: str) -> tuple[Sequence[Trade], Sequence[float]]:
    """Trades of a world and their cumulative weights, as :func:`random.choices` wants them."""
    chosen = [trade for trade in trades() if trade.monde == world]
    return chosen, list(accumulate(trade.poids for trade in chosen))


@cache
def other_activities() -> Sequence[str]:
    """Sub-classes that no trade describes: a small share of companies has one of them, with its official label."""
    described = {trade.naf for trade in trades()}
    return [code for code in naf.codes() if code not in described and not code.startswith(_NO_MEMBERS)]
