"""Subscriptions within their bounds: every code that closes a connection, and what a slow or greedy caller meets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta

import aiohttp
import msgspec
import pytest
from msgspec.structs import replace

from directory.disclosure import Role
from directory.records import ChangeKind, now
from directory.store import keys, state
from directory.store.resolving import log
from gateway.auth import create_key
from gateway.settings import Settings
from gateway.wire import WebSocketWire
from tests.gateway.following_kit import CHANGED, PROTOCOL, Town, bounded, counted, listening, talking, until
from tests.gateway.served import Client, plumber, serve_on_loopback

BEGUN = "{ __typename }"
_PARTS = " ".join(f"a{number}: supplier {{ name description listings {{ name }} }}" for number in range(20))
WIDE = f"subscription {{ supplierChanged {{ kind {_PARTS} }} }}"
HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n"
)


def is_socket(protocol: object) -> bool:
    return isinstance(protocol, WebSocketWire)


# What a client says wrongly


WRONG = {
    "no JSON": "{",
    "no object": "[]",
    "no type": '{"id": "1"}',
    "unknown type": '{"type": "start", "id": "1"}',
    "no id": '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "empty id": '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
    "no payload": '{"type": "subscribe", "id": "1"}',
    "no query": '{"type": "subscribe", "id": "1", "payload": {}}',
    "query is no text": '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    "variables are no object": '{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": 1}}',
    "payload is no object": '{"type": "ping", "payload": 1}',
    "nested too deep": '{"type": "ping", "payload": {"a": ' + "[" * 50_000 + "]" * 50_000 + "}}",
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_message_that_is_none_ends_the_connection(client: Client, name: str) -> None:
    async with talking(client) as talk:
        await talk.begin()
        await talk.socket.send_str(WRONG[name])
        code, reason = await talk.closed()
        assert code == 4400
        assert 0 < len(reason.encode()) <= 123


async def test_a_binary_message_ends_the_connection(client: Client) -> None:
    async with talking(client) as talk:
        await talk.begin()
        await talk.socket.send_bytes(b'{"type": "ping"}')
        assert (await talk.closed())[0] == 4400


async def test_a_message_beyond_its_size_ends_the_connection(filled: Settings) -> None:
    limits = filled.limits.model_copy(update={"body_bytes": 2_000})
    async with serve_on_loopback(filled.model_copy(update={"limits": limits})) as client, talking(client) as talk:
        await talk.begin()
        await talk.socket.send_str("{" + " " * 2_000)
        assert (await talk.closed())[0] == 1009


async def test_nothing_is_asked_before_the_caller_is_known(client: Client) -> None:
    async with talking(client) as talk:
        await talk.ask("1", BEGUN)
        assert await talk.closed() == (4401, "Unauthorized")


async def test_who_is_known_need_not_say_it_again(client: Client) -> None:
    async with talking(client) as talk:
        await talk.begin()
        await talk.say(type="connection_init")
        assert await talk.closed() == (4429, "Too many initialisation requests")


async def test_an_id_is_of_one_operation_at_a_time(client: Client) -> None:
    async with talking(client) as talk:
        await talk.begin()
        await talk.follow("one", CHANGED)
        await talk.ask("one", BEGUN)
        assert await talk.closed() == (4409, "Subscriber for one already exists")


@pytest.mark.parametrize("key", ["cc_nobody", "cc_aaaaaaaaaaaa_" + "a" * 43])
async def test_a_wrong_key_is_never_taken_for_none(client: Client, key: str) -> None:
    async with talking(client) as talk:
        await talk.say(type="connection_init", payload={"authorization": f"Bearer {key}"})
        code, reason = await talk.closed()
        assert code == 4403
        assert "API key" in reason
    async with talking(client, headers={"Authorization": f"Bearer {key}"}) as talk:
        await talk.say(type="connection_init")
        assert (await talk.closed())[0] == 4403


@pytest.mark.parametrize("offered", [(), ("graphql-ws",)])
async def test_another_sub_protocol_is_not_spoken(client: Client, offered: tuple[str, ...]) -> None:
    async with talking(client, protocols=offered) as talk:
        assert (await talk.closed())[0] == 4406


async def test_pings_are_answered_and_pongs_are_heard(client: Client) -> None:
    async with talking(client) as talk:
        await talk.say(type="ping", payload={"at": 1})  # before it is let in, too
        assert await talk.heard() == {"type": "pong", "payload": {"at": 1}}
        await talk.begin()
        await talk.say(type="pong")
        await talk.say(type="ping")
        assert await talk.heard() == {"type": "pong"}


async def test_what_is_completed_already_may_be_completed_again(client: Client) -> None:
    async with talking(client) as talk:
        await talk.begin()
        await talk.say(type="complete", id="never")
        await talk.say(type="ping")
        assert await talk.heard() == {"type": "pong"}


# Origins


@pytest.mark.parametrize(
    ("allowed", "origin", "is_let_in"),
    [
        ((), None, True),
        ((), "SAME", True),
        ((), "https://elsewhere.example", False),
        ((), "null", False),
        (("https://portal.example",), "https://portal.example", True),
        (("https://portal.example",), "https://portal.example.evil.example", False),
        (("https://portal.example",), "http://portal.example", False),
        (("*",), "https://elsewhere.example", True),
    ],
)
async def test_pages_of_other_origins_are_kept_out(
    filled: Settings, allowed: tuple[str, ...], origin: str | None, is_let_in: bool
) -> None:
    async with serve_on_loopback(filled.model_copy(update={"cors_origins": allowed})) as client:
        if origin == "SAME":
            origin = client.url
        headers = {"Origin": origin} if origin else {}
        if is_let_in:
            async with talking(client, headers=headers) as talk:
                await talk.begin()
        else:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.session.ws_connect("/graphql", protocols=(PROTOCOL,), headers=headers)
            assert refused.value.status == 403


# Time


async def test_who_does_not_say_who_it_is_is_not_waited_for(filled: Settings) -> None:
    async with bounded(filled, init_seconds=0.3) as client, talking(client) as talk:
        assert await talk.closed() == (4408, "Connection initialisation timeout")


async def test_a_connection_on_which_nothing_is_asked_ends(filled: Settings) -> None:
    async with bounded(filled, idle_seconds=0.5) as client, talking(client) as talk:
        await talk.begin()
        await talk.follow("1", CHANGED)
        await talk.is_silent(1.0)  # something is under way
        await talk.say(type="complete", id="1")
        code, reason = await talk.closed()
        assert (code, reason) == (1000, "Nothing was asked for 0.5 s; connect again to ask.")


async def test_a_connection_has_its_time(filled: Settings) -> None:
    async with bounded(filled, lifetime_seconds=1.5) as client, talking(client) as talk:
        await (await talk.begin()).follow("1", CHANGED)
        async with listening(client, CHANGED) as stream:
            assert await stream.heard() == ("complete", None)
        assert (await talk.closed())[0] == 1001


# How many


async def test_a_connection_has_so_many_operations(filled: Settings) -> None:
    async with bounded(filled, operations=2) as client, talking(client) as talk:
        await talk.begin()
        refused = counted("circuit_refusals_total", code="TOO_MANY")
        await talk.ask("1", CHANGED)
        await talk.ask("2", CHANGED)
        await talk.ask("3", CHANGED)
        said = await talk.heard()
        assert (said["type"], said["id"]) == ("error", "3")
        assert said["payload"][0]["extensions"] == {"code": "TOO_MANY", "requestId": talk.request_id}
        assert counted("circuit_refusals_total", code="TOO_MANY") == refused + 1
        await talk.say(type="complete", id="1")
        await asyncio.sleep(0.2)
        await talk.ask("3", CHANGED)  # one is over: there is room again
        await talk.say(type="ping")
        assert await talk.heard() == {"type": "pong"}


async def test_a_caller_has_so_many_connections(filled: Settings) -> None:
    async with bounded(filled, caller_connections=2, public_connections=1) as client:
        town = Town(client.hub.database, filled)
        one, other = await town.key(), await town.key()
        async with AsyncExitStack() as opened:
            for key in (one, one, other, None):
                talk = await opened.enter_async_context(talking(client))
                await talk.begin(key)
            for key in (one, None):
                async with talking(client) as talk:
                    payload = {"payload": {"Authorization": f"Bearer {key}"}} if key else {}
                    await talk.say(type="connection_init", **payload)
                    assert (await talk.closed())[0] == 1013
                headers = {"Accept": "text/event-stream"} | ({"Authorization": f"Bearer {key}"} if key else {})
                response = await client.session.post("/graphql", json={"query": CHANGED}, headers=headers)
                assert response.status == 429
                assert response.headers["Retry-After"] == "30"
                assert (await response.json())["errors"][0]["extensions"]["code"] == "TOO_MANY"
        await asyncio.sleep(0.2)
        async with talking(client) as talk:  # those who left made room
            await talk.begin(one)


async def test_a_process_has_so_many_connections(filled: Settings) -> None:
    async with bounded(filled, connections=1) as client, talking(client) as talk:
        await talk.begin()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await client.session.ws_connect("/graphql", protocols=(PROTOCOL,))
        assert refused.value.status == 503
        response = await client.session.post(
            "/graphql", json={"query": CHANGED}, headers={"Accept": "text/event-stream"}
        )
        assert (response.status, (await response.json())["errors"][0]["extensions"]["code"]) == (503, "BUSY")


async def test_so_many_filters_are_followed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.subscriptions.feed.MOST_FILTERS", 4)
    town = Town(client.hub.database, client.hub.settings)
    async with talking(client) as public, talking(client) as known:
        await public.begin()
        await known.begin(await town.key())
        for number in (1, 2):
            await public.follow(str(number), CHANGED, where={"minPartners": number})
        await public.follow("again", CHANGED, where={"minPartners": 1})  # one that is followed already
        await public.ask("third", CHANGED, where={"minPartners": 3})
        assert (await public.heard())["payload"][0]["extensions"]["code"] == "TOO_MANY"
        await known.follow("third", CHANGED, where={"minPartners": 3})  # half is kept for those with a key
        await public.say(type="complete", id="2")
        await asyncio.sleep(0.3)
        await public.follow("third", CHANGED, where={"minPartners": 3})


# Too slow


async def test_who_takes_too_little_is_told_and_let_go(filled: Settings) -> None:
    """A client that stops reading while much happens: what waits for it is bounded, and others hear everything."""
    async with bounded(filled, pending=250, stall_seconds=100) as client:
        dropped = counted("circuit_subscription_events_total", fate="dropped")
        async with deaf(client) as reader, talking(client) as talk:
            await (await talk.begin()).follow("1", "subscription { supplierChanged { kind } }")
            for _ in range(3):
                await _log_changes(client, 400)
                for _ in range(400):
                    assert (await talk.event())["kind"] == "UPDATED"
            assert counted("circuit_subscription_events_total", fate="dropped") > dropped
            said = b""
            async with asyncio.timeout(30):
                while b"TOO_SLOW" not in said:
                    said = said[-100:] + await reader.read(2**16)


@asynccontextmanager
async def deaf(client: Client) -> AsyncIterator[asyncio.StreamReader]:
    """A connection with a subscription under way, on which nothing is read for now; little fits between the two."""
    for server in client.server.servers:
        for listening_ in server.sockets:
            listening_.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.setblocking(False)
    await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", client.port))
    reader, writer = await asyncio.open_connection(sock=opened, limit=1024)
    try:
        writer.write(HANDSHAKE.encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        ask = msgspec.json.encode({"id": "1", "type": "subscribe", "payload": {"query": WIDE}}).decode()
        writer.write(_frame('{"type":"connection_init"}') + _frame(ask))
        await reader.readuntil(b"connection_ack")
        await until(lambda: counted("circuit_subscriptions_open", transport="websocket") > 0)
        await asyncio.sleep(0.5)  # it has begun
        yield reader
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _frame(text: str) -> bytes:
    """A client's text frame, masked with zeros."""
    body = text.encode()
    length = bytes([0x80 | len(body)]) if len(body) < 126 else bytes([0xFE]) + len(body).to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + body


async def _log_changes(client: Client, count: int) -> None:
    """So many lines in the log of changes."""
    async with client.hub.database.writing() as connection:
        await log(connection, [(ChangeKind.UPDATED, 1, None)] * count, now())
        await state.bump(connection)


async def test_who_takes_nothing_at_all_is_cut_off(filled: Settings) -> None:
    async with bounded(filled, stall_seconds=1.0) as client, deaf(client):
        assert any(map(is_socket, client.server.server_state.connections))
        await _log_changes(client, 900)
        await until(lambda: not any(map(is_socket, client.server.server_state.connections)))


# Keys and ends


async def test_a_revoked_key_ends_what_it_began(client: Client) -> None:
    town = Town(client.hub.database, client.hub.settings)
    key = await town.key(Role.PARTNER)
    async with talking(client) as talk, talking(client) as other, listening(client, CHANGED, key) as stream:
        await (await talk.begin(key)).follow("1", CHANGED)
        await (await other.begin(await town.key())).follow("1", CHANGED)
        async with client.hub.database.writing() as connection:
            assert await keys.revoke(connection, key.split("_")[1], now())
        assert await talk.closed(5) == (4403, "This API key has been revoked; ask for a new one.")
        kind, said = await stream.heard(5)
        id_ = stream.response.headers["X-Request-ID"]
        assert (kind, said["errors"][0]["extensions"]) == ("next", {"code": "UNAUTHENTICATED", "requestId": id_})
        assert await stream.heard() == ("complete", None)
        await town.welcomes(plumber("cmar", "3", "Plomberie Étoile", number=3))
        assert (await other.event())["kind"] == "CREATED"


async def test_an_expired_key_ends_what_it_began(client: Client) -> None:
    ends_at = now() + timedelta(seconds=4)
    made = await create_key(client.hub.database, role=Role.BUYER, name="Short", expires_at=ends_at)
    async with talking(client) as talk:
        await (await talk.begin(made.token)).follow("1", CHANGED)
        assert (await talk.closed())[0] == 4403
        assert now() >= ends_at


async def test_a_key_without_the_scope_follows_nothing(client: Client) -> None:
    made = await create_key(client.hub.database, role=Role.BUYER, name="Files", scopes=("exports",))
    async with talking(client) as talk:
        await talk.begin(made.token)
        for number, query in enumerate((CHANGED, BEGUN)):
            await talk.ask(str(number), query)
            said = await talk.heard()
            assert (said["type"], said["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {made.token}"}
    response = await client.session.post("/graphql", json={"query": CHANGED}, headers=headers)
    assert response.status == 403


async def test_a_key_is_for_pages_of_its_own_site(client: Client) -> None:
    made = await create_key(client.hub.database, role=Role.BUYER, name="Site", origins=("https://one.example",))
    await client.hub.origins.refresh(client.hub.database)
    async with talking(client, headers={"Origin": "https://one.example"}) as talk:
        await talk.begin(made.token)
    async with talking(client, headers={"Origin": client.url}) as talk:
        await talk.say(type="connection_init", payload={"Authorization": f"Bearer {made.token}"})
        assert (await talk.closed())[0] == 4403


async def test_a_server_that_goes_down_says_so(filled: Settings) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(serve_on_loopback(filled))
        talk = await opened.enter_async_context(talking(client))
        stream = await opened.enter_async_context(listening(client, CHANGED))
        await (await talk.begin()).follow("1", CHANGED)
        began = loop.time()
        client.server.should_exit = True
        assert (await talk.closed())[0] == 1001
        assert await stream.heard() == ("complete", None)
        await until(lambda: not (client.server.server_state.tasks or client.server.server_state.connections))
        assert loop.time() - began < 10


async def test_what_is_open_is_counted(client: Client) -> None:
    def open_now() -> tuple[float, float]:
        of = "circuit_subscriptions_open"
        return counted(of, transport="websocket"), counted(of, transport="sse")

    before, sent = open_now(), counted("circuit_subscription_events_total", fate="sent")
    town = Town(client.hub.database, client.hub.settings)
    async with talking(client) as talk, listening(client, CHANGED) as stream:
        await (await talk.begin()).follow("1", CHANGED)
        assert open_now() == (before[0] + 1, before[1] + 1)
        await town.welcomes(replace(plumber("cmar", "3", "Plomberie Étoile", number=3)))
        await talk.event()
        await stream.event()
        assert counted("circuit_subscription_events_total", fate="sent") == sent + 2
    await until(lambda: open_now() == before)
    scraped = await (await client.get("/metrics")).text()
    assert 'circuit_subscriptions_open{transport="sse"}' in scraped
    assert 'circuit_http_requests_total{method="WEBSOCKET",route="/graphql",status="101"}' in scraped
    assert "circuit_websockets_total{" in scraped


async def test_each_connection_has_its_request_id(client: Client) -> None:
    async with talking(client, headers={"X-Request-ID": "abcdefgh1"}) as talk:
        assert talk.request_id == "abcdefgh1"
