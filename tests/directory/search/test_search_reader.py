"""Tantivy's traps, and that they are fenced off."""

from pathlib import Path

import pytest
import tantivy
from tantivy import Query

from directory.search import generations
from directory.search.errors import IndexMissing
from directory.search.reader import Reader, panics_named
from tests.directory.search.search_kit import built, supplier


async def test_a_limit_of_nothing_counts(tmp_path: Path) -> None:
    report = await built(tmp_path, [supplier(1), supplier(2)])
    reader = Reader(generations.open_index(tmp_path, report.generation))
    assert reader.best(Query.all_query(), 0) == (2, [])
    assert len(reader.every(Query.all_query())) == 2


def test_a_panic_is_named() -> None:
    index = tantivy.Index(tantivy.SchemaBuilder().build())
    with pytest.raises(IndexMissing) as named, panics_named():
        index.searcher().search(Query.all_query(), 0)
    assert str(named.value).startswith("The search index cannot be read (")
    assert str(named.value).endswith('): run "circuit index".')


def test_what_is_no_panic_passes() -> None:
    with pytest.raises(KeyboardInterrupt), panics_named():
        raise KeyboardInterrupt
