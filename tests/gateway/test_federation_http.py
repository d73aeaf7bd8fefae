"""A federation's gateway at the door: what it composes, and how much it may fetch at once."""

import json
from typing import Any

import pytest
from graphql import parse

from gateway.costs import Tariff, cost_of, priced
from gateway.settings import Settings
from schema import build_schema
from tests.gateway.served import Client, serve_on_loopback

ENTITIES = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Supplier { name } } }"
FABRE = {"__typename": "Supplier", "siren": "732829320"}
UNKNOWN = {"__typename": "Supplier", "siren": "552100554"}


async def entities(client: Client, *representations: object) -> dict[str, Any]:
    response = await client.ask(ENTITIES, variables={"r": list(representations)})
    assert response.status == 200
    answer: dict[str, Any] = json.loads(await response.read())
    return answer


async def test_the_operator_says_how_many_entities_come_at_once(filled: Settings) -> None:
    limits = filled.limits.model_copy(update={"entities": 2})
    async with serve_on_loopback(filled.model_copy(update={"limits": limits})) as client:
        fabre = {"name": "Plomberie Fabre"}
        assert await entities(client, FABRE, FABRE) == {"data": {"_entities": [fabre, fabre]}}
        refused = await entities(client, FABRE, FABRE, FABRE)
        assert refused["data"] is None
        assert refused["errors"][0]["message"] == (
            "`representations` takes at most 2 of them; ask for the rest in another request."
        )


def test_entities_cost_as_much_as_there_are() -> None:
    (form,) = priced(parse(ENTITIES), Tariff.of(build_schema()._schema))
    costs = {count: cost_of(form, {"r": [FABRE] * count}) for count in (1, 2, 100)}
    assert costs == {1: 3, 2: 4, 100: 102}  # the root, the field, and each of them


@pytest.mark.asyncio(loop_scope="module")
async def test_an_answer_with_a_missing_entity_is_not_kept(shared: Client) -> None:
    for _ in range(2):
        response = await shared.ask(ENTITIES, variables={"r": [UNKNOWN, FABRE]})
        assert response.headers["X-Cache"] == "MISS"
        answer = await response.json()
        assert answer["data"] == {"_entities": [None, {"name": "Plomberie Fabre"}]}
        assert [(error["path"], error["extensions"]) for error in answer["errors"]] == [
            (["_entities", 0], {"code": "NOT_FOUND"})
        ]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_subgraph_is_told_to_everybody(shared: Client) -> None:
    answer = await (await shared.ask("{ _service { sdl } }")).json()
    assert '@key(fields: "siren")' in answer["data"]["_service"]["sdl"]
