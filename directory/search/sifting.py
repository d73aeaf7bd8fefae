"""Which changes matter to whom: of suppliers that have changed, those that a question finds now or found before.

Who is found now is asked of the suppliers as they are now (:mod:`.passing`). Who was found before is asked of the index
served, once it holds all that was sifted up to some change and nothing later; for suppliers that have changed since,
what was found of them last is remembered, as numbers alone. Where neither can say, as while there is no index, a
supplier counts as found before: to be told of a stranger does no harm, not to be told of an acquaintance does.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct

from directory.search.engine import Snapshot
from directory.search.errors import SearchError
from directory.search.passing import Passing
from directory.search.query import SearchQuery

# Beyond so many suppliers that the index has yet to hold, what was found of them is forgotten.
MOST_REMEMBERED: Final = 200_000


class Moved(Struct, frozen=True):
    """A supplier that has changed: the place of its last change in the log, and whether it was there before."""

    seq: int
    is_new: bool


class Sifted(Struct, frozen=True):
    """Of suppliers that have changed, those found now and those that were found, or may have been, before."""

    now: frozenset[int]
    before: frozenset[int]


class _Memory:
    """What a question found of suppliers that have changed since ``joined``, a place in the log of changes."""

    def __init__(self, joined: int) -> None:
        self.joined = joined
        self.found: set[int] = set()


class Sifting:
    """Sifts the log of changes for some questions, from a place in it on.

    Calls come one at a time, from whatever thread; :meth:`leave` alone may come while another is under way.
    """

    def __init__(self, place: int) -> None:
        self._place = self._rests_on = place
        self._base: Snapshot | None = None
        self._changed: dict[int, int] = {}  # since the place that the base holds
        self._memories: dict[SearchQuery, _Memory] = {}

    def join(self, question: SearchQuery) -> None:
        """Sift for this question, too. Raises InvalidQuery for one that cannot be asked."""
        Passing(()).among(question, ())
        self._memories.setdefault(question, _Memory(self._place))

    def leave(self, question: SearchQuery) -> None:
        """Sift for it no more."""
        self._memories.pop(question, None)

    def rest_on(self, snapshot: Snapshot, seq: int) -> None:
        """Ask this index who was found before, if it serves for that; ``seq`` is the newest change that it holds."""
        if snapshot is self._base or not self._rests_on <= seq <= self._place:
            return
        self._base, self._rests_on = snapshot, seq
        self._changed = {each: at for each, at in self._changed.items() if at > seq}
        for memory in list(self._memories.values()):
            memory.found.intersection_update(self._changed)

    def sift(self, moved: Mapping[int, Moved], passing: Passing) -> dict[SearchQuery, Sifted]:
        """What each question finds of these, all that has changed since the last call; ``passing`` holds them now."""
        memories = dict(self._memories)
        sifted = {question: self._sift(question, memory, moved, passing) for question, memory in memories.items()}
        for question, found in sifted.items():
            memories[question].found.difference_update(moved)
            memories[question].found.update(found.now)
        self._changed |= {number: each.seq for number, each in moved.items()}
        self._place = max([self._place, *(each.seq for each in moved.values())])
        if len(self._changed) > MOST_REMEMBERED:
            self._forget()
        return sifted

    def _sift(self, question: SearchQuery, memory: _Memory, moved: Mapping[int, Moved], passing: Passing) -> Sifted:
        old = {number for number, each in moved.items() if not each.is_new}
        known = old & self._changed.keys()
        before = {number for number in known if self._may_have_found(memory, number)}
        return Sifted(passing.among(question, moved), frozenset(before.union(self._in_base(question, old - known))))

    def _may_have_found(self, memory: _Memory, number: int) -> bool:
        return number in memory.found or self._changed[number] <= memory.joined

    def _in_base(self, question: SearchQuery, numbers: Collection[int]) -> Iterable[int]:
        if self._base is not None and numbers:
            with suppress(SearchError):
                return self._base.among(question, numbers)
        return numbers

    def _forget(self) -> None:
        self._base, self._rests_on, self._changed = None, self._place, {}
        for memory in list(self._memories.values()):
            memory.found.clear()
