"""A buyer's text understood, clicked away and explained; and the lexicon that stewards change."""

from typing import Any

import pytest

from directory.disclosure import Role
from directory.search.query import MAX_TEXT
from directory.understanding.lexicon import Entry, carried
from directory.understanding.understander import Understander
from tests.schema.schema_house import Ask, House

UNDERSTOOD = """query($text: String!, $without: [String!], $where: SupplierWhere) {
  suppliers(query: $text, without: $without, where: $where) {
    totalCount
    nodes { name }
    interpretation {
      words without
      activities { key naf label weight because }
      place { key typed label areas { code kind name } centre { latitude } radiusKm }
      filters { key kind value label typed }
      corrections { key typed understood }
    }
    edges { score reasons { criterion met points detail partner { name } } }
  }
}"""


async def found(ask: Ask, text: str, **variables: Any) -> dict[str, Any]:
    answer = await ask(UNDERSTOOD, text=text, **variables)
    assert "errors" not in answer, answer
    told: dict[str, Any] = answer["data"]["suppliers"]
    return told


async def test_a_need_finds_the_trade_whose_words_nobody_has_written(ask: Ask) -> None:
    told = await found(ask, "Bonjour, je cherche quelqu'un pour une fuite sous évier à Aubagne, merci")
    assert [node["name"] for node in told["nodes"]] == ["PLOMBERIE MARTIN"]
    understood = told["interpretation"]
    assert understood["activities"][0]["naf"] == "43.22A"
    assert 1 < len(understood["activities"]) <= 20
    assert understood["place"]["areas"] == [{"code": "13005", "kind": "COMMUNE", "name": "Aubagne"}]
    assert understood["place"]["centre"] is None
    assert "bonjour" not in understood["words"]


async def test_parts_are_clicked_away_by_their_keys(ask: Ask) -> None:
    whole = await found(ask, "plombier RGE à Aubagne")
    keys = [whole["interpretation"]["place"]["key"], whole["interpretation"]["filters"][0]["key"], "naf:43.22A"]
    told = await found(ask, "plombier RGE à Aubagne", without=keys)
    assert told["interpretation"]["place"] is None
    assert told["interpretation"]["filters"] == []
    assert "43.22A" not in [each["naf"] for each in told["interpretation"]["activities"]]
    assert told["interpretation"]["without"] == sorted(keys)


async def test_a_place_of_the_callers_own_stands_before_the_texts(ask: Ask) -> None:
    assert (await found(ask, "plombier à Aubagne", where={"locatedIn": ["84"]}))["totalCount"] == 0
    assert (await found(ask, "plombier à Avignon", where={"locatedIn": ["13"]}))["totalCount"] == 1


async def test_reasons_add_up_and_name_the_partner(ask: Ask) -> None:
    told = await found(ask, "plombier chauffage RGE")
    for edge in told["edges"]:
        assert sum(reason["points"] for reason in edge["reasons"]) == edge["score"]
    reasons = told["edges"][0]["reasons"]
    label = next(reason for reason in reasons if reason["criterion"] == "LABEL")
    assert (label["met"], label["partner"]) == (True, {"name": "CMAR"})
    assert any(reason["criterion"] == "UNDERSTOOD_ACTIVITY" for reason in reasons)


async def test_a_slip_is_read_as_the_word_that_was_meant(ask: Ask) -> None:
    told = await found(ask, "menuisseries")
    assert [node["name"] for node in told["nodes"]] == ["Menuiserie Durand"]
    assert [each["typed"] for each in told["interpretation"]["corrections"]] == ["menuisseries"]


async def test_words_that_nobody_has_written_mean_nothing(ask: Ask) -> None:
    told = await found(ask, "xxyyzz wwvvuu")
    assert (told["totalCount"], told["interpretation"]["activities"]) == (0, [])


async def test_a_participle_is_the_slip_of_who_hears_it(ask: Ask) -> None:
    told = await found(ask, "plombié")
    assert [node["name"] for node in told["nodes"]] == ["PLOMBERIE MARTIN"]


async def test_without_a_text_nothing_is_understood(ask: Ask) -> None:
    assert (await found(ask, "  "))["interpretation"] is None


@pytest.mark.parametrize(
    "text",
    [
        "de la pour chez dans",
        "?!… « » -",
        '"plombier',
        "name:* [* TO *] /.*/ ~9^100",
        "\u202eplombier\u202c \u200bplom\u200dbier",
        "🔧🚿 plombier 🏠",
        "x" * MAX_TEXT,
        "à " * (MAX_TEXT // 2),
        "\x00\x1f",
    ],
)
async def test_any_text_is_answered(ask: Ask, text: str) -> None:
    await found(ask, text)


async def test_a_text_of_ten_thousand_characters_is_refused(ask: Ask) -> None:
    answer = await ask(UNDERSTOOD, text="plombier " * 1_200)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_INPUT"]


async def test_more_keys_than_there_are_parts_are_refused(ask: Ask) -> None:
    answer = await ask(UNDERSTOOD, text="plombier", without=["naf:43.22A"] * 41)
    assert [error["message"] for error in answer["errors"]] == ["`without` takes at most 40 keys."]


CHANGE = """mutation($naf: String!, $expressions: [String!]!, $reason: String!) {
  NAME(naf: $naf, expressions: $expressions, reason: $reason) {
    trade { naf label expressions } userErrors { field code message }
  }
}"""
ADD, REMOVE = CHANGE.replace("NAME", "lexiconAdd"), CHANGE.replace("NAME", "lexiconRemove")
EXPRESSIONS = '{ tradeExpressions(naf: "43.22A") { expressions } }'


async def test_stewards_extend_the_lexicon(house: House) -> None:
    asked = {"naf": "43.22A", "expressions": ["tuyau qui  glougloute"], "reason": "Dit à Aubagne."}
    added = await house.ask(ADD, Role.STEWARD, **asked)
    assert added["data"]["lexiconAdd"]["userErrors"] == []
    assert added["data"]["lexiconAdd"]["trade"]["expressions"][-1] == "tuyau qui glougloute"
    known = (await house.ask(EXPRESSIONS))["data"]["tradeExpressions"]["expressions"]
    assert "tuyau qui glougloute" in known
    removed = await house.ask(REMOVE, Role.STEWARD, **asked | {"expressions": ["Tuyau qui glougloute", "plombier"]})
    left = removed["data"]["lexiconRemove"]["trade"]["expressions"]
    assert not {"tuyau qui glougloute", "plombier"} & set(left)


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.PARTNER, Role.BUYER])
async def test_nobody_else_does(house: House, role: Role) -> None:
    answer = await house.ask(ADD, role, naf="43.22A", expressions=["x"], reason="y")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("naf", "expressions", "code", "field"),
    [
        ("43.22", ["plombier"], "INVALID", "naf"),
        ("43.22A", ["ok"] * 201, "TOO_MANY", "expressions"),
        ("43.22A", ["mot " * 9], "INVALID", "expressions"),
        ("43.22A", ["?"], "INVALID", "expressions"),
    ],
)
async def test_what_cannot_stand_is_said_and_nothing_is_kept(
    house: House, naf: str, expressions: list[str], code: str, field: str
) -> None:
    answer = await house.ask(ADD, Role.STEWARD, naf=naf, expressions=["bonne", *expressions], reason="Essai.")
    errors = answer["data"]["lexiconAdd"]["userErrors"]
    assert [(error["code"], error["field"]) for error in errors] == [(code, [field])]
    assert "bonne" not in (await house.ask(EXPRESSIONS))["data"]["tradeExpressions"]["expressions"]


async def test_no_expression_at_all_is_a_fault(house: House) -> None:
    answer = await house.ask(ADD, Role.STEWARD, naf="43.22A", expressions=[], reason="Essai.")
    assert [error["code"] for error in answer["data"]["lexiconAdd"]["userErrors"]] == ["INVALID"]


async def test_a_code_that_does_not_exist_is_refused(ask: Ask) -> None:
    answer = await ask('{ tradeExpressions(naf: "43.2") { expressions } }')
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_INPUT"]


def test_a_lexicon_in_force_is_what_understands() -> None:
    changed = carried().changed([Entry("43.22A", "tuyau qui glougloute")])
    assert Understander.of(changed).understand("tuyau qui glougloute").activities[0].naf == "43.22A"
