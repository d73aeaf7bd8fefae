"""GraphQL over HTTP, asked as real clients ask: statuses, media types, limits, and what is said of each mistake."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest

from directory.store.database import READERS
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback

pytestmark = pytest.mark.asyncio(loop_scope="module")

GRAPHQL = "application/graphql-response+json"
SEARCH = '{ suppliers(query: "plombier") { totalCount nodes { name } } }'


@pytest.fixture
def client(shared: Client) -> Client:
    """Nothing here changes what the hub holds."""
    return shared


async def post(client: Client, body: bytes | str, **headers: str) -> tuple[int, str, Any]:
    """Status, media type and JSON of the answer to a raw POST."""
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with client.session.post("/graphql", data=body, headers=sent) as response:
        return response.status, response.content_type, await response.json(content_type=None)


def said(answer: Any) -> tuple[str, str]:
    """Code and sentence of an answer's only error."""
    (error,) = answer["errors"]
    assert "data" not in answer
    return error["extensions"]["code"], error["message"]


async def test_a_search_is_answered(client: Client) -> None:
    response = await client.ask(SEARCH)
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    answer = await response.json()
    assert answer["data"]["suppliers"]["totalCount"] == 2
    assert {node["name"] for node in answer["data"]["suppliers"]["nodes"]} == {"Plomberie Fabre", "Dépannage Garlaban"}
    assert set(answer) == {"data"}


async def test_get_is_answered_too(client: Client) -> None:
    query = "query A($q: String) { suppliers(query: $q) { totalCount } } query B { __typename }"
    parameters = {"query": query, "operationName": "A", "variables": '{"q": "garlaban"}'}
    response = await client.get("/graphql", params=parameters, headers={"Accept": GRAPHQL})
    assert (response.status, response.content_type) == (200, GRAPHQL)
    assert await response.json(content_type=None) == {"data": {"suppliers": {"totalCount": 1}}}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("*/*", "application/json"), ("application/json", "application/json"), (GRAPHQL, GRAPHQL)],
)
async def test_the_media_type_is_the_callers(client: Client, accept: str, kind: str) -> None:
    assert await post(client, '{"query":"{__typename}"}', Accept=accept) == (
        200,
        kind,
        {"data": {"__typename": "Query"}},
    )


async def test_no_media_type_fits(client: Client) -> None:
    status, kind, answer = await post(client, '{"query":"{__typename}"}', Accept="image/png")
    assert (status, kind) == (406, "application/json")
    sentence = f"The answer can be had as application/json, {GRAPHQL} or text/event-stream (header Accept)."
    assert said(answer) == ("NOT_ACCEPTABLE", sentence)


@pytest.mark.parametrize(
    ("query", "code", "sentence"),
    [
        ("{", "BAD_QUERY", "Syntax Error: Expected Name, found <EOF>."),
        ("{ nothing }", "BAD_QUERY", "Cannot query field 'nothing' on type 'Query'."),
        (
            "query A { a: __typename } query B { b: __typename }",
            "BAD_QUERY",
            "The document holds several operations; say which one with « operationName ».",
        ),
        ("fragment F on Query { __typename }", "BAD_QUERY", "The document holds no operation; add a query to it."),
    ],
)
async def test_a_document_that_cannot_be_executed(client: Client, query: str, code: str, sentence: str) -> None:
    body = json.dumps({"query": query})
    for accept, expected in (("application/json", 200), (GRAPHQL, 400)):
        status, kind, answer = await post(client, body, Accept=accept)
        assert (status, kind) == (expected, accept)
        assert said(answer) == (code, sentence)


async def test_variables_that_cannot_be_read(client: Client) -> None:
    body = json.dumps({"query": "query A($n: Int) { suppliers(first: $n) { totalCount } }", "variables": {"n": "many"}})
    for accept, expected in (("application/json", 200), (GRAPHQL, 400)):
        status, _, answer = await post(client, body, Accept=accept)
        assert status == expected
        assert said(answer)[0] == "BAD_INPUT"


@pytest.mark.parametrize(
    ("variables", "expected", "sentence"),
    [
        (
            '{"n": 1000000000000000000000000000000}',
            "BAD_INPUT",
            "Int cannot represent non 32-bit signed integer value",
        ),
        ('{"n": ' + "[" * 10 + "]" * 10 + "}", "BAD_INPUT", ""),
        ('{"n": ' + "[" * 300 + "]" * 300 + "}", "VALUE_TOO_DEEP", "nested more than 10 levels deep"),
        ('{"n": [' + "0, " * 5_000 + "0]}", "TOO_MANY_VALUES", "hold 5,002 values or more, and 5,000 are allowed"),
    ],
)
async def test_variables_of_any_size_are_no_fault_of_ours(
    client: Client, variables: str, expected: str, sentence: str
) -> None:
    query = "query A($n: Int) { suppliers(first: $n) { totalCount } }"
    status, _, answer = await post(client, f'{{"query": "{query}", "variables": {variables}}}')
    code, message = said(answer)
    assert (status, code) == (200, expected)
    assert sentence in message


async def test_a_field_that_fails_leaves_the_rest(client: Client) -> None:
    body = json.dumps({"query": '{ node(id: "!") { id } __typename }'})
    status, kind, answer = await post(client, body, Accept=GRAPHQL)
    assert (status, kind) == (200, GRAPHQL)
    assert answer["data"] == {"node": None, "__typename": "Query"}
    assert answer["errors"][0]["path"] == ["node"]


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff", b'{"query":"\xe9"}', b"{}", b"[" * 99_000]
)
@pytest.mark.parametrize("accept", ["application/json", GRAPHQL])
async def test_a_body_that_is_no_request(client: Client, body: bytes, accept: str) -> None:
    status, kind, answer = await post(client, body, Accept=accept)
    assert (status, kind) == (400, accept)
    assert said(answer)[0] in {"BAD_JSON", "BAD_REQUEST", "BATCH"}


async def test_a_form_of_another_site_is_refused(client: Client) -> None:
    status, _, answer = await post(client, "query={__typename}", Content_Type="application/x-www-form-urlencoded")
    assert (status, said(answer)[0]) == (415, "CONTENT_TYPE")


async def test_a_mutation_by_get_is_refused(client: Client) -> None:
    response = await client.get("/graphql", params={"query": "mutation { a }"})
    assert (response.status, response.headers["Allow"]) == (405, "POST")
    assert said(await response.json()) == ("MUTATION_BY_GET", "A mutation must be sent by POST.")


async def test_a_subscription_is_refused(client: Client) -> None:
    status, _, answer = await post(client, '{"query":"subscription { a }"}')
    assert (status, said(answer)) == (
        400,
        ("SUBSCRIPTION", "A subscription is answered as text/event-stream (header Accept), or over WebSocket."),
    )


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(client: Client, method: str) -> None:
    async with client.session.request(method, "/graphql") as response:
        assert response.status == 405
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
        assert said(await response.json())[0] == "METHOD_NOT_ALLOWED"


async def test_a_get_without_a_query(client: Client) -> None:
    response = await client.get("/graphql")
    assert (response.status, said(await response.json())[0]) == (400, "BAD_REQUEST")


async def test_a_body_too_large_is_refused_unread(client: Client) -> None:
    limit = client.hub.settings.limits.body_bytes
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {limit + 1}\r\n\r\n"
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.read(), 5)  # nothing of the body was sent
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"The body is larger than 262,144 bytes; ask for less in one request." in answer


async def test_a_body_too_large_of_unknown_length(client: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for _ in range(5):
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
    answer = await asyncio.wait_for(reader.read(), 5)  # the body has no end yet
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_the_largest_body_is_read(client: Client) -> None:
    body = b'{"query":"{__typename}"}'
    padded = body + b" " * (client.hub.settings.limits.body_bytes - len(body))
    assert (await post(client, padded))[0] == 200


async def test_a_body_that_does_not_come(filled: Settings) -> None:
    impatient = Settings(data_dir=filled.data_dir, limits={"body_seconds": 0.2})
    async with serve_on_loopback(impatient) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        )
        answer = await asyncio.wait_for(reader.read(), 5)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"The body did not arrive within 0.2 s." in answer


async def test_a_request_that_takes_too_long(filled: Settings) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, limits={"request_seconds": 0.2})) as client:
        async with AsyncExitStack() as stack:
            for _ in range(READERS):  # the store cannot be read while all its readers are taken
                await stack.enter_async_context(client.hub.database.reading())
            response = await client.get("/graphql", params={"query": "{ partners { name } }"})
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        sentence = "The request took longer than 0.2 s; ask for less, or try again later."
        assert said(await response.json()) == ("TIMEOUT", sentence)
