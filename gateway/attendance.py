"""Who waits for an answer: each request has a deadline, and a query whose caller has hung up is given up.

Listening for a hang-up takes a task, and a deadline a timer, which answers of a fraction of a millisecond need not pay
for. So a request only signs in and out here, and :meth:`Attendance.look` comes by every few moments: it listens for
those who are waiting when it does, and ends what is overdue.
"""

import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.door import Notes, notes_of
from gateway.errors import RequestRefused
from gateway.metrics import LEFT
from gateway.refusals import later, refuse

_VISIT: Final = "circuit.visit"
RETRY_SECONDS: Final = 5


class Visit:
    """One request: the task that answers it, and since when.

    While ``receive`` is set, what the task does is given up when the caller hangs up: to be set once the request's
    body has been read, for what is received from then on is thrown away, and only where nothing is lost by giving up.
    """

    __slots__ = ("_before", "_body", "_listening", "_notes", "_task", "ended_by", "receive", "since")

    def __init__(self, task: "asyncio.Task[None]", notes: Notes) -> None:
        self._task = task
        self._notes = notes
        self._before = task.cancelling()
        self._listening: asyncio.Task[None] | None = None
        self._body: tuple[float, float] | None = None  # until when it is waited for, and for how many seconds
        self.since = time.monotonic()
        self.receive: Receive | None = None
        self.ended_by: Exception | None = None

    def look(self, now: float, seconds: float) -> None:
        """Listen for a hang-up where that matters; end the visit if it, or its body, has taken too long."""
        if self.ended_by is not None or self._notes.status:
            return  # it has ended, or the answer has begun
        if self._body is not None and self._body[0] < now:
            self._end(body_too_slow(self._body[1]))
        elif self.since < now - seconds:
            self._end(too_long(seconds))
        elif self.receive is not None and self._listening is None:
            self._listening = asyncio.create_task(self._listen(self.receive))

    def awaits_body(self, seconds: float) -> None:
        """The body has so long to come, until :meth:`has_body`."""
        self._body = time.monotonic() + seconds, seconds

    def has_body(self) -> None:
        """It has come, or nobody waits for it any more."""
        self._body = None

    def take_time(self) -> None:
        """What is done from now on has a deadline of its own."""
        self.since = math.inf

    def stop_listening(self) -> None:
        """From now on it does not matter whether the caller is there."""
        self.receive = None
        if self._listening is not None:
            self._listening.cancel()
            self._listening = None

    def is_ours(self) -> bool:
        """Whether a cancellation of the task is ours alone; it is then taken back."""
        return self.ended_by is not None and self._task.uncancel() <= self._before

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        if self.receive is not None and self.ended_by is None:
            LEFT.inc()
            self._end(ClientDisconnect())

    def _end(self, cause: Exception) -> None:
        self.ended_by = cause
        self._task.cancel()


class Attendance:
    """The visits of this process. ``seconds`` is how long each may take until its answer begins."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.visits: set[Visit] = set()

    def look(self) -> None:
        """To be called every few moments."""
        now = time.monotonic()
        for visit in self.visits:
            visit.look(now, self.seconds)


class Attended:
    """ASGI middleware: requests sign in and out. Paths beginning with one of ``exempt`` keep deadlines of their own."""

    def __init__(self, app: ASGIApp, attendance: Attendance, exempt: tuple[str, ...] = ()) -> None:
        self._app = app
        self._attendance = attendance
        self._exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None or scope["path"].startswith(self._exempt):
            await self._app(scope, receive, send)
            return
        visit = scope[_VISIT] = Visit(task, notes_of(scope))
        visits = self._attendance.visits
        visits.add(visit)
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not visit.is_ours():
                raise
            visits.discard(visit)
            if not isinstance(visit.ended_by, RequestRefused):
                raise ClientDisconnect from None
            await refuse(visit.ended_by)(scope, receive, send)
        finally:
            visits.discard(visit)


def visit_of(scope: Scope) -> Visit | None:
    """The visit of a request that came through :class:`Attended` and is not exempt."""
    visit: Visit | None = scope.get(_VISIT)
    return visit


@contextmanager
def hearing(request: Request) -> Iterator[Visit | None]:
    """The block is given up when the caller hangs up; gives the visit, for a request that has one."""
    visit = visit_of(request.scope)
    if visit is None:
        yield None
        return
    visit.receive = request.receive
    try:
        yield visit
    finally:
        visit.stop_listening()


def body_too_slow(seconds: float) -> RequestRefused:
    """The refusal of a request whose body does not come."""
    message = f"The body did not arrive within {seconds:g} s."
    return RequestRefused(408, "BODY_TOO_SLOW", message, {"Connection": "close"})


def too_long(seconds: float) -> RequestRefused:
    """The refusal of what takes longer than its time."""
    message = f"The request took longer than {seconds:g} s; ask for less, or try again later."
    return later("TIMEOUT", message, RETRY_SECONDS)
