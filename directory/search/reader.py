"""One open state of tantivy's index, as the rest of this package asks it: typed, and with its traps fenced off.

A limit of 0 makes tantivy panic, past ``except Exception``; it is answered here. Calls let other threads run.
"""

from typing import Any, Final, cast

import tantivy
from tantivy import DocAddress, Query

_AT_ONCE: Final = 512

Scored = tuple[float, DocAddress]


class Reader:
    """Looks things up in one state of the index; immutable, and safe to use from several threads."""

    def __init__(self, index: tantivy.Index) -> None:
        self._index = index
        self._searcher = index.searcher()
        self.suppliers: Final = self._searcher.num_docs

    def count(self, query: Query) -> int:
        """How many suppliers the query finds."""
        return self._counted(query, 1)[0]

    def best(self, query: Query, limit: int) -> list[Scored]:
        """The best by score, equals in the order they were stored in."""
        return cast("list[Scored]", self._searcher.search(query, limit, count=False).hits) if limit else []

    def ordered(self, query: Query, column: str, limit: int, *, upwards: bool) -> list[tuple[Any, DocAddress]]:
        """The first by a column, with their values in it."""
        order = tantivy.Order.Asc if upwards else tantivy.Order.Desc
        if not limit:
            return []
        return self._searcher.search(query, limit, count=False, order_by_field=column, order=order).hits

    def every(self, query: Query) -> list[DocAddress]:
        """All that the query finds, in no order."""
        total, hits = self._counted(query, _AT_ONCE)
        return [address for _, address in (hits if total <= _AT_ONCE else self.best(query, total))]

    def column(self, name: str, addresses: list[DocAddress]) -> list[Any]:
        """Numbers of a column; None where a supplier has none."""
        return self._searcher.fast_field_values(name, addresses)

    def stored(self, address: DocAddress, field: str) -> bytes:
        """What is kept of a supplier under a field of bytes; empty for nothing."""
        return bytes(self._searcher.doc(address).get_first(field) or b"")

    def holders(self, field: str, term: str) -> int:
        """How many suppliers have the term."""
        return self._searcher.doc_freq(field, term)

    def aggregate(self, query: Query, asked: dict[str, Any]) -> dict[str, Any]:
        """Tantivy's aggregation. Raises ValueError for more buckets than it will count."""
        return self._searcher.aggregate(query, asked)

    def parse(self, syntax: str) -> Query:
        """A query from tantivy's own syntax: never from a caller's text."""
        return self._index.parse_query(syntax)

    def _counted(self, query: Query, limit: int) -> tuple[int, list[Scored]]:
        found: Any = self._searcher.search(query, limit)  # its count is left out of tantivy's type stub
        return found.count, found.hits
