"""Suppliers side by side: values, where they come from, what differs, and what is refused."""

import pytest

from directory.disclosure import Role
from directory.records import Disclosure
from schema import ids
from tests.schema.schema_house import Ask, House

QUERY = """query($ids: [ID!]!) { compareSuppliers(ids: $ids) {
  suppliers { name }
  rows { field label differs cells { value provenance { partner { code } rule observedAt field } } }
} }"""


async def table(ask: Ask, *asked: str, role: Role = Role.PUBLIC) -> dict[str, tuple[bool, list[str | None]]]:
    answer = await ask(QUERY, role, ids=list(asked))
    assert "errors" not in answer, answer["errors"]
    rows = answer["data"]["compareSuppliers"]["rows"]
    return {row["field"]: (row["differs"], [cell["value"] for cell in row["cells"]]) for row in rows}


async def numbers(ask: Ask) -> tuple[str, str]:
    answer = await ask("{ suppliers(orderBy: {field: NAME, direction: DESC}) { nodes { id name } } }")
    found = {node["name"]: node["id"] for node in answer["data"]["suppliers"]["nodes"]}
    return found["PLOMBERIE MARTIN"], found["Menuiserie Durand"]


async def test_rows_hold_a_value_a_supplier_in_the_order_asked(ask: Ask) -> None:
    martin, durand = await numbers(ask)
    rows = await table(ask, durand, martin)
    assert rows["NAME"] == (True, ["Menuiserie Durand", "PLOMBERIE MARTIN"])
    assert rows["COMMUNE"] == (False, ["Aubagne", "Aubagne"])
    assert rows["SIREN"] == (True, [None, "732829320"])
    assert rows["ESTABLISHMENTS"] == (True, ["1", "2"])
    assert rows["PARTNERS"] == (True, ["CMAR", "Chambre; CMAR; CPME 13"])
    assert rows["STATUS"] == (False, ["En activité", "En activité"])
    assert next(iter(rows)) == "NAME"
    assert "CLOSED_ON" not in rows  # nobody has it


async def test_each_value_says_where_it_comes_from(ask: Ask, house: House) -> None:
    answer = await ask(QUERY, ids=list(await numbers(ask)))
    (name,) = [row for row in answer["data"]["compareSuppliers"]["rows"] if row["field"] == "NAME"]
    assert name["label"] == "Nom"
    assert [cell["provenance"] for cell in name["cells"]] == [
        {
            "partner": {"code": "chambre"},
            "rule": "PARTNER_PRIORITY",
            "observedAt": "2026-11-20T08:00:00Z",
            "field": "NAME",
        },
        {"partner": {"code": "cmar"}, "rule": "ONLY_VALUE", "observedAt": "2026-11-20T08:00:00Z", "field": "NAME"},
    ]


async def test_contacts_are_rows_for_those_who_may_see_them(ask: Ask) -> None:
    both = await numbers(ask)
    assert not {"CONTACT_NAME", "EMAIL", "PHONE"} & set(await table(ask, *both))
    assert (await table(ask, *both, role=Role.BUYER))["EMAIL"] == (True, ["contact@plomberie-martin.example", None])


async def test_partial_diffusion_hides_value_and_provenance(ask: Ask, house: House) -> None:
    martin, durand = await numbers(ask)
    await house.disclose(ids.number_of("Supplier", durand), Disclosure.PARTIAL)
    answer = await ask(QUERY, ids=[martin, durand])
    cells = {row["field"]: row["cells"][1] for row in answer["data"]["compareSuppliers"]["rows"]}
    assert cells["NAME"] == {"value": "[ND]", "provenance": None}
    assert cells["COMMUNE"] == {"value": None, "provenance": None}
    assert "Durand" not in str(answer)


async def test_a_merged_id_leads_to_its_survivor(ask: Ask, house: House) -> None:
    martin, durand = await numbers(ask)
    await house.merge_durand_into_martin()
    answer = await ask(QUERY, ids=[martin, durand])
    assert answer["errors"][0]["message"] == "Two of these ids lead to the same supplier: give each company once."


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (1, "1 suppliers cannot be compared: give the ids of 2 to 5."),
        (6, "6 suppliers cannot be compared: give the ids of 2 to 5."),
    ],
)
async def test_so_many_can_be_compared(ask: Ask, asked: int, message: str) -> None:
    answer = await ask(QUERY, ids=[ids.encode("Supplier", each + 1) for each in range(asked)])
    assert answer["data"] is None
    assert (answer["errors"][0]["message"], answer["errors"][0]["extensions"]) == (message, {"code": "BAD_INPUT"})


async def test_who_is_not_there_or_not_to_be_seen_is_named_alike(ask: Ask, house: House) -> None:
    martin, durand = await numbers(ask)
    nobody = ids.encode("Supplier", 999)
    await house.disclose(ids.number_of("Supplier", durand), Disclosure.OPTED_OUT)
    for hidden in (nobody, durand):
        answer = await ask(QUERY, ids=[martin, hidden])
        assert answer["errors"][0]["message"] == f"There is no supplier with the id {hidden} that you may see."
    seen = await table(ask, martin, durand, role=Role.STEWARD)
    assert seen["NAME"] == (True, ["PLOMBERIE MARTIN", "Menuiserie Durand"])
