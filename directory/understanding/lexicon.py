"""The trade lexicon: what buyers and tradespeople call the work of each NAF sub-class, in their own words.

``data/lexicon.toml`` is the one that the hub carries, a table of expressions under each code, written for this hub.
Stewards add to it and take from it (:mod:`directory.store.lexicon`) without a release.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from msgspec import Struct

from directory.nomenclature import naf
from directory.normalise import words

LONGEST_EXPRESSION: Final = 80
MOST_WORDS: Final = 8
_FILE: Final = "lexicon.toml"


class Entry(Struct, frozen=True):
    """A change to the lexicon: an expression that a NAF sub-class gains or loses (``taken_out``)."""

    naf: str
    expression: str
    taken_out: bool = False


class Lexicon(Struct, frozen=True, eq=False):
    """Expressions by NAF sub-class, in the order they were written. Equal to itself alone: what it makes is kept."""

    expressions: Mapping[str, tuple[str, ...]]

    def changed(self, entries: Iterable[Entry]) -> "Lexicon":
        """With these changes made, in their order; an expression that is there already stays where it is."""
        made = list(entries)
        if not made:
            return self
        found = {code: dict.fromkeys(known) for code, known in self.expressions.items()}
        for entry in made:
            held = found.setdefault(entry.naf, {})
            spelled = {key(known): known for known in held}
            known = spelled.get(key(entry.expression))
            if entry.taken_out and known:
                del held[known]
            elif not entry.taken_out and not known:
                held[entry.expression] = None
        return Lexicon({code: tuple(known) for code, known in found.items()})


def key(expression: str) -> str:
    """Equal for expressions that are one: case, accents, articles and marks do not matter."""
    return " ".join(words(expression))


def problem(code: str, expression: str) -> str | None:
    """Why an expression cannot stand under the code, in one French sentence; None when it can."""
    if code not in naf.codes():
        return f"{code} n'est pas une sous-classe de la NAF rév. 2 (par exemple 43.22A)."
    if not key(expression):
        return "L'expression ne contient aucun mot."
    if len(expression) > LONGEST_EXPRESSION or len(words(expression)) > MOST_WORDS:
        return f"L'expression est trop longue : {LONGEST_EXPRESSION} caractères et {MOST_WORDS} mots au plus."
    return None


@cache
def carried() -> Lexicon:
    """The lexicon that the hub carries."""
    text = files(__package__).joinpath("data", _FILE).read_text(encoding="utf-8")
    return Lexicon({code: tuple(known) for code, known in tomllib.loads(text).items()})
