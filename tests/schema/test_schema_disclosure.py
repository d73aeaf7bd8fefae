"""Who sees what: the schema asks the table of directory.disclosure at every door."""

from typing import Any

import pytest
from msgspec.structs import replace

from directory.disclosure import Role
from directory.records import Contact, Disclosure
from schema import ids
from tests.schema.schema_house import MEMBERS, Ask, House, member

SUPPLIER = ids.encode("Supplier", 1)
CONTACTS = """query($by: SupplierKey!) { supplier(by: $by) {
  contact { name email phone }
  provenance(fields: [EMAIL, PHONE]) { field value alternatives { value } }
} }"""
KNOWN = (Role.PARTNER, Role.BUYER, Role.STEWARD)


async def test_the_public_sees_no_contact_nor_where_it_comes_from(ask: Ask) -> None:
    answer = await ask(CONTACTS, by={"id": SUPPLIER})
    assert answer == {"data": {"supplier": {"contact": None, "provenance": []}}}


@pytest.mark.parametrize("role", KNOWN)
async def test_known_callers_see_contacts(ask: Ask, role: Role) -> None:
    assert await ask(CONTACTS, role, by={"id": SUPPLIER}) == {
        "data": {
            "supplier": {
                "contact": {
                    "name": "Paul Martin",
                    "email": "contact@plomberie-martin.example",
                    "phone": "+33442030405",
                },
                "provenance": [
                    {"field": "EMAIL", "value": "contact@plomberie-martin.example", "alternatives": []},
                    {"field": "PHONE", "value": "+33442030405", "alternatives": [{"value": "+33442030406"}]},
                ],
            }
        }
    }


async def test_known_callers_may_filter_by_having_a_contact(ask: Ask) -> None:
    query = "{ suppliers(where: {has: [EMAIL, PHONE]}) { nodes { id } } }"
    assert await ask(query, Role.BUYER) == {"data": {"suppliers": {"nodes": [{"id": SUPPLIER}]}}}


async def test_contacts_that_matched_are_shown_to_known_callers_alone(house: House) -> None:
    contact = Contact(email="atelier@durand.example", phone="+33442999999")
    twin = member("cpme13", "P2", "Menuiserie Durand et fils", contact=contact)
    durand = [replace(each, contact=contact) for each in MEMBERS if each.external_id == "M2"]
    await house.take_in([*(each for each in MEMBERS if each.external_id != "M2"), *durand, twin])
    query = """query($by: SupplierKey!) { supplier(by: $by) { listings {
      match { waterfall evidence { feature left right level } }
    } } }"""
    key = {"listing": {"partner": "cpme13", "externalId": "P2"}}

    async def told(role: Role) -> tuple[list[Any], str]:
        listings = (await house.ask(query, role, by=key))["data"]["supplier"]["listings"]
        lines = [line for each in listings for line in each["match"]["evidence"] if line["feature"] == "contact"]
        return lines, "".join(each["match"]["waterfall"] for each in listings)

    both = "+33442999999, atelier@durand.example"
    shown = {"feature": "contact", "left": both, "right": both, "level": "same phone and mailbox"}
    lines, pictures = await told(Role.PUBLIC)
    assert lines == [{**shown, "left": None, "right": None}] * 2
    assert "même téléphone, même courriel" in pictures
    assert "99999" not in pictures
    assert "durand.example" not in pictures
    for role in KNOWN:
        lines, pictures = await told(role)
        assert lines == [shown] * 2
        assert pictures.count(both) == 8  # in the words of both rows and of both pictures, twice each


async def test_partial_diffusion_hides_what_could_name_or_place(house: House) -> None:
    await house.disclose(2, Disclosure.PARTIAL)
    query = """query($by: SupplierKey!) { supplier(by: $by) {
      name tradeNames description website disclosure contact { phone }
      headOffice { name address { commune } location { latitude } }
      listings { name url }
      provenance { field }
      activities { code }
    } }"""
    hidden = {
        "name": "[ND]",
        "tradeNames": [],
        "description": None,
        "website": None,
        "disclosure": "PARTIAL",
        "contact": None,
        "headOffice": None,
        "listings": [{"name": "[ND]", "url": None}],
        "provenance": [{"field": "ACTIVITIES"}],
        "activities": [{"code": "43.32A"}],
    }
    key = {"id": ids.encode("Supplier", 2)}
    assert await house.ask(query, Role.BUYER, by=key) == {"data": {"supplier": hidden}}
    steward = (await house.ask(query, Role.STEWARD, by=key))["data"]["supplier"]
    assert (steward["name"], steward["headOffice"]["address"]) == ("Menuiserie Durand", {"commune": "Aubagne"})


DOORS = """query($supplier: ID!, $listing: ID!, $place: ID!, $by: SupplierKey!) {
  supplier(by: $by) { name }
  one: node(id: $supplier) { id }
  nodes(ids: [$supplier, $listing]) { id }
  site: node(id: $place) { id }
  suppliers { totalCount nodes { name } facets(of: [PARTNER]) { buckets { value count } } }
}"""


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.PARTNER, Role.BUYER])
async def test_one_that_opted_out_is_behind_no_door(house: House, role: Role) -> None:
    query = "query($by: SupplierKey!) { supplier(by: $by) { headOffice { id } } }"
    durand = ids.encode("Supplier", 2)
    site = (await house.ask(query, by={"id": durand}))["data"]["supplier"]["headOffice"]["id"]
    await house.disclose(2, Disclosure.OPTED_OUT)
    key = {"listing": {"partner": "cmar", "externalId": "M2"}}
    doors = {"supplier": durand, "listing": ids.encode("Listing", 3), "place": site, "by": key}
    assert await house.ask(DOORS, role, **doors) == {
        "data": {
            "supplier": None,
            "one": None,
            "nodes": [None, None],
            "site": None,
            "suppliers": {
                "totalCount": 1,
                "nodes": [{"name": "PLOMBERIE MARTIN"}],
                "facets": [
                    {
                        "buckets": [
                            {"value": "chambre", "count": 1},
                            {"value": "cmar", "count": 1},
                            {"value": "cpme13", "count": 1},
                        ]
                    }
                ],
            },
        }
    }


async def test_stewards_see_one_that_opted_out(house: House) -> None:
    await house.disclose(2, Disclosure.OPTED_OUT)
    query = "query($by: SupplierKey!) { supplier(by: $by) { name disclosure } }"
    answer = await house.ask(query, Role.STEWARD, by={"id": ids.encode("Supplier", 2)})
    assert answer == {"data": {"supplier": {"name": "Menuiserie Durand", "disclosure": "OPTED_OUT"}}}
