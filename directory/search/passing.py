"""A few suppliers as they are at this moment, to be put to questions before any index on the disk holds them.

What the index answers is asked here of an index of its own, in memory and of the same fields: a supplier that has just
changed is found by a question if, and only if, a search will find it once the index says so, too.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Final

import tantivy

from directory.records import Supplier, utc
from directory.search import access, analysis, layout
from directory.search.document import document
from directory.search.ground import Ground
from directory.search.plan import Planner
from directory.search.query import SearchQuery
from directory.search.reader import Reader
from directory.search.terms import SCHEMA

# The least that tantivy takes for one thread; some hundreds of suppliers are a tenth of it.
_HEAP_BYTES: Final = 15_000_000


class Passing:
    """Some hundreds of suppliers, each with the instant it last changed. Thread-safe; a few milliseconds to make."""

    def __init__(self, suppliers: Iterable[tuple[Supplier, datetime]]) -> None:
        index = tantivy.Index(SCHEMA)
        analysis.register(index)
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for supplier, updated_at in suppliers:
            with suppress(ValueError, OverflowError):  # one that cannot be indexed is found by no search either
                if fields := document(supplier, utc(updated_at)):
                    writer.add_document(tantivy.Document.from_dict(fields, SCHEMA))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._reader = Reader(index)
        self._planner = Planner(self._reader, Ground(self._reader))

    def among(self, query: SearchQuery, ids: Collection[int]) -> frozenset[int]:
        """Those of these suppliers that the question finds, whatever its order. Raises InvalidQuery."""
        access.check_query(query)
        found = self._reader.every(self._planner.plan(query).found)
        return frozenset(self._reader.column(layout.ID, found)).intersection(ids)
