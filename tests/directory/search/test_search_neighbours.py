"""What a buyer nearby would not forgive: another trade's people, and a company lost for want of a commune."""

from pathlib import Path

from directory.records import Address, Establishment
from directory.search.query import FacetField, SearchQuery, Where
from tests.directory.search.search_kit import ids, opened, supplier


async def test_a_plumber_is_not_an_electrician_though_both_are_in_group_43_2(tmp_path: Path) -> None:
    engine = await opened(tmp_path, [supplier(1, "Un", naf=["43.21A"]), supplier(2, "Deux", naf=["43.22A"])])
    assert ids(engine, SearchQuery(text="plombier")) == [2]
    assert ids(engine, SearchQuery(text="électrique")) == [1]


async def test_a_company_of_which_only_the_department_is_known_is_in_it_and_in_its_region(tmp_path: Path) -> None:
    somewhere = Establishment(id="-1", address=Address(department="13"))
    elsewhere = Establishment(id="-2", address=Address(department="75"))
    engine = await opened(
        tmp_path, [supplier(1, establishments=(somewhere,)), supplier(2, establishments=(elsewhere,))]
    )
    assert ids(engine, SearchQuery(where=Where(located_in=("13",)))) == [1]
    assert ids(engine, SearchQuery(where=Where(located_in=("93",)))) == [1]
    (counted,) = engine.facets(SearchQuery(), (FacetField.DEPARTMENT,))
    assert [(bucket.value, bucket.count) for bucket in counted.buckets] == [("13", 1), ("75", 1)]
