"""Connections of this process within their bounds: how many, how long they may owe a request, how long an answer lies.

uvicorn closes a connection that is idle between two requests. What it does not bound is looked after here: callers who
open connections and say nothing, who send a head a byte at a time, and who never take what they asked for.
"""

import asyncio
import time
from collections import OrderedDict
from typing import Final, Protocol

from gateway.metrics import CONNECTIONS, count_cut, count_shed
from gateway.settings_limits import Limits

APP_STATE: Final = "circuit.connections"
# Of a connection that has been refused: time to take the refusal before the line is cut.
LINGER_SECONDS: Final = 1.0


class Connection(Protocol):
    """What is asked of an open connection; :class:`gateway.protocol.BoundedProtocol` is one."""

    transport: asyncio.Transport

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has come that is not answered."""

    def too_slow(self) -> None:
        """End it: the head of a request has not come in time."""


class Connections:
    """Those open now, to be swept about once a second. Times are of :func:`time.monotonic`."""

    def __init__(self, limits: Limits, stall_seconds: float) -> None:
        self.limits = limits
        self._stall_seconds = stall_seconds
        self._open: set[Connection] = set()
        self._owing: OrderedDict[Connection, float] = OrderedDict()  # since when; longest first
        self._ending: dict[Connection, float] = {}
        self._unread: dict[Connection, tuple[int, float]] = {}  # bytes that wait to be taken, and since when

    def opened(self, connection: Connection) -> bool:
        """Take it in, at the cost of one that has waited longer without asking; ``False`` where all others ask."""
        if len(self._open) >= self.limits.connections and not self._make_room():
            count_shed("connection")
            return False
        self._open.add(connection)
        self.owes(connection)
        return True

    def closed(self, connection: Connection) -> None:
        """It is gone, or has become a WebSocket."""
        self._open.discard(connection)
        self._owing.pop(connection, None)
        self._ending.pop(connection, None)
        self._unread.pop(connection, None)

    def owes(self, connection: Connection) -> None:
        """The head of a request is waited for from now on, unless it is already."""
        if connection not in self._owing:
            self._owing[connection] = time.monotonic()

    def asked(self, connection: Connection) -> None:
        """The head of a request has come."""
        self._owing.pop(connection, None)

    def ends(self, connection: Connection) -> None:
        """It has had its last word, and is cut off if it does not go by itself."""
        self._owing.pop(connection, None)
        self._ending[connection] = time.monotonic() + LINGER_SECONDS

    def sweep(self) -> None:
        """Close what is overdue."""
        now = time.monotonic()
        CONNECTIONS.set(len(self._open))
        for connection in [each for each, since in self._owing.items() if now - since > self.limits.header_seconds]:
            count_cut("head")
            connection.too_slow()
            self.ends(connection)
        for connection in [each for each, until in self._ending.items() if now > until]:
            self._ending.pop(connection)
            connection.transport.abort()
        for connection in [each for each in self._open if self._is_stalled(each, now)]:
            count_cut("stall")
            connection.transport.abort()

    def _is_stalled(self, connection: Connection, now: float) -> bool:
        size = connection.transport.get_write_buffer_size()
        if not size:
            self._unread.pop(connection, None)
            return False
        before, since = self._unread.get(connection, (0, now))
        if size != before:
            since = now
        self._unread[connection] = (size, since)
        return now - since > self._stall_seconds

    def _make_room(self) -> bool:
        """Close the connection that has owed a request for longest, else one that is between two."""
        longest = next(iter(self._owing), None) or next((each for each in self._open if each.is_idle), None)
        if longest is None:
            return False
        count_cut("room")
        self.closed(longest)
        longest.transport.abort()
        return True
