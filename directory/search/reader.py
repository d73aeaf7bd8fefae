"""One open state of tantivy's index, as the rest of this package asks it: typed, and with its traps fenced off.

A limit of 0 makes tantivy panic, past ``except Exception``; it is answered here. Calls let other threads run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import tantivy
from tantivy import DocAddress, Query

from directory.search.errors import IndexMissing

_AT_ONCE: Final = 512


class Found(NamedTuple):
    """How many suppliers a query finds, and the first of them: what they were ordered by, and where they are."""

    total: int
    hits: list[tuple[Any, DocAddress]]


class Reader:
    """Looks things up in one state of the index; immutable, and safe to use from several threads."""

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        self._searcher = index.searcher()
        self.suppliers: Final = self._searcher.num_docs

    def best(self, query: Query, limit: int) -> Found:
        """The best by score, equals in the order they were stored in."""
        return self._found(query, limit)

    def ordered(self, query: Query, column: str, limit: int, *, upwards: bool) -> Found:
        """The first by a column, with their values in it."""
        order = tantivy.Order.Asc if upwards else tantivy.Order.Desc
        return self._found(query, limit, order_by_field=column, order=order)

    def every(self, query: Query) -> list[DocAddress]:
        """All that the query finds, in no order."""
        found = self.best(query, _AT_ONCE)
        if found.total > _AT_ONCE:
            found = self.best(query, found.total)
        return [address for _, address in found.hits]

    def column(self, name: str, addresses: list[DocAddress]) -> list[Any]:
        """Numbers of a column; None where a supplier has none."""
        return self._searcher.fast_field_values(name, addresses)

    def stored(self, address: DocAddress, field: str) -> bytes:
        """What is kept of a supplier under a field of bytes; empty for nothing."""
        return bytes(self._searcher.doc(address).get_first(field) or b"")

    def holders(self, field: str, term: str) -> int:
        """How many suppliers have the term."""
        return self._searcher.doc_freq(field, term)

    def terms(self, field: str, prefix: str) -> list[tuple[str, int]]:
        """The terms of a field that begin so, and how many suppliers have each."""
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


@contextmanager
def panics_named() -> Iterator[None]:
    """A panic of tantivy is no Exception, and would end whatever serves the question: here it becomes IndexMissing."""
    try:
        yield
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":
            raise
        raise IndexMissing(f'The search index cannot be read ({error}): run "circuit index".') from None
