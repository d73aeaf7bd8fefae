"""Who is found by a place that may not be shown any more is in no file and no alert, whatever kind of place it was."""

import pytest

from directory.disclosure import Role
from directory.export.found import shown
from directory.records import Disclosure
from directory.search.query import Box, Near, SearchQuery, Where
from directory.store.reading import StoredSupplier
from tests.directory.search.search_kit import NOW, site, supplier

BOX = Box(43.0, 5.0, 44.0, 6.0)
HIDDEN = supplier(1, disclosure=Disclosure.PARTIAL, establishments=(site("13005", (43.29, 5.57)),))


STORED = StoredSupplier(supplier=HIDDEN, created_at=NOW, updated_at=NOW)


def seen(question: SearchQuery) -> bool:
    return shown(STORED, 1, question) is not None


@pytest.mark.parametrize(
    "question",
    [
        SearchQuery(near=Near(43.29, 5.57)),
        SearchQuery(where=Where(within=BOX)),
        SearchQuery(where=Where(not_=Where(not_=Where(within=BOX)))),
    ],
)
def test_a_place_betrays_nobody_and_stewards_see_what_they_keep(question: SearchQuery) -> None:
    assert not seen(question)
    assert shown(
        StoredSupplier(supplier=HIDDEN, created_at=NOW, updated_at=NOW),
        1,
        SearchQuery(where=question.where, role=Role.STEWARD),
    )


def test_without_a_place_it_is_there() -> None:
    assert seen(SearchQuery(text="martin"))
    assert seen(SearchQuery(where=Where(not_=Where(within=BOX))))
