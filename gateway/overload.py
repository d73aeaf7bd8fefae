"""Overload: so many operations are executed at once, so many wait, and none for long; the rest are turned away at once.

All executions share one processor. Without a bound each of a thousand takes a thousand times as long, and all of them
end at their deadline, having used the processor for nothing. With one, what is let in is answered in bounded time and
the rest learns within moments that it must come back.

How long one may wait follows "Fail at Scale" (Ben Maurer, ACM Queue 13.8, 2015), after CoDel (RFC 8289): a queue that
was empty lately is a burst, and is waited out; one that has stood for a while is overload, where waiting only makes
every answer late. Then a wait is a twentieth as long.

An event of a subscription is not turned away, which would end what it is one of: it waits as long as it must
(:meth:`Gate.patiently`), behind all who ask and in few of the places, yet in one of them whatever is asked; where there
is one alone, in turns with who asks. How many wait is bounded by who may follow, and what waits behind each of them by
its own queue.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Final

from gateway.errors import RequestRefused
from gateway.metrics import count_shed
from gateway.refusals import later

HASTE: Final = 20
# The share of the places that events may have together.
EVENTS: Final = 0.25
# Those who were turned away together must not come back together.
_RETRY_AFTER: Final = (1, 2, 3)


class Gate:
    """An asynchronous context manager that holds one of ``at_once`` places. Not for other event loops or threads.

    ``most`` may wait for one, ``seconds`` at most. Raises :class:`RequestRefused` (503, OVERLOADED) to whoever may not.
    Events have :meth:`patiently` instead.
    """

    def __init__(self, at_once: int, most: int, seconds: float) -> None:
        self._at_once, self._most, self._seconds = at_once, most, seconds
        self._queue: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()
        self._most_patient = max(1, int(at_once * EVENTS))
        self._telling = 0  # of those who are executed, the patient
        self._empty_at = 0.0  # when the queue was last seen without anybody in it
        self.executing = 0

    @property
    def waiting(self) -> int:
        """How many wait now, the patient aside."""
        return len(self._queue)

    @property
    def waiting_patiently(self) -> int:
        """How many of these wait now."""
        return len(self._patient)

    async def __aenter__(self) -> None:
        if self.executing < self._at_once and not self._queue:
            self.executing += 1
            return
        await self._wait(asyncio.get_running_loop())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leave()

    @asynccontextmanager
    async def patiently(self) -> AsyncIterator[None]:
        """A place for an event, in order of arrival, waited for as long as it takes."""
        if self._may_tell() and self.executing < self._at_once and not (self._queue or self._patient):
            self.executing += 1
            self._telling += 1
        else:
            await self._wait_patiently(asyncio.get_running_loop())
        try:
            yield
        finally:
            self._told()

    async def _wait_patiently(self, loop: asyncio.AbstractEventLoop) -> None:
        turn = loop.create_future()
        self._patient.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # it may have been passed over already
                    self._patient.remove(turn)
            else:
                self._told()  # the place came at the very moment that nobody wanted it any more
            raise

    def _told(self) -> None:
        self._telling -= 1
        self._leave(asking_first=self._at_once == 1)  # else it would go from event to event, and nobody could ask

    def _may_tell(self) -> bool:
        return self._telling < self._most_patient

    async def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        if len(self._queue) >= self._most:
            raise _overloaded()
        if not self._queue:
            self._empty_at = loop.time()
        turn = loop.create_future()
        self._queue.append(turn)
        is_standing = loop.time() - self._empty_at > self._seconds
        try:
            async with asyncio.timeout(self._seconds / HASTE if is_standing else self._seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._leave()  # the place came at the very moment that nobody wanted it any more
            else:
                with suppress(ValueError):  # it may have been passed over already
                    self._queue.remove(turn)
            if isinstance(error, TimeoutError):
                raise _overloaded() from None
            raise

    def _leave(self, *, asking_first: bool = False) -> None:
        """Hand the place to whoever has waited longest: of those who ask, unless no event is told at all."""
        while self._queue or (self._patient and self._may_tell()):
            is_asking = self._queue and (self._telling or asking_first)
            is_event = bool(self._patient) and self._may_tell() and not is_asking
            turn = (self._patient if is_event else self._queue).popleft()
            if not turn.done():
                self._telling += is_event
                turn.set_result(None)
                return
        self.executing -= 1


def _overloaded() -> RequestRefused:
    count_shed("execution")
    seconds = random.choice(_RETRY_AFTER)  # noqa: S311  # to spread callers, not to keep a secret
    message = f"Too much is asked of the hub just now; ask again in {seconds} s."
    return later("OVERLOADED", message, seconds)
