"""What a caller typed, as a query. The text is analysed into terms and never read as query syntax.

**Found** are suppliers that have one of the words typed; of three words or more, two of the six rarest. Words that
no supplier has are left aside. Bearing the typed text as its whole name, or the typed SIREN or SIRET, is enough alone.

**Scored** is every word typed, by a weight that says how rare it is: 8 weights for having it anywhere, 6 more in a
name, 4 more in an activity, 4 more in a place. A whole name and an identifier come before all of that.

Scores are sums of whole numbers and know nothing of other suppliers once the weights are chosen. The weights travel in
the cursors: a supplier that does not change keeps its score from one generation to the next, and so its place.
"""

import re
from collections.abc import Callable
from itertools import combinations
from math import log2
from typing import Final

from msgspec import Struct
from tantivy import Occur, Query

from directory.search import analysis, layout
from directory.search.document import full_name
from directory.search.terms import SCHEMA, Clause, all_of, any_of, scoring, term

MOST_TERMS: Final = 32
_HEAVIEST: Final = 60
_FACTORS: Final = {layout.TEXT: 8, layout.NAME: 6, layout.ACTIVITY: 4, layout.PLACE: 4}
# Words that decide who is found, and up to how many of them one alone is enough.
_DECIDING: Final = 6
_ONE_IS_ENOUGH: Final = 2
# 32 terms of weight 60 in every field score 42,240.
_FULL_NAME_SCORE: Final = 50_000
_IDENTIFIER_SCORE: Final = 100_000

_IDENTIFIER: Final = re.compile(r"(?<!\d)\d{3}[ .\u00a0]?\d{3}[ .\u00a0]?\d{3}(?:[ .\u00a0]?\d{5})?(?!\d)", re.ASCII)


class Text(Struct, frozen=True):
    """A text as it will be looked for. ``identifiers`` are SIRENs and SIRETs that it holds."""

    terms: tuple[str, ...]
    identifiers: tuple[str, ...]
    whole: str


def read(text: str) -> Text:
    """What there is to look for: the first 32 distinct terms, and identifiers however they are spaced."""
    identifiers = [re.sub(r"\D", "", found) for found in _IDENTIFIER.findall(text)]
    known = dict.fromkeys(number for found in identifiers for number in (found, found[:9]))
    return Text(analysis.terms(_IDENTIFIER.sub(" ", text))[:MOST_TERMS], tuple(known), full_name(text))


def weigh(text: Text, holders: Callable[[str], int], suppliers: int) -> tuple[int, ...]:
    """A weight for each term by how many suppliers have it: 3 for all of them, 60 at most, 0 for a word nobody has."""
    return tuple(_weight(holders(word), suppliers) for word in text.terms)


def _weight(holders: int, suppliers: int) -> int:
    return min(_HEAVIEST, round(3 * log2(1 + suppliers / holders))) if holders else 0


def fits(text: Text, weights: tuple[int, ...]) -> bool:
    """Whether weights that come from outside can be those of the text."""
    return len(weights) == len(text.terms) and all(0 <= weight <= _HEAVIEST for weight in weights)


def matching(text: Text, weights: tuple[int, ...]) -> Query:
    """Suppliers that the text finds, without scores."""
    found = [term(layout.IDENTIFIER, number) for number in text.identifiers]
    if text.whole:
        found.append(term(layout.FULL_NAME, text.whole))
    known = sorted((-weight, word) for word, weight in zip(text.terms, weights, strict=True) if weight)
    deciding = [term(layout.TEXT, word) for _, word in known[:_DECIDING]]
    # Pairs are several times as fast as tantivy's minimum_number_should_match.
    pairs = [all_of([(Occur.Must, one), (Occur.Must, other)]) for one, other in combinations(deciding, 2)]
    return any_of([*found, *(deciding if len(deciding) <= _ONE_IS_ENOUGH else pairs)])


def scores(text: Text, weights: tuple[int, ...]) -> list[Clause]:
    """What the suppliers found score."""
    words = [
        _has(field, word, factor * weight)
        for word, weight in zip(text.terms, weights, strict=True)
        for field, factor in _FACTORS.items()
        if weight
    ]
    whole = [_has(layout.FULL_NAME, text.whole, _FULL_NAME_SCORE)] if text.whole else []
    identifiers = [_has(layout.IDENTIFIER, number, _IDENTIFIER_SCORE) for number in text.identifiers]
    return [(Occur.Should, query) for query in (*words, *whole, *identifiers)]


def _has(field: str, value: str, score: int) -> Query:
    return scoring(Query.term_query(SCHEMA, field, value, "basic"), score)
