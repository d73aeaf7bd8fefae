"""Suggestions in GraphQL: what each kind gives, and that nobody is betrayed by an index older than the store."""

from typing import Any

import pytest

from directory.disclosure import Role
from directory.records import Disclosure
from schema import ids
from tests.schema.schema_house import MARTIN, MEMBERS, Ask, House

ASKED = """query($text: String!, $kinds: [SuggestionKind!], $first: Int) {
  suggest(text: $text, kinds: $kinds, first: $first) { kind text value detail matches { start length } }
}"""


async def suggested(ask: Ask, text: str, role: Role = Role.PUBLIC, **arguments: Any) -> list[dict[str, Any]]:
    answer = await ask(ASKED, role, text=text, **arguments)
    assert "errors" not in answer
    found: list[dict[str, Any]] = answer["data"]["suggest"]
    return found


async def martin(ask: Ask) -> str:
    answer = await ask("query($siren: Siren!) { supplier(by: {siren: $siren}) { id } }", siren=MARTIN)
    number: str = answer["data"]["supplier"]["id"]
    return number


async def test_a_company_is_shown_with_its_commune_and_activity_and_led_to_by_its_id(ask: Ask) -> None:
    assert await suggested(ask, "PLOMBERIE m", kinds=["COMPANY"]) == [
        {
            "kind": "COMPANY",
            "text": "PLOMBERIE MARTIN",
            "value": await martin(ask),
            "detail": "Aubagne · Travaux d'installation d'eau et de gaz en tous locaux",
            "matches": [{"start": 0, "length": 9}, {"start": 10, "length": 1}],
        }
    ]


async def test_an_activity_has_its_code_and_label(ask: Ask) -> None:
    (first, *_) = await suggested(ask, "plombier", kinds=["ACTIVITY"])
    assert first == {
        "kind": "ACTIVITY",
        "text": "plombier",
        "value": "43.22A",
        "detail": "43.22A · Travaux d'installation d'eau et de gaz en tous locaux",
        "matches": [{"start": 0, "length": 8}],
    }


async def test_a_place_has_its_code_and_department(ask: Ask) -> None:
    assert await suggested(ask, "aubag", kinds=["PLACE"]) == [
        {
            "kind": "PLACE",
            "text": "Aubagne",
            "value": "13005",
            "detail": "Commune · Bouches-du-Rhône (13)",
            "matches": [{"start": 0, "length": 5}],
        }
    ]


async def test_values_are_what_the_search_takes(ask: Ask) -> None:
    (place, *_) = await suggested(ask, "aubagne", kinds=["PLACE"])
    (trade, *_) = await suggested(ask, "plombier", kinds=["ACTIVITY"])
    answer = await ask(
        "query($naf: [String!], $in: [String!]) { suppliers(where: {naf: $naf, locatedIn: $in}) { nodes { id } } }",
        **{"naf": [trade["value"]], "in": [place["value"]]},
    )
    assert answer == {"data": {"suppliers": {"nodes": [{"id": await martin(ask)}]}}}


@pytest.mark.parametrize("kinds", [None, []])
async def test_every_kind_is_suggested_unless_said(ask: Ask, kinds: list[str] | None) -> None:
    found = await suggested(ask, "m", kinds=kinds)
    assert len(found) == 8
    assert [each["kind"] for each in found][:3] == ["COMPANY", "ACTIVITY", "PLACE"]
    assert len(await suggested(ask, "m", kinds=kinds, first=None)) == 8
    assert len(await suggested(ask, "m", kinds=kinds, first=20)) == 20
    assert await suggested(ask, "m", kinds=kinds, first=0) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"text": "x" * 101}, "The text has 101 characters: 100 at most."),
        ({"text": "x", "first": 21}, "21 suggestions were asked for: give 0 to 20."),
        ({"text": "x", "first": -1}, "-1 suggestions were asked for: give 0 to 20."),
    ],
)
async def test_bounds_are_said(ask: Ask, arguments: dict[str, Any], sentence: str) -> None:
    (error,) = (await ask(ASKED, **arguments))["errors"]
    assert (error["message"], error["extensions"]["code"]) == (sentence, "BAD_INPUT")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("is_indexed", [True, False])
@pytest.mark.parametrize("disclosure", [Disclosure.PARTIAL, Disclosure.OPTED_OUT])
async def test_who_is_masked_or_opted_out_is_suggested_to_nobody(
    house: House, disclosure: Disclosure, is_indexed: bool, role: Role
) -> None:
    """Even where the index that is served does not know of it yet."""
    (found,) = await suggested(house.ask, "menuiserie dur", role, kinds=["COMPANY"])
    assert found["text"] == "Menuiserie Durand"
    before = house.engine
    await house.disclose(ids.number_of("Supplier", found["value"]), disclosure)
    if not is_indexed:
        house.engine = before
    for text in ("menuiserie dur", "durand", "d", "menuiserei durnad"):
        assert [each for each in await suggested(house.ask, text, role, kinds=["COMPANY"]) if "Dur" in str(each)] == []


async def test_who_was_merged_away_since_is_not_suggested(house: House) -> None:
    before = house.engine
    await house.merge_durand_into_martin()
    house.engine = before
    assert await suggested(house.ask, "menuiserie durand", kinds=["COMPANY"]) == []


async def test_who_is_gone_by_now_is_not_suggested(house: House) -> None:
    before = house.engine
    others = [each for each in MEMBERS if each.external_id != "M2"]
    await house.take_in(others)
    house.engine = before
    assert await suggested(house.ask, "durand", kinds=["COMPANY"]) == []


async def test_without_an_index_the_caller_is_told(house: House) -> None:
    house.engine = None
    (error,) = (await house.ask(ASKED, text="m"))["errors"]
    assert error["extensions"]["code"] == "INDEX_MISSING"
