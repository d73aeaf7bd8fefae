"""A company's sites, page by page."""

from schema import ids, paging
from tests.schema.schema_house import Ask

SUPPLIER = ids.encode("Supplier", 1)
SITES = """query($by: SupplierKey!, $first: Int, $after: String) { supplier(by: $by) {
  establishments(first: $first, after: $after) {
    totalCount
    edges { cursor node { siret } }
    nodes { siret }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} }"""


async def test_the_seat_comes_first_with_its_address(ask: Ask) -> None:
    query = """query($by: SupplierKey!) { supplier(by: $by) { headOffice {
      id siret name isHeadOffice isOpen
      address { lines postcode commune communeCode } location { latitude longitude approximate }
    } } }"""
    assert await ask(query, by={"id": SUPPLIER}) == {
        "data": {
            "supplier": {
                "headOffice": {
                    "id": ids.encode("Establishment", "1/73282932000074"),
                    "siret": "73282932000074",
                    "name": None,
                    "isHeadOffice": True,
                    "isOpen": True,
                    "address": {
                        "lines": ["12 rue de la République"],
                        "postcode": "13400",
                        "commune": "Aubagne",
                        "communeCode": "13005",
                    },
                    "location": {"latitude": 43.2927, "longitude": 5.5708, "approximate": False},
                }
            }
        }
    }


async def test_pages_follow_each_other(ask: Ask) -> None:
    first = (await ask(SITES, by={"id": SUPPLIER}, first=1))["data"]["supplier"]["establishments"]
    assert first == {
        "totalCount": 2,
        "edges": [{"cursor": first["pageInfo"]["endCursor"], "node": {"siret": "73282932000074"}}],
        "nodes": [{"siret": "73282932000074"}],
        "pageInfo": {
            "hasNextPage": True,
            "hasPreviousPage": False,
            "startCursor": first["pageInfo"]["endCursor"],
            "endCursor": first["pageInfo"]["endCursor"],
        },
    }
    second = (await ask(SITES, by={"id": SUPPLIER}, after=first["pageInfo"]["endCursor"]))["data"]["supplier"]
    assert second["establishments"]["nodes"] == [{"siret": "73282932000108"}]
    assert second["establishments"]["pageInfo"]["hasNextPage"] is False
    assert second["establishments"]["pageInfo"]["hasPreviousPage"] is True


async def test_an_empty_page_still_counts(ask: Ask) -> None:
    answer = await ask(SITES, by={"id": SUPPLIER}, first=0)
    assert answer["data"]["supplier"]["establishments"] == {
        "totalCount": 2,
        "edges": [],
        "nodes": [],
        "pageInfo": {"hasNextPage": True, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


async def test_a_foreign_cursor_is_refused(ask: Ask) -> None:
    answer = await ask(SITES, by={"id": SUPPLIER}, after="Y2hhbmdlPjE")
    assert answer == {
        "data": {"supplier": None},
        "errors": [
            {
                "message": paging.NOT_OURS,
                "locations": [{"line": 2, "column": 3}],
                "path": ["supplier", "establishments"],
                "extensions": {"code": "BAD_CURSOR"},
            }
        ],
    }


async def test_a_page_too_large_is_refused(ask: Ask) -> None:
    answer = await ask(SITES, by={"id": SUPPLIER}, first=101)
    assert [(error["message"], error["extensions"]) for error in answer["errors"]] == [
        ("`first` is a number from 0 to 100.", {"code": "BAD_INPUT"})
    ]
