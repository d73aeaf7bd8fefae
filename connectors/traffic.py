"""What a reading costs its partner and us, counted while it goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from directory.records import Traffic


class Meter:
    """Counts requests, those that repeat an earlier one, and the seconds spent in pauses."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Begins at nothing."""
        self._requests = 0
        self._retries = 0
        self._waited = 0.0

    @property
    def traffic(self) -> Traffic:
        """The count so far."""
        return Traffic(requests=self._requests, retries=self._retries, waited_seconds=self._waited)

    def sent(self, *, is_retry: bool) -> None:
        """Counts a request."""
        self._requests += 1
        self._retries += is_retry

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """Counts the block's time as a pause, even where it is broken off."""
        begun = self._clock()
        try:
            yield
        finally:
            self._waited += self._clock() - begun
