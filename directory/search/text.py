"""What a caller typed, as a query. The text is analysed into terms and never read as query syntax.

**Found** are suppliers that have one of the words typed; of three words or more, two of the six rarest; or an activity
that was understood (:mod:`directory.understanding`). Words that no supplier has are left aside. Bearing the typed text
as its whole name, or the typed SIREN or SIRET, is enough alone.

**Scored** is a list of *clues*: each is a term that a supplier may have, and the points that it then gets. A word typed
has a weight that says how rare it is: 8 weights for having it anywhere, 6 more in a name, 4 more in an activity, 4 more
in a place. An activity understood has up to :data:`ACTIVITY_POINTS`, a partner or label that the text names
:data:`PREFERENCE_POINTS`. A whole name and an identifier come before all of that.

The words of official labels have had their say when the activities were understood. So an activity whose label lacks
words that another's has is made up for them: else one of those alike would fill the page because its label says
"installation".

Points are whole numbers that know nothing of other suppliers once the weights are chosen. The weights travel in
the cursors: a supplier that does not change keeps its score from one generation to the next, and so its place.
"""

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from math import log2
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from tantivy import Occur, Query

from directory.disclosure import Field, Role, may_filter
from directory.identifiers import InvalidValue, phone
from directory.search import analysis, layout, official
from directory.search.completing import full_name
from directory.search.query import Clue, Criterion
from directory.search.terms import SCHEMA, Clause, all_of, any_of, scoring, term
from directory.understanding.contract import Activity, Interpretation, PartKind, Word

MOST_TERMS: Final = 32
ACTIVITY_POINTS: Final = 2_000
PREFERENCE_POINTS: Final = 150
_HEAVIEST: Final = 60
# Words that decide who is found, and up to how many of them one alone is enough.
_DECIDING: Final = 6
_ONE_IS_ENOUGH: Final = 2
# Activities that find whoever has them: so many at most, and not much less likely than the best.
_FINDING: Final = 10
_LEAST_SHARE: Final = 0.5
# The second when it is nearly as likely: it counts like the best, so that the first page has of both.
_LEADING: Final = 2
_LEADING_SHARE: Final = 0.85
# 32 terms of weight 60 in every field score 42,240.
_FULL_NAME_SCORE: Final = 50_000
_IDENTIFIER_SCORE: Final = 100_000

_IDENTIFIER: Final = re.compile(r"(?<!\d)\d{3}[ .\u00a0]?\d{3}[ .\u00a0]?\d{3}(?:[ .\u00a0]?\d{5})?(?!\d)", re.ASCII)
_PHONE: Final = re.compile(r"(?<![\d+])(?:\+|00?)[1-9](?:[ .()-]{0,2}\d){8,13}(?!\d)", re.ASCII)


# What a word scores in each field, in weights.
_FACTORS: Final = {
    layout.TEXT: (Criterion.TEXT, 8),
    layout.NAME: (Criterion.NAME, 6),
    layout.ACTIVITY: (Criterion.ACTIVITY, 4),
    layout.PLACE: (Criterion.PLACE, 4),
}
_PREFERENCES: Final = {
    PartKind.PARTNER: (layout.PARTNER, Criterion.PARTNER),
    PartKind.LABEL: (layout.LABEL, Criterion.LABEL),
}


class Text(Struct, frozen=True, kw_only=True):
    """A text as it will be looked for. ``identifiers`` are SIRENs and SIRETs that it holds.

    ``factors`` are one for each term, in 0…1: less for words that only say what the need is for. ``typed`` are the
    words that the terms come from.
    """

    terms: tuple[str, ...]
    factors: tuple[float, ...]
    typed: tuple[str, ...]
    identifiers: tuple[str, ...]
    phones: tuple[str, ...]
    whole: tuple[str, ...]
    activities: tuple[Activity, ...] = ()
    preferences: tuple[tuple[PartKind, str, str], ...] = ()


def read(text: str, understood: Interpretation | None = None, role: Role = Role.PUBLIC) -> Text:
    """What there is to look for: the first 32 distinct terms, and identifiers however they are spaced.

    Of a text that was understood, the words that are left, its activities and what it prefers. Phones are looked for
    by roles that may see them.
    """
    identifiers = [re.sub(r"\D", "", found) for found in _IDENTIFIER.findall(text)]
    known = dict.fromkeys(number for found in identifiers for number in (found, found[:9]))
    words = understood.words if understood else tuple(map(Word, _IDENTIFIER.sub(" ", text).split()))
    terms = _terms(words)
    wholes = (text, " ".join(word.text for word in words))
    return Text(
        terms=tuple(terms),
        factors=tuple(word.weight for word in terms.values()),
        typed=tuple(word.text for word in terms.values()),
        identifiers=tuple(known),
        phones=_phones(text) if may_filter(role, Field.PHONE) else (),
        whole=tuple(dict.fromkeys(name for name in map(full_name, wholes) if name)),
        activities=_likely(understood.activities) if understood else (),
        preferences=tuple((each.kind, each.value, each.label) for each in understood.preferences) if understood else (),
    )


def _phones(text: str) -> tuple[str, ...]:
    """The phones of a text in E.164, however they are spaced."""
    return tuple(dict.fromkeys(digits for found in _PHONE.findall(text) if (digits := _e164(found))))


def _e164(text: str) -> str | None:
    try:
        return phone(text)
    except InvalidValue:
        return None


def _terms(words: tuple[Word, ...]) -> dict[str, Word]:
    """The terms and the word that each comes from: of several the one that weighs most."""
    found: dict[str, Word] = {}
    for word in words:
        for each in analysis.terms(word.text):
            known = found.get(each)
            if known is None or known.weight < word.weight:
                found[each] = word
    return dict(list(found.items())[:MOST_TERMS])


def _likely(activities: tuple[Activity, ...]) -> tuple[Activity, ...]:
    """The best, and those that are not much less likely; the leading ones as likely as the best."""
    best = max((each.weight for each in activities), default=0.0)
    leading = sum(each.weight >= best * _LEADING_SHARE for each in activities[:_LEADING])
    led = tuple(replace(each, weight=best) for each in activities[:leading])
    return led + tuple(each for each in activities[leading:_FINDING] if each.weight >= best * _LEAST_SHARE)


def weigh(text: Text, holders: Callable[[str], int], suppliers: int) -> tuple[int, ...]:
    """A weight for each term by how many suppliers have it: 3 for all of them, 60 at most, 0 for a word nobody has."""
    return tuple(
        round(rarity(holders(word), suppliers) * factor) for word, factor in zip(text.terms, text.factors, strict=True)
    )


def rarity(holders: int, suppliers: int) -> int:
    """A weight by how many suppliers have it: 3 for all of them, 60 at most, 0 for what nobody has."""
    return min(_HEAVIEST, round(3 * log2(1 + suppliers / holders))) if holders else 0


def fits(text: Text, weights: tuple[int, ...]) -> bool:
    """Whether weights that come from outside can be those of the text."""
    return len(weights) == len(text.terms) and all(0 <= weight <= _HEAVIEST for weight in weights)


def matching(text: Text, weights: tuple[int, ...]) -> Query:
    """Suppliers that the text finds, without scores."""
    found = [term(layout.IDENTIFIER, number) for number in text.identifiers]
    found += [term(layout.PHONE, number) for number in text.phones]
    found += [term(layout.FULL_NAME, name) for name in text.whole]
    found += [term(layout.NAF, activity.naf) for activity in text.activities]
    deciding = [term(layout.TEXT, word) for word in _deciding(text, weights)]
    # Pairs are several times as fast as tantivy's minimum_number_should_match.
    pairs = [all_of([(Occur.Must, one), (Occur.Must, other)]) for one, other in combinations(deciding, 2)]
    return any_of([*found, *(deciding if len(deciding) <= _ONE_IS_ENOUGH else pairs)])


def _deciding(text: Text, weights: tuple[int, ...]) -> list[str]:
    """The rarest words; those that only say what the need is for decide where there are no others."""
    known = [each for each in zip(weights, text.terms, text.factors, strict=True) if each[0]]
    whole = [each for each in known if each[2] == 1.0] or known
    return [word for _, word, _ in sorted(whole, key=lambda each: (-each[0], each[1]))[:_DECIDING]]


def scores(text: Text, weights: tuple[int, ...]) -> list[Clause]:
    """What the suppliers found score."""
    return [
        (Occur.Should, scoring(Query.term_query(SCHEMA, clue.field, clue.value, "basic"), clue.points))
        for clue in clues(text, weights)
    ]


def clues(text: Text, weights: tuple[int, ...]) -> Iterator[Clue]:
    """All that a supplier may score by; its score is the sum of the points of those that it has."""
    for number in text.identifiers:
        yield Clue(Criterion.IDENTIFIER, layout.IDENTIFIER, number, _IDENTIFIER_SCORE, number)
    for number in text.phones:
        yield Clue(Criterion.IDENTIFIER, layout.PHONE, number, _IDENTIFIER_SCORE, number)
    for name in text.whole:
        yield Clue(Criterion.WHOLE_NAME, layout.FULL_NAME, name, _FULL_NAME_SCORE, name)
    for word, typed, weight in zip(text.terms, text.typed, weights, strict=True):
        for field, (criterion, factor) in _FACTORS.items():
            if weight:
                yield Clue(criterion, field, word, factor * weight, typed)
    # All of them are made equal to the one whose label has most of the words.
    official_points = {each.naf: _official_points(text, weights, each.naf) for each in text.activities}
    most = max(official_points.values(), default=0)
    for each in text.activities:
        points = round(ACTIVITY_POINTS * each.weight) + most - official_points[each.naf]
        yield Clue(Criterion.UNDERSTOOD_ACTIVITY, layout.NAF, each.naf, points, each.label)
    for kind, value, label in text.preferences:
        field, criterion = _PREFERENCES[kind]
        yield Clue(criterion, field, value, PREFERENCE_POINTS, label)


def _official_points(text: Text, weights: tuple[int, ...], code: str) -> int:
    """What the words of the code's official labels score for whoever has it."""
    in_text, in_activity = (_FACTORS[field][1] for field in (layout.TEXT, layout.ACTIVITY))
    return sum(
        weight * (in_text * (word in official.all_terms(code)) + in_activity * (word in official.label_terms(code)))
        for word, weight in zip(text.terms, weights, strict=True)
    )
