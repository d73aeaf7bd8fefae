"""The change log, as a site that keeps a copy reads it."""

from directory.disclosure import Role
from directory.records import Disclosure
from schema import ids, paging
from tests.schema.schema_house import MEMBERS, Ask, House

MARTIN, DURAND = ids.encode("Supplier", 1), ids.encode("Supplier", 2)
CHANGES = """query($since: DateTime!, $first: Int, $after: String) {
  supplierChanges(since: $since, first: $first, after: $after) {
    nodes { kind supplierId mergedInto at supplier { id } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
  }
}"""


async def test_what_was_created_is_told_in_order(ask: Ask) -> None:
    answer = await ask(CHANGES, since="2026-11-20T08:00:00Z")
    assert answer["data"]["supplierChanges"]["nodes"] == [
        {
            "kind": "CREATED",
            "supplierId": number,
            "mergedInto": None,
            "at": "2026-11-20T08:00:00Z",
            "supplier": {"id": number},
        }
        for number in (MARTIN, DURAND)
    ]
    assert answer["data"]["supplierChanges"]["pageInfo"]["hasNextPage"] is False


async def test_a_copy_reads_on_from_its_last_cursor(house: House) -> None:
    since = "2026-11-20T08:00:00Z"
    first = (await house.ask(CHANGES, since=since, first=1))["data"]["supplierChanges"]
    assert [each["supplierId"] for each in first["nodes"]] == [MARTIN]
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    second = (await house.ask(CHANGES, since=since, after=first["pageInfo"]["endCursor"]))["data"]["supplierChanges"]
    assert [each["supplierId"] for each in second["nodes"]] == [DURAND]
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)

    await house.merge_durand_into_martin()
    third = (await house.ask(CHANGES, since=since, after=second["pageInfo"]["endCursor"]))["data"]["supplierChanges"]
    told = {
        (each["kind"], each["supplierId"], each["mergedInto"], (each["supplier"] or {}).get("id"))
        for each in third["nodes"]
    }
    assert told == {("UPDATED", MARTIN, None, MARTIN), ("MERGED", DURAND, MARTIN, MARTIN)}
    assert {each["at"] for each in third["nodes"]} == {"2026-11-20T08:10:00Z"}


async def test_a_change_is_found_again_as_the_caller_may_see_it(house: House) -> None:
    query = """query($since: DateTime!) { supplierChanges(since: $since) {
      edges { node { id kind supplierId mergedInto at supplier { id } } }
    } }"""
    again = """query($ids: [ID!]!) { nodes(ids: $ids) {
      id ... on SupplierChange { kind supplierId mergedInto at supplier { id } }
    } }"""
    await house.merge_durand_into_martin()
    await house.disclose(1, Disclosure.OPTED_OUT)
    for role in (Role.PUBLIC, Role.STEWARD):
        answer = await house.ask(query, role, since="2026-11-20T08:00:00Z")
        told = [edge["node"] for edge in answer["data"]["supplierChanges"]["edges"]]
        assert {each["kind"] for each in told} == (
            {"REMOVED"} if role is Role.PUBLIC else {"CREATED", "UPDATED", "MERGED"}
        )
        assert len({each["id"] for each in told}) == len(told) == 4
        asked = [*(each["id"] for each in told), ids.encode("SupplierChange", 99)]
        assert (await house.ask(again, role, ids=asked))["data"]["nodes"] == [*told, None]


async def test_nothing_new_is_an_empty_page(ask: Ask) -> None:
    answer = await ask(CHANGES, since="2026-11-21T00:00:00Z")
    assert answer["data"]["supplierChanges"] == {
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None},
    }


async def test_a_supplier_that_is_gone_leaves_a_tombstone(house: House) -> None:
    house.clock.forward(minutes=10)
    await house.take_in([each for each in MEMBERS if each.external_id != "M2"])
    answer = await house.ask(CHANGES, since="2026-11-20T08:05:00Z")
    assert answer["data"]["supplierChanges"]["nodes"] == [
        {
            "kind": "REMOVED",
            "supplierId": DURAND,
            "mergedInto": None,
            "at": "2026-11-20T08:10:00Z",
            "supplier": None,
        }
    ]


async def test_one_that_opted_out_looks_removed_but_to_stewards(house: House) -> None:
    await house.disclose(2, Disclosure.OPTED_OUT)
    for role, kind, supplier in ((Role.BUYER, "REMOVED", None), (Role.STEWARD, "CREATED", {"id": DURAND})):
        answer = await house.ask(CHANGES, role, since="2026-11-20T08:00:00Z")
        told = answer["data"]["supplierChanges"]["nodes"][1]
        assert (told["kind"], told["supplierId"], told["supplier"]) == (kind, DURAND, supplier)


async def test_a_foreign_cursor_is_refused(ask: Ask) -> None:
    answer = await ask(CHANGES, since="2026-11-20T08:00:00Z", after="nonsense")
    assert answer == {
        "data": None,
        "errors": [
            {
                "message": paging.NOT_OURS,
                "locations": [{"line": 2, "column": 3}],
                "path": ["supplierChanges"],
                "extensions": {"code": "BAD_CURSOR"},
            }
        ],
    }


async def test_a_forged_cursor_is_refused(ask: Ask) -> None:
    for place in ("x", "-1", "1.5", "9" * 40):
        answer = await ask(CHANGES, since="2026-11-20T08:00:00Z", after=paging.cursor("change", place))
        assert [error["extensions"] for error in answer["errors"]] == [{"code": "BAD_CURSOR"}]


async def test_the_page_is_bounded(ask: Ask) -> None:
    answer = await ask(CHANGES, since="2026-11-20T08:00:00Z", first=101)
    assert [(error["message"], error["extensions"]) for error in answer["errors"]] == [
        ("`first` is a number from 0 to 100.", {"code": "BAD_INPUT"})
    ]
