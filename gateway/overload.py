"""Overload: so many operations are executed at once, so many wait, and none for long; the rest are turned away at once.

All executions share one processor. Without a bound each of a thousand takes a thousand times as long, and all of them
end at their deadline, having used the processor for nothing. With one, what is let in is answered in bounded time and
the rest learns within moments that it must come back.

How long one may wait follows "Fail at Scale" (Ben Maurer, ACM Queue 13.8, 2015), after CoDel (RFC 8289): a queue that
was empty lately is a burst, and is waited out; one that has stood for a while is overload, where waiting only makes
every answer late. Then a wait is a twentieth as long.
"""

import asyncio
import random
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Final

from gateway.errors import RequestRefused
from gateway.metrics import count_shed
from gateway.refusals import later

HASTE: Final = 20
# Those who were turned away together must not come back together.
_RETRY_AFTER: Final = (1, 2, 3)


class Gate:
    """An asynchronous context manager that holds one of ``at_once`` places. Not for other event loops or threads.

    ``most`` may wait for one, ``seconds`` at most. Raises :class:`RequestRefused` (503, OVERLOADED) to whoever may not.
    """

    def __init__(self, at_once: int, most: int, seconds: float) -> None:
        self._at_once, self._most, self._seconds = at_once, most, seconds
        self._queue: deque[asyncio.Future[None]] = deque()
        self._empty_at = 0.0  # when the queue was last seen without anybody in it
        self.executing = 0

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._queue)

    async def __aenter__(self) -> None:
        if self.executing < self._at_once and not self._queue:
            self.executing += 1
            return
        await self._wait(asyncio.get_running_loop())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leave()

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

    def _leave(self) -> None:
        """Hand the place to whoever has waited longest."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.executing -= 1


def _overloaded() -> RequestRefused:
    count_shed("execution")
    seconds = random.choice(_RETRY_AFTER)  # noqa: S311  # to spread callers, not to keep a secret
    message = f"Too much is asked of the hub just now; ask again in {seconds} s."
    return later("OVERLOADED", message, seconds)
