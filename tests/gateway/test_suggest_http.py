"""Completing over real HTTP, as an input does it letter by letter."""

from typing import Any

import pytest

from tests.gateway.served import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKED = """query Complete($text: String!, $kinds: [SuggestionKind!]) {
  suggest(text: $text, kinds: $kinds, first: 5) { kind text value detail matches { start length } }
}"""


async def suggested(client: Client, text: str, *kinds: str) -> list[dict[str, Any]]:
    response = await client.ask(ASKED, variables={"text": text, "kinds": list(kinds) or None})
    assert response.status == 200
    answer = await response.json()
    assert set(answer) == {"data"}
    found: list[dict[str, Any]] = answer["data"]["suggest"]
    return found


async def test_every_letter_narrows_what_is_suggested(shared: Client) -> None:
    names = [[each["text"] for each in await suggested(shared, "garlaban"[:end], "COMPANY")] for end in range(1, 9)]
    assert names == [["Dépannage Garlaban"]] * 8
    assert await suggested(shared, "garlabanx", "COMPANY") == await suggested(shared, "garlaban", "COMPANY")


async def test_all_kinds_are_in_one_list(shared: Client) -> None:
    found = await suggested(shared, "plomb")
    assert {(each["kind"], each["value"]) for each in found} >= {("ACTIVITY", "43.22A")}
    assert [each["text"] for each in found if each["kind"] == "COMPANY"] == ["Plomberie Fabre"]
    (place, *_) = await suggested(shared, "13400")
    assert (place["kind"], place["text"], place["value"]) == ("PLACE", "13400 Aubagne", "13005")


async def test_the_supplier_is_fetched_by_the_value(shared: Client) -> None:
    (found,) = await suggested(shared, "fabre", "COMPANY")
    response = await shared.ask(
        "query($id: ID!) { node(id: $id) { ... on Supplier { siren } } }", variables={"id": found["value"]}
    )
    assert await response.json() == {"data": {"node": {"siren": "732829320"}}}


@pytest.mark.parametrize("text", ["", " ", "name:*", '"', "\u0000", "a " * 50, "%27 OR 1=1 --", "\U0001f956", "^p"])
async def test_any_text_is_answered(shared: Client, text: str) -> None:
    assert len(await suggested(shared, text)) <= 5


async def test_too_long_a_text_is_refused(shared: Client) -> None:
    response = await shared.ask(ASKED, variables={"text": "x" * 101})
    (error,) = (await response.json())["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("The text has 101 characters: 100 at most.", "BAD_INPUT")
