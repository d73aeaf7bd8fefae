"""Completing what is being typed: every word typed is the beginning of a word of a name, in any order.

Names are kept as whole folded words, unstemmed. Tantivy's prefix automaton reads every word that begins so, at 2 µs
each: a letter or two would be ten thousand words and 20 ms, so that beginnings of up to :data:`SHORT` letters are terms
of their own (the index is a tenth larger for all of this). Slips of the typist are tantivy's Levenshtein automata.
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import lru_cache
from typing import Final

from msgspec import Struct
from tantivy import DocAddress, Occur, Query

from directory.normalise import name_key, words
from directory.search import layout
from directory.search.reader import Reader
from directory.search.terms import SCHEMA, Clause, all_of, scoring, term

SHORT: Final = 3
MOST_WORDS: Final = 8
LONGEST_WORD: Final = 40
_LONGEST_NAME: Final = 120
# Letters from which one slip is forgiven, and two.
_ONE_SLIP, _TWO_SLIPS = 4, 8
# Before the first letters of a whole name, which are no word's.
_WHOLE: Final = "^"
# What a name scores where slips are forgiven: typed as it is, one slip rather than two, the right initial, a beginning.
_RIGHT, _NEARER, _INITIAL, _BEGINS = 8, 2, 2, 3


class Tier(IntEnum):
    """How well a name answers what is typed, best first."""

    BEGINS = 0  # the whole name begins so
    WITHIN = 1  # words of it do
    SLIP = 2  # they would, but for slips of the typist


class Typed(Struct, frozen=True):
    """What is typed, as words; ``key`` as names are compared, without legal form and articles."""

    words: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def telling(self) -> tuple[str, ...]:
        """The words without those that begin another: whoever has that one has them."""
        known = dict.fromkeys(self.words)
        return tuple(word for word in known if not any(other != word and other.startswith(word) for other in known))

    @property
    def may_slip(self) -> bool:
        """Whether a word is long enough to be forgiven a slip."""
        return any(map(slips, self.words))


class Completed(Struct, frozen=True):
    """Something whose name answers, and where its index has it."""

    tier: Tier
    score: int
    address: DocAddress


@lru_cache(maxsize=256)
def full_name(name: str) -> str:
    """A whole name as one term: what a question is compared with to put the company that bears it first."""
    return name_key(name)[:_LONGEST_NAME]


def fields(names: Iterable[str]) -> dict[str, str | int | float | bytes | list[str]]:
    """The fields of a document that its names are completed by."""
    listed = list(names)
    spoken = dict.fromkeys(_cut(word) for name in listed for word in words(name))
    first = dict.fromkeys(_cut(key.split()[0]) for name in listed if (key := full_name(name)))
    beginnings = dict.fromkeys(
        (
            *(part for word in spoken for part in _parts(word)),
            *(_WHOLE + part for word in first for part in _parts(word)),
        )
    )
    return {layout.WORD: list(spoken), layout.FIRST_WORD: list(first), layout.BEGINNING: list(beginnings)}


def typed(text: str) -> Typed:
    """The words of a text that count: the first :data:`MOST_WORDS`."""
    spoken = [_cut(word) for word in words(text)[:MOST_WORDS]]
    return Typed(tuple(spoken), tuple(full_name(" ".join(spoken)).split()) if spoken else ())


def slips(word: str) -> int:
    """How many slips a word typed is forgiven; none in numbers, where every digit tells."""
    if len(word) < _ONE_SLIP or not word.isalpha():
        return 0
    return 1 if len(word) < _TWO_SLIPS else 2


def completions(reader: Reader, asked: Typed, limit: int) -> list[Completed]:
    """Who answers without a slip: names that begin so first, equals in the order they were stored in.

    Two questions, and the second only when need be: one that scored both would score whoever has an S.
    """
    if not asked.words:
        return []
    wanted, whole = [(Occur.Must, _beginning(layout.WORD, word)) for word in asked.telling], scoring(_whole(asked), 0)
    found = _found(reader, Tier.BEGINS, [*wanted, (Occur.Must, whole)], limit)
    if len(found) < limit:
        rest = [*wanted, (Occur.MustNot, whole)] if found else wanted
        found += _found(reader, Tier.WITHIN, rest, limit - len(found))
    return found


def corrected(reader: Reader, asked: Typed, limit: int) -> list[Completed]:
    """Who answers but for slips, those with the fewest first."""
    if not asked.may_slip:
        return []
    clauses = [clause for word in asked.telling for clause in _nearly(word)]
    begins = scoring(_near(layout.FIRST_WORD, asked.key[0], slips(asked.key[0])), _BEGINS)
    return _found(reader, Tier.SLIP, [*clauses, (Occur.Should, begins)], limit)


def _found(reader: Reader, tier: Tier, clauses: list[Clause], limit: int) -> list[Completed]:
    return [Completed(tier, int(score), address) for score, address in reader.best(all_of(clauses), limit).hits]


def _nearly(word: str) -> Iterator[Clause]:
    allowed = slips(word)
    yield Occur.Must, _near(layout.WORD, word, allowed)
    if allowed:
        yield Occur.Should, scoring(_beginning(layout.WORD, word), _RIGHT)
        yield Occur.Should, scoring(term(layout.BEGINNING, word[0]), _INITIAL)
    if allowed > 1:
        yield Occur.Should, scoring(_near(layout.WORD, word, 1), _NEARER)


def _whole(asked: Typed) -> Query:
    """Names that begin with all that is typed."""
    if len(asked.key) > 1:
        return _automaton(layout.FULL_NAME, " ".join(asked.key), 0)
    (word,) = asked.key
    return term(layout.BEGINNING, _WHOLE + word) if len(word) <= SHORT else _automaton(layout.FIRST_WORD, word, 0)


def _near(field: str, word: str, allowed: int) -> Query:
    return scoring(_automaton(field, word, allowed), 0) if allowed else _beginning(field, word)


def _beginning(field: str, word: str) -> Query:
    if len(word) > SHORT:
        return scoring(_automaton(field, word, 0), 0)
    return term(layout.BEGINNING, word if field == layout.WORD else _WHOLE + word)


def _automaton(field: str, word: str, distance: int) -> Query:
    return Query.fuzzy_term_query(SCHEMA, field, word, distance=distance, transposition_cost_one=True, prefix=True)


def _parts(word: str) -> Iterator[str]:
    return (word[:length] for length in range(1, min(SHORT, len(word)) + 1))


def _cut(word: str) -> str:
    return word[:LONGEST_WORD]
