"""Callers who open connections and do not ask: raw sockets against a served hub, each of them ended in time."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.door import SECURITY_HEADERS
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback

LIMITS = {
    "header_seconds": 0.5,
    "header_bytes": 4_096,
    "body_seconds": 0.5,
    "connections": 40,
    "stall_seconds": 0.5,
    "keep_alive_seconds": 5,
}
ASKED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-"
POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
PATIENCE = 15


@pytest.fixture
async def strict(filled: Settings) -> AsyncIterator[Client]:
    chosen = Settings(data_dir=filled.data_dir, limits=LIMITS, export={"stall_seconds": 0.5})
    async with serve_on_loopback(chosen) as client:
        yield client


class Caller:
    """A connection of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def at(cls, client: Client) -> "Caller":
        return cls(*await asyncio.open_connection("127.0.0.1", client.port))

    async def dribble(self, piece: bytes, times: int = 200) -> None:
        """Send this again and again, slowly, as long as somebody takes it."""
        try:
            for _ in range(times):
                self.writer.write(piece)
                await self.writer.drain()
                await asyncio.sleep(0.05)
        except OSError:
            pass

    async def ended(self) -> bytes:
        """What came until the hub closed the connection."""
        said = bytearray()
        async with asyncio.timeout(PATIENCE):
            try:
                while piece := await self.reader.read(65_536):
                    said += piece
            except ConnectionResetError:
                pass
        self.writer.close()
        return bytes(said)

    async def answer(self) -> bytes:
        """One whole answer on a connection that stays open."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            return head + await self.reader.readexactly(length)


def refused(said: bytes) -> tuple[int, str]:
    """Status and code of one refusal in the form of all, guarded like any other answer."""
    head, _, body = said.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
    (error,) = json.loads(body)["errors"]
    assert error["extensions"]["requestId"] == headers["x-request-id"]
    assert {name: headers[name.lower()] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert (headers["connection"], int(headers["content-length"])) == ("close", len(body))
    return int(line.split(" ")[1]), error["extensions"]["code"]


@pytest.mark.parametrize("half", [b"G", b"GET /healthz", HALF, HALF + b"A: b\r\nX"])
async def test_half_a_head_and_then_nothing(strict: Client, half: bytes) -> None:
    caller = await Caller.at(strict)
    caller.writer.write(half)
    assert refused(await caller.ended()) == (408, "HEADERS_TOO_SLOW")


async def test_a_head_a_byte_at_a_time(strict: Client) -> None:
    caller = await Caller.at(strict)
    caller.writer.write(HALF)
    dribbling = asyncio.create_task(caller.dribble(b"a"))
    assert refused(await caller.ended()) == (408, "HEADERS_TOO_SLOW")
    await dribbling


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
async def test_nothing_at_all(strict: Client, sent: bytes) -> None:
    caller = await Caller.at(strict)
    caller.writer.write(sent)
    assert await caller.ended() == b""


async def test_between_two_requests(strict: Client) -> None:
    """Who keeps a connection awake with a byte now and then has it no longer than one who asks."""
    caller = await Caller.at(strict)
    caller.writer.write(ASKED)
    assert (await caller.answer()).startswith(b"HTTP/1.1 200 ")
    dribbling = asyncio.create_task(caller.dribble(b"\r\n"))
    assert await caller.ended() == b""
    await dribbling


async def test_a_second_head_that_stops_half_way(strict: Client) -> None:
    caller = await Caller.at(strict)
    caller.writer.write(ASKED + HALF)
    assert (await caller.answer()).startswith(b"HTTP/1.1 200 ")
    assert refused(await caller.ended()) == (408, "HEADERS_TOO_SLOW")


async def test_a_body_a_byte_at_a_time(strict: Client) -> None:
    head = POST % 1_000
    caller = await Caller.at(strict)
    caller.writer.write(head)
    dribbling = asyncio.create_task(caller.dribble(b" "))
    said = await caller.ended()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"BODY_TOO_SLOW"' in said
    await dribbling


async def test_a_body_after_the_answer(strict: Client) -> None:
    caller = await Caller.at(strict)
    caller.writer.write(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
    assert (await caller.answer()).startswith(b"HTTP/1.1 404 ")
    dribbling = asyncio.create_task(caller.dribble(b"a"))
    assert await caller.ended() == b""
    await dribbling


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 5_000 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 1_000 + b"\r\n",
        b"GET /healthz?" + b"a" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 200_000,
    ],
)
@pytest.mark.parametrize("in_parts", [False, True])
async def test_a_head_that_is_too_large(strict: Client, head: bytes, in_parts: bool) -> None:
    caller = await Caller.at(strict)
    for begin in range(0, len(head), 1_500 if in_parts else len(head)):
        caller.writer.write(head[begin : begin + 1_500] if in_parts else head)
        await caller.writer.drain()
        await asyncio.sleep(0.005 if in_parts and begin < 9_000 else 0)
    assert refused(await caller.ended()) == (431, "HEADERS_TOO_LARGE")


async def test_a_head_within_its_bound_may_come_in_parts(strict: Client) -> None:
    caller = await Caller.at(strict)
    for piece in (ASKED[:-2], b"X-Long: ", b"a" * 3_900, b"\r\n\r\n"):
        caller.writer.write(piece)
        await caller.writer.drain()
        await asyncio.sleep(0.02)
    assert (await caller.answer()).startswith(b"HTTP/1.1 200 ")
    caller.writer.close()


@pytest.mark.parametrize("junk", [b"hello\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n"])
async def test_what_is_no_http(strict: Client, junk: bytes) -> None:
    caller = await Caller.at(strict)
    caller.writer.write(junk)
    assert refused(await caller.ended()) == (400, "BAD_HTTP")


async def test_a_body_that_is_no_http(strict: Client) -> None:
    caller = await Caller.at(strict)
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    caller.writer.write(head)
    await asyncio.sleep(0.1)
    caller.writer.write(b"nonsense\r\n")
    assert refused(await caller.ended()) == (400, "BAD_HTTP")


async def test_what_was_asked_before_junk_is_answered(strict: Client) -> None:
    caller = await Caller.at(strict)
    caller.writer.write(ASKED + b"junk\r\n\r\n")
    said = await caller.ended()
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.count(b"HTTP/1.1") == 1


async def test_requests_without_end_on_one_connection(strict: Client) -> None:
    caller = await Caller.at(strict)
    caller.writer.write(ASKED * 1_000)
    assert (await caller.ended()).count(b"HTTP/1.1 200 ") < 1_000
    few = await Caller.at(strict)
    few.writer.write(ASKED * 10)
    assert [(await few.answer())[:12] for _ in range(10)] == [b"HTTP/1.1 200"] * 10
    few.writer.close()


async def test_idle_connections_keep_nobody_out(strict: Client) -> None:
    idle = [await Caller.at(strict) for _ in range(100)]
    assert (await strict.get("/healthz")).status == 200
    assert await asyncio.gather(*(caller.ended() for caller in idle)) == [b""] * 100
    metrics = await (await strict.get("/metrics")).text()
    assert 'circuit_connections_cut_total{reason="room"}' in metrics


async def test_connections_between_two_requests_make_room(strict: Client) -> None:
    kept = [await Caller.at(strict) for _ in range(40)]
    for caller in kept:
        caller.writer.write(ASKED)
        await caller.answer()
    assert (await strict.get("/healthz")).status == 200
    for caller in kept:
        caller.writer.close()


async def test_where_all_are_asking_the_next_is_refused(strict: Client) -> None:
    head = POST % 9
    asking = [await Caller.at(strict) for _ in range(40)]
    for caller in asking:
        caller.writer.write(head)
    await asyncio.sleep(0.2)
    one_more = await Caller.at(strict)
    assert refused(await one_more.ended()) == (503, "OVERLOADED")
    for caller in asking:
        assert (await caller.ended()).startswith(b"HTTP/1.1 408 ")
    assert (await strict.get("/healthz")).status == 200


async def test_who_never_takes_the_answer(strict: Client) -> None:
    """Buffers of kernels hold some megabytes; what lies beyond them would lie in ours for ever."""
    query = {"query": "{ __schema { types { name description fields { name description } } } }"}
    body = json.dumps(query).encode()
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    loop, before = asyncio.get_running_loop(), await _cut(strict, "stall")
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.setblocking(False)
        await loop.sock_connect(deaf, ("127.0.0.1", strict.port))
        for _ in range(60):
            await loop.sock_sendall(deaf, head + body)
        async with asyncio.timeout(PATIENCE):
            while await _cut(strict, "stall") < before + 1:  # noqa: ASYNC110  # the hub looks by itself
                await asyncio.sleep(0.1)


async def _cut(client: Client, reason: str) -> float:
    text: Any = await (await client.get("/metrics")).text()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return float(lines.get(f'circuit_connections_cut_total{{reason="{reason}"}}', 0))
