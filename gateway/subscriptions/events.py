"""``/graphql`` as server-sent events: GraphQL over SSE in "distinct connections mode", one stream an operation.

The protocol is that of the npm package graphql-sse (its ``PROTOCOL.md``): an event ``next`` a result, ``complete`` at
the end; what is wrong with the document is told in the stream, too.
"""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Final

from graphql import GraphQLError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth import Identity
from gateway.errors import RequestRefused
from gateway.hub import Hub
from gateway.refusals import VARY, as_body
from gateway.requests import GraphQLRequest
from gateway.streaming import left
from gateway.subscriptions.operation import Result, Running, admitted, refusal
from gateway.subscriptions.visits import Ending

# Proxies and clients take a silent connection for a dead one.
ALIVE_SECONDS: Final = 12.0
_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "Vary": VARY,
    "X-Accel-Buffering": "no",  # nginx would keep events until it has some kilobytes of them
}
_REVOKED: Final = RequestRefused(401, "UNAUTHENTICATED", "This API key has been revoked; ask for a new one.")


async def events(hub: Hub, request: Request, identity: Identity, asked: GraphQLRequest) -> "EventStream":
    """The stream of one operation, begun. Raises :class:`RequestRefused` for what is no operation or too much."""
    stream = EventStream(hub)
    try:
        return await stream.of(request, identity, asked)
    except GraphQLError as error:
        return stream.of_one(refusal(hub, identity, error))


class EventStream(Response):
    """The answer: events as they come, and a comment now and then so that the silence is not taken for an end."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(None, 200, _HEADERS)
        del self.headers["content-length"]  # nobody knows yet
        self._hub, self._limits = hub, hub.settings.subscriptions
        self._running: Running | None = None
        self._next: asyncio.Future[Result | None] = asyncio.get_running_loop().create_future()
        self._over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._open = AsyncExitStack()

    def of_one(self, result: Result) -> "EventStream":
        """With this one result."""
        self._next.set_result(result)
        return self

    async def of(self, request: Request, identity: Identity, asked: GraphQLRequest) -> "EventStream":
        """With the results of this operation; what happens from now on is among them.

        Raises :class:`RequestRefused`, and GraphQLError for what is wrong with the document.
        """
        try:
            visit = self._open.enter_context(self._hub.visits.visit(self._end))
            caller = self._hub.budgets.opened(identity, request.scope).caller
            visit.known(identity, caller, request.headers.get("authorization"))
            self._running = running = await admitted(self._hub, asked, identity, request, "sse")
            self._open.push_async_callback(self._close, running)
            self._next = asyncio.create_task(_after(running))
            await running.begun()
        except BaseException:
            await self._open.aclose()
            raise
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, until there is no more or it must end. Raises :class:`ClientDisconnect` when nobody takes it."""
        life = asyncio.get_running_loop().call_later(self._limits.lifetime_seconds, self._end, Ending.LEAVING)
        gone = asyncio.create_task(left(receive))
        try:
            async with self._open:
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                await self._put(send, b":\n\n")  # the headers leave at once, before there is an event
                await self._tell(send, gone)
                await self._put(send, b"event: complete\ndata:\n\n")
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            life.cancel()
            gone.cancel()

    async def _tell(self, send: Send, gone: "asyncio.Task[None]") -> None:
        while True:
            waiting: set[asyncio.Future[Any]] = {self._next, gone, self._over}
            await asyncio.wait(waiting, timeout=ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                raise ClientDisconnect
            if self._over.done():
                if self._over.result() is Ending.REVOKED:
                    await self._put_result(send, Result(as_body(_REVOKED), is_refusal=True))
                return
            if not self._next.done():
                await self._put(send, b":\n\n")
                continue
            result = self._next.result()
            if result is None:
                return
            await self._put_result(send, result)
            if result.is_refusal or self._running is None:
                return
            self._next = asyncio.create_task(_after(self._running))

    async def _put_result(self, send: Send, result: Result) -> None:
        await self._put(send, b"event: next\ndata: " + result.body + b"\n\n")

    async def _put(self, send: Send, chunk: bytes) -> None:
        try:
            async with asyncio.timeout(self._limits.stall_seconds):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError:
            raise ClientDisconnect from None

    def _end(self, ending: Ending) -> None:
        if not self._over.done():
            self._over.set_result(ending)

    async def _close(self, running: Running) -> None:
        """What is being executed is waited for, as long as any request may take."""
        running.stop()
        await asyncio.wait({self._next}, timeout=self._hub.settings.limits.request_seconds)
        self._next.cancel()
        await asyncio.gather(self._next, return_exceptions=True)
        await running.close()


async def _after(running: Running) -> Result | None:
    return await anext(aiter(running), None)
