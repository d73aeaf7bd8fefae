"""``similarSuppliers``: the reasons in French, as far as the other supplier may be seen now."""

import pytest
from msgspec.structs import replace

from directory.disclosure import Role
from directory.records import Activity, Disclosure
from schema import ids
from tests.schema.schema_house import MARTIN, MEMBERS, Ask, House

QUERY = """query($near: Near, $first: Int) { supplier(by: {siren: "732829320"}) {
  similarSuppliers(near: $near, first: $first) { supplier { id name } score reasons { kind detail points } }
} }"""
DURAND = replace(MEMBERS[3], activities=(Activity("43.22B"),))


@pytest.fixture
async def alike(house: House) -> House:
    """Durand installs heating: the class of Martin's activity."""
    await house.take_in([*MEMBERS[:3], DURAND])
    return house


async def test_reasons_are_told_in_french_and_add_up(ask: Ask, alike: House) -> None:
    answer = await ask(QUERY)
    (found,) = answer["data"]["supplier"]["similarSuppliers"]
    assert found["supplier"]["name"] == "Menuiserie Durand"
    activity, near = sorted(found["reasons"], key=lambda each: each["kind"])
    label = "Travaux de plomberie et installation de chauffage et de conditionnement d'air"
    assert (activity["kind"], activity["detail"]) == ("ACTIVITY", f"Activité : {label} (43.22)")
    assert (near["kind"], near["detail"]) == ("NEARNESS", "À moins de 5 km")
    assert found["score"] == activity["points"] + near["points"]


async def test_what_may_not_be_shown_any_more_is_no_reason(ask: Ask, alike: House) -> None:
    answer = await ask(QUERY)
    number = ids.number_of("Supplier", answer["data"]["supplier"]["similarSuppliers"][0]["supplier"]["id"])
    served = alike.engine
    await alike.disclose(number, Disclosure.PARTIAL)
    alike.engine = served  # the index is behind the store
    (found,) = (await ask(QUERY))["data"]["supplier"]["similarSuppliers"]
    assert (found["supplier"]["name"], [each["kind"] for each in found["reasons"]]) == ("[ND]", ["ACTIVITY"])
    near = {"latitude": 43.2927, "longitude": 5.5708, "radiusKm": 5}
    assert (await ask(QUERY, near=near))["data"]["supplier"]["similarSuppliers"] == []
    await alike.disclose(number, Disclosure.OPTED_OUT)
    alike.engine = served
    assert (await ask(QUERY))["data"]["supplier"]["similarSuppliers"] == []
    assert len((await ask(QUERY, Role.STEWARD))["data"]["supplier"]["similarSuppliers"]) == 1


async def test_one_request_asks_it_of_ten_suppliers(ask: Ask) -> None:
    ten = " ".join(
        f'a{n}: supplier(by: {{siren: "732829320"}}) {{ similarSuppliers(first: {n}) {{ score }} }}' for n in range(10)
    )
    assert "errors" not in await ask(f"{{ {ten} }}")
    answer = await ask(f'{{ {ten} b: supplier(by: {{siren: "732829320"}}) {{ similarSuppliers {{ score }} }} }}')
    sentence = "One request may ask for what is like 10 suppliers; ask for the rest in another."
    assert [(error["message"], error["extensions"]) for error in answer["errors"]] == [
        (sentence, {"code": "BAD_INPUT"})
    ]


async def test_so_many_can_be_asked_for(ask: Ask) -> None:
    answer = await ask(QUERY, first=51)
    assert answer["errors"][0]["message"] == "`first` is a number from 0 to 50."
    assert MARTIN in QUERY
