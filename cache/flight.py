"""Single flight: callers who want the same thing at the same time wait for one making of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Flight(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class SingleFlight(Generic[T]):
    """Runs at most one ``make`` a key at any time.

    The making has a task of its own, so a caller who is cancelled harms nobody else; it is cancelled only when its last
    caller has left. What it raises is raised to every caller, and the next call after that makes anew.
    """

    def __init__(self) -> None:
        self._flights: dict[bytes, _Flight[T]] = {}

    def __len__(self) -> int:
        return len(self._flights)

    async def run(self, key: bytes, make: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """What ``make`` returns, and whether it was this call that made it."""
        flight = self._flights.get(key)
        leads = flight is None
        if flight is None:
            flight = self._take_off(key, make)
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task), leads
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._land(key, flight)

    def _take_off(self, key: bytes, make: Callable[[], Awaitable[T]]) -> _Flight[T]:
        async def making() -> T:
            return await make()

        flight = _Flight(asyncio.create_task(making()))
        self._flights[key] = flight
        flight.task.add_done_callback(lambda task: self._over(key, flight, task))
        return flight

    def _over(self, key: bytes, flight: _Flight[T], task: asyncio.Task[T]) -> None:
        self._forget(key, flight)
        if not task.cancelled():
            task.exception()  # looked at, or asyncio would complain of an error that nobody is left to hear

    def _land(self, key: bytes, flight: _Flight[T]) -> None:
        # Forgotten at once: a caller who comes while the task is still unwinding must start a flight of its own.
        self._forget(key, flight)
        flight.task.cancel()

    def _forget(self, key: bytes, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
