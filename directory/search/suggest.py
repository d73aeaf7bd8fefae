"""Suggestions while somebody types: companies by their names, activities by their trades, places.

Each kind's best come in turns: whole names that begin as typed, then names that have it within. Slips of the typist are
looked for only where next to nothing answers without one, and come last: trades and places are whole lists, in which
one that is spelled rightly is meant; of companies some are spelled wrongly themselves. Of a company there is its number
alone: its names are read from the store, which may know better by now who may be shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import zip_longest
from typing import Final

from msgspec import Struct

from directory.search import layout
from directory.search.catalogue import Answer, Catalogue, Entry, places
from directory.search.completing import Completed, Tier, Typed, completions, corrected, typed
from directory.search.errors import InvalidQuery
from directory.search.reader import Reader
from directory.search.writing import Fit, Writing, near, right

MAX_TEXT: Final = 100
MOST: Final = 20
# Slips are looked for when fewer than this answer without one,
FEW: Final = 3


class SuggestionKind(StrEnum):
    """What is suggested."""

    COMPANY = "COMPANY"
    ACTIVITY = "ACTIVITY"
    PLACE = "PLACE"


# and fewer than this of the kind.
_FEW_OF: Final = {SuggestionKind.COMPANY: FEW, SuggestionKind.ACTIVITY: 1, SuggestionKind.PLACE: 1}


class Company(Struct, frozen=True):
    """A supplier of which a name answers."""

    tier: Tier
    supplier: int


class Suggested(Struct, frozen=True):
    """A suggestion: a company, or an entry of a list with the writing that answers."""

    kind: SuggestionKind
    found: Company | Answer


class Suggester:
    """Completes what is typed, over one state of the index. Thread-safe."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._places = places()
        self._holders: dict[str, int] = {}

    def suggest(
        self, text: str, kinds: Iterable[SuggestionKind], first: int, trades: Catalogue
    ) -> tuple[Suggested, ...]:
        """At most ``first``, the same ones in the same order for the same index and trades. Raises InvalidQuery."""
        if len(text) > MAX_TEXT:
            raise InvalidQuery(f"The text has {len(text)} characters: {MAX_TEXT} at most.")
        if not 0 <= first <= MOST:
            raise InvalidQuery(f"{first} suggestions were asked for: give 0 to {MOST}.")
        asked, wanted = typed(text), tuple(dict.fromkeys(kinds))
        if not asked.words or not first:
            return ()
        found = [list(self._found(kind, asked, first, trades)) for kind in wanted]
        if sum(map(len, found)) < min(FEW, first) and asked.may_slip:
            found += [
                self._slipped(kind, asked, first, trades, right)
                for kind, right in zip(wanted, found, strict=True)
                if len(right) < _FEW_OF[kind]
            ]
        return tuple(_in_turns(found))[:first]

    def _found(
        self, kind: SuggestionKind, asked: Typed, first: int, trades: Catalogue, *, forgiving: bool = False
    ) -> Iterable[Suggested]:
        if kind is SuggestionKind.COMPANY:
            return self._companies((corrected if forgiving else completions)(self._reader, asked, first))
        listed = trades if kind is SuggestionKind.ACTIVITY else self._places
        weigh = self._suppliers_of if kind is SuggestionKind.ACTIVITY else _people
        answers = (listed.correct if forgiving else listed.complete)(asked, first, weigh)
        return (Suggested(kind, each) for each in answers)

    def _slipped(
        self, kind: SuggestionKind, asked: Typed, first: int, trades: Catalogue, right: Sequence[Suggested]
    ) -> list[Suggested]:
        """Those that answer but for slips, and not without."""
        known = set(map(_value, right))
        near = self._found(kind, asked, first + len(right), trades, forgiving=True)
        return [each for each in near if _value(each) not in known]

    def _companies(self, found: Sequence[Completed]) -> Iterator[Suggested]:
        numbers = self._reader.column(layout.ID, [each.address for each in found])
        for each, number in zip(found, numbers, strict=True):
            yield Suggested(SuggestionKind.COMPANY, Company(each.tier, number))

    def _suppliers_of(self, trade: Entry) -> int:
        """How many suppliers have the activity."""
        if trade.value not in self._holders:
            self._holders[trade.value] = self._reader.holders(layout.NAF, trade.value)
        return self._holders[trade.value]


def named(names: Sequence[str], text: str) -> Fit | None:
    """Which of a company's names answers what is typed; None when none does, or none any more."""
    asked, writings = typed(text), [Writing.of(name) for name in names]
    if not asked.words or not writings:
        return None
    choice = right(writings, asked) or near(writings, asked)
    return choice.fit(asked) if choice.missing < len(asked.words) else None


def _people(place: Entry) -> int:
    return place.weight


def _value(suggested: Suggested) -> str | int:
    found = suggested.found
    return found.supplier if isinstance(found, Company) else found.entry.value


def _in_turns(found: Sequence[Sequence[Suggested]]) -> Iterator[Suggested]:
    """Tier by tier, the best of each kind in turn."""
    for tier in Tier:
        for turn in zip_longest(*([each for each in listed if each.found.tier is tier] for listed in found)):
            yield from (each for each in turn if each)
