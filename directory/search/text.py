"""What a caller typed, as a query. The text is analysed into terms and never read as query syntax.

A term's weight says how rare it is. A supplier scores, for each term it has, 8 weights for having it anywhere and
more where it counts: 6 in a name, 4 in an activity, 4 in a place. Bearing the typed text as its whole name, or having
the typed SIREN or SIRET, comes before all of that. Suppliers need half of the known words, at most three: one of two is
found behind both of two.

Scores are sums of whole numbers and know nothing of other suppliers once the weights are chosen. The weights travel in
the cursors: a supplier that does not change keeps its score from one generation to the next, and so its place.
"""

import re
from collections.abc import Callable
from math import log2
from typing import Final

from msgspec import Struct
from tantivy import Occur, Query

from directory.search import analysis, layout
from directory.search.document import full_name
from directory.search.terms import SCHEMA, Clause, any_of, scoring

MOST_TERMS: Final = 32
HEAVIEST: Final = 60
_ANYWHERE: Final = 8
_WHERE_IT_COUNTS: Final = {layout.NAME: 6, layout.ACTIVITY: 4, layout.PLACE: 4}
_MOST_NEEDED: Final = 3
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
    return tuple(_weight(holders(term), suppliers) for term in text.terms)


def _weight(holders: int, suppliers: int) -> int:
    return min(HEAVIEST, round(3 * log2(1 + suppliers / holders))) if holders else 0


def matching(text: Text, weights: tuple[int, ...]) -> Query:
    """Suppliers that the text finds, scored for what they have anywhere."""
    words = [
        _has(layout.TEXT, term, _ANYWHERE * weight) for term, weight in zip(text.terms, weights, strict=True) if weight
    ]
    found = [_has(layout.IDENTIFIER, number, _IDENTIFIER_SCORE) for number in text.identifiers]
    if text.whole:
        found.append(_has(layout.FULL_NAME, text.whole, _FULL_NAME_SCORE))
    if words:
        found.append(_enough(words))
    return any_of(found)


def bonuses(text: Text, weights: tuple[int, ...]) -> list[Clause]:
    """What raises the score of suppliers found, without finding any."""
    return [
        (Occur.Should, _has(field, term, factor * weight))
        for term, weight in zip(text.terms, weights, strict=True)
        for field, factor in _WHERE_IT_COUNTS.items()
        if weight
    ]


def _has(field: str, value: str, score: int) -> Query:
    return scoring(Query.term_query(SCHEMA, field, value, "basic"), score)


def _enough(words: list[Query]) -> Query:
    needed = min(_MOST_NEEDED, (len(words) + 1) // 2)
    if needed == 1:
        return any_of(words)
    return Query.boolean_query([(Occur.Should, word) for word in words], minimum_number_should_match=needed)
