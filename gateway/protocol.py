"""HTTP/1.1 on one connection: uvicorn's protocol, within the bounds of :mod:`gateway.connections`.

What is wrong before there is a request is refused here, in the form that every refusal has.
"""

import asyncio
from typing import Any, Final

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway import logs
from gateway.connections import APP_STATE, Connections
from gateway.door import SECURITY_HEADERS
from gateway.media import Media
from gateway.metrics import count_refusal
from gateway.refusals import body_of_refusal
from gateway.wire import leave

# Requests sent on one connection before the answer to the first; browsers send none, load generators some dozens.
MOST_PIPELINED: Final = 64
_RETRY_AFTER: Final = 2
_HEADERS: Final = "".join(
    f"{name}: {value}\r\n"
    for name, value in {
        **SECURITY_HEADERS,
        "Content-Type": Media.JSON.content_type,
        "Cache-Control": "no-store",
        "Connection": "close",
    }.items()
)

log = structlog.get_logger()


class Refused(Exception):
    """The head that is being read has been refused already: the parser is to stop."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. The application's lifespan puts the :class:`Connections` into its state."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._all: Connections = self.app_state[APP_STATE]
        self._most = self._all.limits.header_bytes
        self._in_head = False  # the head of a request has begun and is not complete
        self._owes = True  # and the others know it
        self._ended = False
        self._chunk = 0  # bytes that came last
        self._read = 0  # bytes of a head that comes in parts
        self._in_parts = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has come that is not answered."""
        return not self._in_head and self._is_answered

    @property
    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller is there."""
        super().connection_made(transport)
        if not self._all.opened(self):
            message = "Too many connections are open just now; try again in a few moments."
            self._refuse(503, "OVERLOADED", message, f"Retry-After: {_RETRY_AFTER}\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._all.closed(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, and note whether a request is owed."""
        if self._ended:
            return
        was_in_head = self._in_head
        self._chunk = len(data)
        super().data_received(data)
        if self._ended:
            return
        if self._in_head:
            # The first part may hold the end of what was sent before it.
            self._read = self._read + len(data) if was_in_head else self._size_of_head()
            self._in_parts = True
            if self._read > self._most:
                self._refuse_large()
            else:
                self._owe()
        elif self._is_answered:
            self._owe()  # white space, or more of the body of what was answered already
        elif self._owes:
            self._owes = False
            self._all.asked(self)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Line and headers have come: run the request, unless they are beyond bounds."""
        may_be_large = self._in_parts or self._chunk > self._most
        self._in_head = self._in_parts = False
        if may_be_large and self._size_of_head() > self._most:
            self._refuse_large()
            raise Refused
        super().on_headers_complete()
        if len(self.pipeline) > MOST_PIPELINED:
            self._refuse(503, "OVERLOADED", "Too many requests are sent at once; wait for the answers to the first.")
            raise Refused

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for what is not HTTP."""
        if not self._ended:
            self._refuse(400, "BAD_HTTP", "This is not an HTTP/1.1 request; send one as RFC 9112 has it.")

    def shutdown(self) -> None:
        """The server goes down: streams are ended by the application."""
        leave(self.app_state)
        super().shutdown()

    def handle_websocket_upgrade(self) -> None:
        """The connection becomes a WebSocket, which another protocol looks after."""
        self._ended = True
        self._all.closed(self)
        super().handle_websocket_upgrade()

    def too_slow(self) -> None:
        """End the connection: the head of a request has not come in time."""
        if self._in_head:
            seconds = self._all.limits.header_seconds
            self._refuse(
                408, "HEADERS_TOO_SLOW", f"The request's line and headers did not arrive within {seconds:g} s."
            )
        else:
            self._ended = True
            self.transport.close()

    def _size_of_head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + len(b": \r\n") for name, value in self.headers)

    def _owe(self) -> None:
        if not self._owes:
            self._owes = True
            self._all.owes(self)

    def _refuse_large(self) -> None:
        message = f"The request's line and headers are larger than {self._most:,} bytes; send less, or use POST."
        self._refuse(431, "HEADERS_TOO_LARGE", message)

    def _refuse(self, status: int, code: str, message: str, more: str = "") -> None:
        """Say so and hang up, in a way that lets the caller read it: what still comes is thrown away for a moment."""
        self._ended = True
        self._unset_keepalive_if_required()
        request_id = logs.request_id(None)
        count_refusal(code)
        log.info("connection.refused", status=status, code=code, request_id=request_id)
        if self.pipeline or self.transport.is_closing():
            self.transport.abort()
        elif not self._is_answered and not self.cycle.more_body:
            self.cycle.keep_alive = False  # what was asked before is answered first, and then nothing any more
        else:
            if not self._is_answered:  # its body cannot be read
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            body = body_of_refusal(code, message, request_id)
            head = f"{_HEADERS}X-Request-ID: {request_id}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
            self.transport.write(STATUS_LINE[status] + head.encode() + body)
            self.transport.write_eof()
            self._all.ends(self)
