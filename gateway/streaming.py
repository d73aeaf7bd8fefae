"""Answers that are sent as they are made: within a deadline, and only to those who read them.

What has been begun can only be broken off: the connection is closed before the end, which tells the reader that the
file is not whole.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from gateway.refusals import later

_RETRY_SECONDS: Final = 60

log = structlog.get_logger()


class Stream(Response):
    """An answer of chunks. ``seconds`` is its whole time, ``stall_seconds`` how long one chunk waits to be taken.

    Whatever goes wrong before the first chunk is there is raised, and can still be answered otherwise.
    """

    def __init__(
        self, chunks: AsyncGenerator[bytes], headers: Mapping[str, str], *, seconds: float, stall_seconds: float
    ) -> None:
        super().__init__(None, 200, headers)
        del self.headers["content-length"]  # nobody knows yet
        self._chunks = chunks
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._seconds, self._stall_seconds = seconds, stall_seconds
        self._first = b""

    async def begin(self) -> None:
        """Make the first chunk. Raises :class:`RequestRefused` when it takes too long, and what making it raises."""
        try:
            async with asyncio.timeout_at(self._deadline):
                self._first = await anext(self._chunks)
        except BaseException as error:
            await self._chunks.aclose()
            if isinstance(error, TimeoutError):
                message = f"The export took longer than {self._seconds:g} s; narrow the search, or try again later."
                raise later("TIMEOUT", message, _RETRY_SECONDS) from None
            raise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Raises :class:`ClientDisconnect` when it could not be sent to its end."""
        leaving = asyncio.create_task(left(receive))
        try:
            async with aclosing(self._chunks):
                await self._send(send, leaving)
        finally:
            leaving.cancel()

    async def _send(self, send: Send, leaving: "asyncio.Task[None]") -> None:
        try:
            async with asyncio.timeout_at(self._deadline):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await self._put(send, self._first)
                async for chunk in self._chunks:
                    if leaving.done():
                        raise ClientDisconnect
                    await self._put(send, chunk)
                await send(_body(b"", more=False))
        except TimeoutError:
            log.warning("export.cut_off", seconds=self._seconds, stall_seconds=self._stall_seconds)
            raise ClientDisconnect from None

    async def _put(self, send: Send, chunk: bytes) -> None:
        if chunk:
            async with asyncio.timeout(self._stall_seconds):
                await send(_body(chunk, more=True))


def _body(chunk: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def left(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
