"""Around every request: ids, headers, logs that hold no secrets, and faults that say a number and nothing else."""

import json

import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.door import SECURITY_HEADERS, Door
from gateway.settings import Settings
from tests.gateway.served import Client, refusal, serve_on_loopback

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def client(shared: Client) -> Client:
    """Nothing here changes what the hub holds."""
    return shared


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/readyz", "/metrics", "/nowhere", "/"])
async def test_every_answer_is_guarded(client: Client, path: str) -> None:
    response = await client.get(path)
    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value
    assert "Server" not in response.headers


async def test_a_sane_request_id_is_kept(client: Client) -> None:
    response = await client.get("/healthz", headers={"X-Request-ID": "trace-42.abc_DEF"})
    assert response.headers["X-Request-ID"] == "trace-42.abc_DEF"


@pytest.mark.parametrize("given", ["short", "x" * 65, "spaces are out", "in<jection>", "élève-12345"])
async def test_another_request_id_is_replaced(client: Client, given: str) -> None:
    response = await client.get("/healthz", headers={"X-Request-ID": given})
    made = response.headers["X-Request-ID"]
    assert made != given
    assert len(made) == 16


async def test_an_unknown_path(client: Client) -> None:
    response = await client.get("/admin.php")
    sentence = "There is nothing here; the hub answers at /graphql."
    assert (response.status, await refusal(response)) == (404, ("NOT_FOUND", sentence))


async def test_the_front_door_leads_to_graphql(client: Client) -> None:
    response = await client.get("/")
    assert (response.status, response.headers["Location"]) == (307, "/graphql")


async def test_a_fault_says_a_number_and_nothing_else() -> None:
    async def fails(request: Request) -> Response:
        raise RuntimeError("password=hunter2")

    app = Starlette(routes=[Route("/x", fails)], middleware=[Middleware(Door)])
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/x",
        "headers": [(b"x-request-id", b"request-one")],
        "query_string": b"",
    }
    with structlog.testing.capture_logs() as events:
        await app(scope, receive, send)
    assert sent[0]["status"] == 500
    message = "Internal error; tell the operator request request-one."
    assert json.loads(sent[1]["body"]) == {
        "errors": [{"message": message, "extensions": {"code": "INTERNAL", "requestId": "request-one"}}]
    }
    assert events[-1]["status"] == 500


async def test_the_log_has_one_line_a_request_without_secrets(
    filled: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    query = 'query Cherche { suppliers(query: "Madame Secrète") { totalCount } }'
    with structlog.testing.capture_logs() as events:
        async with serve_on_loopback(filled) as client:
            key = await create_key(client.hub.database, role=Role.BUYER, name="x")
            await client.ask(query, key.token)
            await client.get("/graphql", params={"query": query})
    lines = [event for event in events if event["event"] == "request"]
    assert [(line["operation"], line["role"], line["cache"], line["status"]) for line in lines] == [
        ("Cherche", "BUYER", "MISS", 200),
        ("Cherche", "PUBLIC", "MISS", 200),
    ]
    assert "Secrète" not in repr(events) + caplog.text
    assert key.token not in repr(events) + caplog.text
