"""``/graphql`` over WebSocket: the sub-protocol graphql-transport-ws, one connection for many operations."""

import asyncio
from typing import Any, Final

import structlog
from graphql import GraphQLError
from msgspec import Raw
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.auth import Identity
from gateway.door import notes_of
from gateway.errors import RequestRefused
from gateway.hub import Hub
from gateway.refusals import refuse
from gateway.requests import GraphQLRequest, from_body
from gateway.subscriptions.clocks import Clocks
from gateway.subscriptions.counts import count_close
from gateway.subscriptions.knowing import let_in
from gateway.subscriptions.messages import (
    PROTOCOL,
    Closed,
    Code,
    Complete,
    Init,
    Ping,
    Pong,
    Subscribe,
    read,
    say,
)
from gateway.subscriptions.operation import Result, Running, admitted, refusal
from gateway.subscriptions.origins import may_connect
from gateway.subscriptions.visits import Ending, Visit

log = structlog.get_logger()

_ENDINGS: Final = {
    Ending.LEAVING: (Code.GOING_AWAY, "The server is going down; connect again."),
    Ending.REVOKED: (Code.FORBIDDEN, "This API key has been revoked; ask for a new one."),
}


async def websocket(socket: WebSocket) -> None:
    """The route."""
    hub: Hub = socket.app.state.hub
    connection = _Connection(hub, socket)
    try:
        if not may_connect(socket.headers, hub.origins):
            message = "Pages of this origin may not connect; the operator allows them in cors_origins, or a key does."
            raise RequestRefused(403, "ORIGIN", message)
        with hub.visits.visit(lambda ending: connection.end(*_ENDINGS[ending])) as visit:
            await connection.run(visit)
    except RequestRefused as refused:
        await socket.send_denial_response(refuse(refused))


class _Connection:
    """One connection, from its handshake to its close."""

    def __init__(self, hub: Hub, socket: WebSocket) -> None:
        self._hub, self._socket = hub, socket
        self._limits = hub.settings.subscriptions
        self._notes = notes_of(socket.scope)
        self._over: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()
        self._is_known = False
        self._identity: Identity | None = None
        self._operations: dict[str, Running] = {}
        self._pumps: set[asyncio.Task[None]] = set()
        self._clocks = Clocks(self.end)

    def end(self, code: Code, reason: str) -> None:
        """Close the connection, whatever is under way on it."""
        if not self._over.done():
            self._over.set_result(Closed(code, reason))

    async def run(self, visit: Visit) -> None:
        """Answer until the client leaves or the connection must end; then let go of everything."""
        if PROTOCOL not in self._socket.scope["subprotocols"]:
            await self._socket.accept()
            await self._close(Closed(Code.BAD_PROTOCOL, f"Connect with the sub-protocol {PROTOCOL}."))
            return
        await self._socket.accept(PROTOCOL)
        self._clocks.set("init", self._limits.init_seconds, Code.INIT_TIMEOUT, "Connection initialisation timeout")
        self._clocks.set("life", self._limits.lifetime_seconds, Code.GOING_AWAY, "This has lasted; connect again.")
        reading = asyncio.create_task(self._read(visit))
        try:
            waiting: set[asyncio.Future[Any]] = {reading, self._over}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if self._over.done():
                await self._close(self._over.result())
        finally:
            count_close(self._notes.code)
            await self._let_go(reading)

    async def _let_go(self, reading: "asyncio.Task[None]") -> None:
        self._clocks.stop()
        reading.cancel()
        for running in self._operations.values():
            running.stop()
        self._operations.clear()  # whatever still comes of them is not sent
        if self._pumps:
            await asyncio.wait(self._pumps, timeout=self._hub.settings.limits.request_seconds)
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(reading, *self._pumps, return_exceptions=True)

    async def _read(self, visit: Visit) -> None:
        """Take up one message after the other until the client leaves."""
        try:
            while True:
                heard = await self._socket.receive()
                if heard["type"] == "websocket.disconnect":
                    self._notes.code = heard.get("code")
                    return
                await self._take_up(heard.get("text"), visit)
        except WebSocketDisconnect:
            return
        except Closed as closed:
            self.end(closed.code, closed.reason)
        except RequestRefused as refused:
            self.end(Code.BAD_MESSAGE, refused.message)
        except Exception:
            log.exception("websocket.failed")
            self.end(Code.INTERNAL, f"Internal error; tell the operator request {self._notes.request_id}.")

    async def _take_up(self, text: str | None, visit: Visit) -> None:
        message = read(text)
        match message:
            case Init():
                await self._let_in(message, visit)
            case Ping():
                await self._send(say("pong", payload=message.payload))
            case Pong():
                pass
            case Subscribe():
                await self._begin(message)
            case Complete():
                if running := self._operations.pop(message.id, None):
                    running.stop()

    # Who it is

    async def _let_in(self, init: Init, visit: Visit) -> None:
        if self._is_known:
            raise Closed(Code.INIT_TWICE, "Too many initialisation requests")
        self._is_known = True
        self._identity = await let_in(self._hub, visit, self._socket, init.authorization)
        self._clocks.unset("init")
        self._limit_idleness()
        await self._send(say("connection_ack"))

    # Operations

    async def _begin(self, message: Subscribe) -> None:
        if self._identity is None:
            raise Closed(Code.UNAUTHORIZED, "Unauthorized")
        if message.id in self._operations:
            raise Closed(Code.ID_TAKEN, f"Subscriber for {message.id} already exists")
        request = from_body(bytes(message.payload))
        if isinstance(request, list):
            raise Closed(Code.BAD_MESSAGE, "A message holds one operation.")
        self._notes.operations = (self._notes.operations or 0) + 1
        try:
            running = await self._open(request, self._identity)
        except (GraphQLError, RequestRefused) as error:
            if isinstance(error, RequestRefused):
                self._notes.refused.add(error.status)
            await self._send(say("error", message.id, refusal(self._hub, self._identity, error).errors))
            return
        self._operations[message.id] = running
        pump = asyncio.create_task(self._pump(message.id, running))
        self._pumps.add(pump)
        pump.add_done_callback(self._ended)
        self._limit_idleness()
        # The next message is read when it has begun: a query sent behind a subscription misses nothing.
        try:
            await running.begun()
        except RequestRefused as late:
            del self._operations[message.id]
            pump.cancel()
            await self._send(say("error", message.id, refusal(self._hub, self._identity, late).errors))

    def _ended(self, pump: "asyncio.Task[None]") -> None:
        self._pumps.discard(pump)
        self._limit_idleness()

    async def _open(self, request: GraphQLRequest, identity: Identity) -> Running:
        if len(self._pumps) >= self._limits.operations:
            message = f"{self._limits.operations} operations are under way on this connection; complete one first."
            raise RequestRefused(429, "TOO_MANY", message)
        return await admitted(self._hub, request, identity, self._socket, "websocket")

    async def _pump(self, number: str, running: Running) -> None:
        """Send an operation's results until there are no more, or nobody wants them."""
        try:
            async for result in running:
                if self._operations.get(number) is not running:
                    return
                await self._tell(number, result)
                if result.is_refusal:
                    return
            if self._operations.get(number) is running:
                await self._send(say("complete", number))
        except WebSocketDisconnect:
            return
        except Exception:
            log.exception("subscription.failed")
            self.end(Code.INTERNAL, f"Internal error; tell the operator request {self._notes.request_id}.")
        finally:
            if self._operations.get(number) is running:
                del self._operations[number]
            await running.close()

    async def _tell(self, number: str, result: Result) -> None:
        if result.is_refusal:
            await self._send(say("error", number, result.errors))
        else:
            await self._send(say("next", number, Raw(result.body)))

    # Bounds

    def _limit_idleness(self) -> None:
        """For as long as nothing is under way."""
        seconds = self._limits.idle_seconds
        self._clocks.unset("idle")
        if not self._pumps and not self._over.done():
            reason = f"Nothing was asked for {seconds:g} s; connect again to ask."
            self._clocks.set("idle", seconds, Code.NORMAL, reason)

    async def _send(self, message: str) -> None:
        """Send it. Raises :class:`WebSocketDisconnect` when the client is gone, or takes nothing of what it is sent."""
        try:
            async with asyncio.timeout(self._limits.stall_seconds):
                await self._socket.send_text(message)
        except TimeoutError:
            self.end(Code.TRY_LATER, "You read too slowly; connect again.")
            raise WebSocketDisconnect(Code.TRY_LATER) from None

    async def _close(self, closed: Closed) -> None:
        self._notes.code = closed.code
        try:
            async with asyncio.timeout(1.0):
                await self._socket.close(closed.code, closed.reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return  # it has closed itself, or takes nothing any more: the connection is cut
