"""Several requests in one body: refused by default, bounded where they are read, each answered alone and in order."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cache import Answer, State
from directory.disclosure import Role
from gateway.auth import create_key
from gateway.batching import answered_in_order
from gateway.door import Notes
from gateway.requests import GraphQLRequest
from gateway.settings import Settings
from gateway.settings_limits import Limits
from tests.gateway.budget_kit import serve_in_one_moment
from tests.gateway.following_kit import counted
from tests.gateway.served import Client, serve_on_loopback
from tests.gateway.test_budgets import SEARCH, budgeted

NAME = {"query": "{ __typename }"}
TYPENAME = {"data": {"__typename": "Query"}}


@pytest.fixture
async def batching(filled: Settings) -> AsyncIterator[Client]:
    """A hub that reads up to four requests in one body."""
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, limits={"batch": 4})) as served:
        yield served


async def post(client: Client, value: Any, **headers: str) -> tuple[int, Any]:
    async with client.session.post("/graphql", json=value, headers=headers) as response:
        return response.status, await response.json(content_type=None)


def codes(answers: list[Any]) -> list[str | None]:
    """The code of each answer's first error."""
    return [answer["errors"][0]["extensions"]["code"] if "errors" in answer else None for answer in answers]


async def test_a_list_is_refused_unless_the_operator_reads_them(client: Client) -> None:
    status, answer = await post(client, [NAME])
    assert (status, codes([answer])) == (400, ["BATCH"])


async def test_each_is_answered_by_itself(batching: Client) -> None:
    body = [NAME, {"query": "{ nothing }"}, {"query": 7}, {"query": "{ partners { name } }", "variables": {"x": 1}}]
    async with batching.session.post("/graphql", json=body) as response:
        answers = await response.json()
        assert (response.status, response.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
        assert response.headers["Cache-Control"] == "no-store"
    assert answers[0] == TYPENAME
    assert codes(answers) == [None, "BAD_QUERY", "BAD_REQUEST", None]
    assert len(answers[3]["data"]["partners"]) == 2


async def test_what_is_refused_in_it_has_the_form_of_all_refusals_and_is_counted(batching: Client) -> None:
    before = counted("circuit_refusals_total", code="BAD_REQUEST")
    async with batching.session.post("/graphql", json=[NAME, {"query": 7}]) as response:
        (error,) = (await response.json())[1]["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST", "requestId": response.headers["X-Request-ID"]}
    assert counted("circuit_refusals_total", code="BAD_REQUEST") == before + 1


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "The list holds 0 requests; send from 1 to 4 in one body."),
        ([NAME] * 5, "The list holds 5 requests; send from 1 to 4 in one body."),
        ([NAME, 7], "Every element of the list must be a JSON object with « query »."),
        ([[NAME]], "Every element of the list must be a JSON object with « query »."),
        ([None], "Every element of the list must be a JSON object with « query »."),
    ],
)
async def test_a_list_beyond_bounds_is_refused_whole(batching: Client, value: Any, sentence: str) -> None:
    status, answer = await post(batching, value)
    assert (status, answer["errors"][0]["message"], codes([answer])) == (400, sentence, ["BATCH"])


async def test_one_request_is_no_list(batching: Client) -> None:
    assert await post(batching, NAME) == (200, TYPENAME)


async def test_mutations_are_done_in_order_and_seen_by_what_follows(batching: Client) -> None:
    key = await create_key(batching.hub.database, role=Role.BUYER, name="x")
    make = "mutation ($n: String!) { savedSearchCreate(name: $n) { savedSearch { name } userErrors { code } } }"
    names = {"query": "{ savedSearches { name } }"}
    body = [names, *({"query": make, "variables": {"n": name}} for name in ("first", "second")), names]
    status, answers = await post(batching, body, Authorization=f"Bearer {key.token}")
    assert status == 200, answers
    assert answers[0] == {"data": {"savedSearches": []}}
    assert [each["data"]["savedSearchCreate"]["savedSearch"]["name"] for each in answers[1:3]] == ["first", "second"]
    assert {each["name"] for each in answers[3]["data"]["savedSearches"]} == {"first", "second"}


async def test_a_wrong_key_refuses_the_whole(batching: Client) -> None:
    status, answer = await post(batching, [NAME, NAME], Authorization=f"Bearer cc_{'a' * 12}_{'A' * 43}")
    assert (status, codes([answer])) == (401, ["UNAUTHENTICATED"])


async def test_none_begins_when_the_time_of_a_body_is_over() -> None:
    async def one(asked: GraphQLRequest) -> tuple[Answer, dict[str, str]]:
        await asyncio.sleep(0.1)
        return Answer(b'{"data":{}}', State.MISS), {}

    notes = Notes("x")
    response = await answered_in_order([GraphQLRequest("{ a }")] * 3, one, 0.05, "Accept", notes)
    answers = json.loads(bytes(response.body))
    assert codes(answers) == [None, "TIMEOUT", "TIMEOUT"]
    assert (response.headers["Retry-After"], notes.kind) == ("1", "batch")


async def test_each_is_charged_and_refused_by_itself(filled: Settings) -> None:
    settings = budgeted(filled).model_copy(update={"limits": Limits(batch=6)})
    async with serve_in_one_moment(settings) as client:
        body = [{"query": SEARCH, "variables": {"q": f"plombier {number}"}} for number in range(5)]
        async with client.session.post("/graphql", json=[*body, NAME]) as response:
            answers = await response.json()
    # Of 200 units four were for reading the document and 52 for each; the name alone would have room.
    assert codes(answers) == [None, None, None, "RATE_LIMITED", "RATE_LIMITED", None]
    assert (response.status, int(response.headers["Retry-After"]) > 0) == (200, True)


async def test_persisted_documents_and_introspection_are_as_ever(batching: Client) -> None:
    asked = [{"documentId": "none"}, {"query": "{ __schema { types { name } } }"}, NAME]
    status, answers = await post(batching, asked)
    assert (status, codes(answers)) == (200, ["PERSISTED_QUERY_NOT_FOUND", "INTROSPECTION_DISABLED", None])


async def test_a_form_cannot_send_one(batching: Client) -> None:
    async with batching.session.post(
        "/graphql", data=json.dumps([NAME]), headers={"Content-Type": "text/plain"}
    ) as response:
        assert response.status == 415
