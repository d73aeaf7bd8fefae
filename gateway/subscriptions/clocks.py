"""The clocks of a connection: each ends it when its time is over, unless it is stopped before."""

import asyncio
from collections.abc import Callable

from gateway.subscriptions.messages import Code


class Clocks:
    """Clocks by name. ``end`` is called with the code and the reason of the first whose time is over."""

    def __init__(self, end: Callable[[Code, str], None]) -> None:
        self._end = end
        self._running: dict[str, asyncio.TimerHandle] = {}

    def set(self, name: str, seconds: float, code: Code, reason: str) -> None:
        """Set this clock, anew if it is running."""
        self.unset(name)
        self._running[name] = asyncio.get_running_loop().call_later(seconds, self._end, code, reason)

    def unset(self, name: str) -> None:
        """Stop it."""
        if running := self._running.pop(name, None):
            running.cancel()

    def stop(self) -> None:
        """Stop all of them."""
        for name in list(self._running):
            self.unset(name)
