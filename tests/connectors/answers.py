"""Answers of small servers that misbehave on purpose."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from tests.connectors.partner_kit import Handler

MEMBERS = b'[{"id":1,"name":"A"},{"id":2,"name":"B"}]'


def answering(*answers: Callable[[], web.Response]) -> tuple[Handler, list[web.Request]]:
    """A handler that gives one answer after the other, the last one for ever, and what it was asked."""
    asked: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request)
        return answers[min(len(asked), len(answers)) - 1]()

    return handler, asked


def members() -> web.Response:
    """Two members."""
    return web.Response(body=MEMBERS, content_type="application/json")


def status(code: int, **headers: str) -> Callable[[], web.Response]:
    """A page of HTML with a status; headers are written with underscores."""
    return lambda: web.Response(
        status=code, text="<h1>no</h1>", headers={key.replace("_", "-"): value for key, value in headers.items()}
    )


def packed(body: bytes, encoding: str = "gzip") -> Callable[[], web.Response]:
    """A body said to be packed so."""
    return lambda: web.Response(body=body, headers={"Content-Encoding": encoding})


def trickling(body: bytes, pause: float) -> Handler:
    """A body that comes a byte at a time."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for byte in body:
            await response.write(bytes([byte]))
            await asyncio.sleep(pause)
        return response

    return handler


@asynccontextmanager
async def saying(answer: bytes) -> AsyncIterator[str]:
    """A server that says these very bytes to whoever asks, and hangs up; its address is given."""

    async def said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError):
            writer.write(answer)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(said, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
