"""One open state of tantivy's index, as the rest of this package asks it: typed, and with its traps fenced off.

A limit of 0 makes tantivy panic, past ``except Exception``; it is answered here. Calls let other threads run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from threading import Lock
from typing import Any, Final, NamedTuple

import tantivy
from cachetools import LRUCache, cachedmethod
from tantivy import DocAddress, Occur, Query

from directory.search import layout
from directory.search.errors import IndexMissing
from directory.search.terms import all_of, term

_AT_ONCE: Final = 512
_MOST_TERMS: Final = 4096


class Found(NamedTuple):
    """How many suppliers a query finds, and the first of them: what they were ordered by, and where they are."""

    total: int
    hits: list[tuple[Any, DocAddress]]


class Reader:
    """Looks things up in one state of the index; immutable, and safe to use from several threads.

    Its suppliers lie in one segment, or in a base and what was put on top of it (:mod:`.update`); each is sorted.
    """

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        self._searcher = index.searcher()
        self.suppliers: Final = self._searcher.num_docs
        # Everybody has one status: so many are in the files, with those that count no more.
        self._is_whole: Final = sum(held for _, held in self.terms(layout.STATUS, "")) == self.suppliers
        self._holders: LRUCache[tuple[str, str], int] = LRUCache(_MOST_TERMS)
        self._lock = Lock()

    def best(self, query: Query, limit: int) -> Found:
        """The best by score, equals by quality, then by id: in the order they lie in."""
        if limit and self._searcher.num_segments > 1:
            late = self._found(_also(query, Occur.Must), limit)
            if late.total:
                # Each by itself: tantivy puts equals of one segment before all of the other.
                early = self._found(_also(query, Occur.MustNot), limit)
                return Found(early.total + late.total, self._by_quality([*early.hits, *late.hits])[:limit])
        return self._found(query, limit)

    def _by_quality(self, hits: list[tuple[Any, DocAddress]]) -> list[tuple[Any, DocAddress]]:
        keys = self.column(layout.BY_QUALITY, [address for _, address in hits])
        ordered = sorted(zip(hits, keys, strict=True), key=lambda each: (-each[0][0], -each[1]))
        return [hit for hit, _ in ordered]

    def ordered(self, query: Query, column: str, limit: int, *, upwards: bool) -> Found:
        """The first by a column, with their values in it."""
        order = tantivy.Order.Asc if upwards else tantivy.Order.Desc
        return self._found(query, limit, order_by_field=column, order=order)

    def every(self, query: Query) -> list[DocAddress]:
        """All that the query finds, in no order."""
        found = self._found(query, _AT_ONCE)
        if found.total > _AT_ONCE:
            found = self._found(query, found.total)
        return [address for _, address in found.hits]

    def column(self, name: str, addresses: list[DocAddress]) -> list[Any]:
        """Numbers of a column; None where a supplier has none."""
        return self._searcher.fast_field_values(name, addresses)

    def stored(self, address: DocAddress, field: str) -> bytes:
        """What is kept of a supplier under a field of bytes; empty for nothing."""
        return bytes(self._searcher.doc(address).get_first(field) or b"")

    @cachedmethod(attrgetter("_holders"), lock=attrgetter("_lock"))
    def holders(self, field: str, value: str) -> int:
        """How many suppliers have the term."""
        held = self.held(field, value)
        return held if self._is_whole or not held else self._found(term(field, value), 0).total

    def held(self, field: str, value: str) -> int:
        """About how many suppliers have the term, at once: those count that have left the base since, never too few."""
        return self._searcher.doc_freq(field, value)

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        """The terms of a field that begin so, and about how many suppliers have each, like :meth:`held`."""
        return self._searcher.terms_with_prefix(field, prefix)

    def aggregate(self, query: Query, asked: dict[str, Any]) -> dict[str, Any]:
        """Tantivy's aggregation. Raises ValueError for more buckets than it will count."""
        with panics_named():
            return self._searcher.aggregate(query, asked)

    def parse(self, syntax: str) -> Query:
        """A query from tantivy's own syntax: never from a caller's text."""
        return self._index.parse_query(syntax)

    def _found(self, query: Query, limit: int, **order: Any) -> Found:
        with panics_named():
            found: Any = self._searcher.search(query, max(1, limit), **order)  # its count is not in the type stub
        return Found(found.count, found.hits[:limit])


def _also(query: Query, occur: Occur) -> Query:
    """What the query finds of those put on top, or of all others; scores stay."""
    return all_of([(Occur.Must, query), (occur, term(layout.LATE, "1"))])


@contextmanager
def panics_named() -> Iterator[None]:
    """A panic of tantivy is no Exception, and would end whatever serves the question: here it becomes IndexMissing."""
    try:
        yield
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise IndexMissing(f'The search index cannot be read ({error}): run "circuit index".') from None
