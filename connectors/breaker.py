"""When a partner that does not answer is left alone, and for how long.

Closed, it is asked. After :data:`THRESHOLD` outages in a row, or one that named an instant, it is open: nobody asks
until a pause is over, which doubles with each further outage. Then it is half open: one trial is let through and all
others are turned away until the trial has an outcome, as Akka and Hystrix define it. A trial whose outcome never
arrives (its task was cancelled) gives way to another one after a while, or the breaker would stay half open for ever,
as resilience4j's did (its issues 903 and 935).

Kept libraries were looked at and do not fit: pybreaker knows no asyncio, aiobreaker is no longer looked after, and
purgatory reads the clock itself. All wrap the call, and none can be told an instant to stay open until or lets its
pause grow.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

THRESHOLD: Final = 3
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
# What a partner may ask for itself.
LONGEST_RESPITE: Final = timedelta(days=1)
# Longer than any look-up or webhook takes.
TRIAL: Final = timedelta(seconds=60)


class BreakerState(StrEnum):
    """Whether a partner is asked."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


def pause_after(failures: int, retry_at: datetime | None, now: datetime) -> timedelta:
    """How long to leave a partner alone after so many outages in a row, the last of which named ``retry_at`` or not.

    Nothing below :data:`THRESHOLD`; then 30 s, doubling up to an hour; at least until ``retry_at``, a day at most.
    """
    asked = min(retry_at - now, LONGEST_RESPITE) if retry_at is not None else timedelta()
    if failures < THRESHOLD:
        return max(asked, timedelta())
    # Bounded before it is made: two to the power of a large number is no duration.
    grown: timedelta = FIRST_PAUSE * 2 ** min(failures - THRESHOLD, 20)
    return max(asked, min(grown, LONGEST_PAUSE))


class Breaker:
    """One partner's breaker, in memory. Ask :meth:`allows`, then say :meth:`succeeded` or :meth:`failed`.

    Only outages are failures (``SourceError.is_outage``): a partner that refuses is there, and has :meth:`succeeded`.
    """

    def __init__(self) -> None:
        self.failures = 0
        self.open_until: datetime | None = None
        self._trial_until: datetime | None = None

    def state(self, now: datetime) -> BreakerState:
        """Closed, open or half open."""
        if self.open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.open_until else BreakerState.HALF_OPEN

    def allows(self, now: datetime) -> bool:
        """Whether to ask the partner now; when it is half open, a yes is the trial."""
        state = self.state(now)
        if state is BreakerState.HALF_OPEN:
            if self._trial_until is not None and now < self._trial_until:
                return False
            self._trial_until = now + TRIAL
        return state is not BreakerState.OPEN

    def failed(self, now: datetime, retry_at: datetime | None = None) -> None:
        """An outage. One of a call that began before the breaker opened does not make the pause longer; that of a
        trial always opens it again.
        """
        state = self.state(now)
        if state is not BreakerState.OPEN:
            self.failures += 1
        if state is BreakerState.HALF_OPEN:
            self.failures = max(self.failures, THRESHOLD)
        pause = pause_after(self.failures, retry_at, now)
        if pause:
            self.open_until = max(now + pause, self.open_until or now)
        self._trial_until = None

    def succeeded(self) -> None:
        """The partner answered, whatever it said."""
        self.failures = 0
        self.open_until = None
        self._trial_until = None
