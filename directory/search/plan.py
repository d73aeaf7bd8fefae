"""A question made ready for one state of the index: its text, its filters and its disc as queries, and its total."""

from collections.abc import Iterator
from functools import cached_property
from threading import Lock
from typing import Any, Final

from cachetools import LRUCache
from msgspec.structs import replace
from tantivy import DocAddress, Occur, Query

from directory.disclosure import Role
from directory.search import chains, filters, layout, text
from directory.search.errors import InvalidCursor
from directory.search.ground import Ground
from directory.search.query import Clue, Near, SearchQuery, Where
from directory.search.reader import Found, Reader
from directory.search.terms import Clause, all_of, scoring, term
from directory.understanding.contract import Interpretation

# Within these shares of the radius a supplier scores more, each time: whoever is near comes before who is as good.
NEARER: Final = (0.2, 0.4, 0.7)
NEARER_POINTS: Final = 40
# Less than any point: it decides among equals, and is no part of the score (:func:`.orders.whole`).
_BEHIND: Final = -0.5
_MOST_PLANS: Final = 256
_Key = tuple[str | None, Interpretation | None, Where, Near | None, Role, tuple[int, ...]]


class Plan:
    """A question's queries, each made when it is first wanted. Raises InvalidQuery, InvalidCursor."""

    def __init__(self, reader: Reader, ground: Ground, query: SearchQuery, weights: tuple[int, ...] = ()) -> None:
        self.near = query.near
        self._scope = chains.scope_of(query)
        self._reader, self._ground = reader, ground
        self._words = text.read(query.text, query.understood, query.role) if query.text and query.text.strip() else None
        self.weights = self._weights(weights)
        self.filters = self._filters(query.where)

    def _weights(self, given: tuple[int, ...]) -> tuple[int, ...]:
        if self._words and not given:
            return text.weigh(self._words, self._holders, self._reader.suppliers)
        if given and not (self._words and text.fits(self._words, given)):
            raise InvalidCursor("The cursor is not one of this query: begin again without it.")
        return given

    def _filters(self, where: Where) -> Query:
        clauses = filters.clauses(where, self._ground.box)
        matching = [(Occur.Must, text.matching(self._words, self.weights))] if self._words else []
        return all_of([*matching, *clauses])

    @cached_property
    def found(self) -> Query:
        """Finds the suppliers of the question: what ``filters`` finds, inside the disc."""
        if self.near is None:
            return self.filters
        return all_of([(Occur.Must, self.filters), (Occur.Must, self._ground.disc(self.near))])

    @cached_property
    def ranked(self) -> Query:
        """Finds the same and scores them by the text and by how near they are; half a point less for whoever is behind
        others of its chain.
        """
        scores = text.scores(self._words, self.weights) if self._words else []
        behind = scoring(term(layout.BEHIND, self._scope), _BEHIND)
        return all_of([(Occur.Must, self.found), *scores, *self._nearer(), (Occur.Should, behind)])

    @cached_property
    def clues(self) -> tuple[Clue, ...]:
        """What the suppliers found may score by, but for how near they are."""
        return tuple(text.clues(self._words, self.weights)) if self._words else ()

    def _nearer(self) -> Iterator[Clause]:
        if self.near:
            for share in NEARER:
                disc = self._ground.disc(replace(self.near, radius_km=self.near.radius_km * share))
                yield Occur.Should, scoring(disc, NEARER_POINTS)

    @cached_property
    def total(self) -> int:
        """How many suppliers the question finds."""
        return self._reader.best(self.found, 0).total

    def best(self, limit: int) -> list[tuple[Any, DocAddress]]:
        """The best by the text, with their scores."""
        return self._counted(self._reader.best(self.ranked, limit))

    def first(self, column: str, limit: int, *, upwards: bool) -> list[tuple[Any, DocAddress]]:
        """The first by a column, with their values in it."""
        return self._counted(self._reader.ordered(self.found, column, limit, upwards=upwards))

    def _counted(self, found: Found) -> list[tuple[Any, DocAddress]]:
        """The hits; their number comes with them, and saves a pass when the total is asked for."""
        self.total = found.total
        return found.hits

    def _holders(self, term: str) -> int:
        return self._reader.holders(layout.TEXT, term)


class Planner:
    """Makes plans and keeps the last ones: a page, the next page and the facets of a question share one."""

    def __init__(self, reader: Reader, ground: Ground) -> None:
        self._reader = reader
        self._ground = ground
        self._plans: LRUCache[_Key, Plan] = LRUCache(_MOST_PLANS)
        self._lock = Lock()

    def plan(self, query: SearchQuery, weights: tuple[int, ...] = ()) -> Plan:
        """The question's plan. ``weights`` come from a cursor; without them the terms are weighed now.

        Raises InvalidQuery, InvalidCursor.
        """
        key = (query.text, query.understood, query.where, query.near, query.role, weights)
        with self._lock:
            known = self._plans.get(key)
        if known is None:
            known = Plan(self._reader, self._ground, query, weights)
            with self._lock:
                self._plans[key] = known
        return known
