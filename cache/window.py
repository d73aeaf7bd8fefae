"""A sliding window: how many units each caller took in the last minute, counted in this process and for the others.

Time is cut into windows of wall time, the same in every process. What was taken is that of the window that runs, and of
the one before it the share that the sliding window still covers. That is exact for callers who ask evenly, and bounds
every other to its limit in each window; it costs two numbers a caller, however much is asked.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from math import floor
from typing import NamedTuple, Protocol

# So many callers are remembered in a process, some 300 bytes each.
CALLERS = 50_000
# An exchange with the others holds at most so many callers, for Redis does nothing else meanwhile.
AT_ONCE = 500


class Taken(NamedTuple):
    """What a caller took in one window, to be added to what the others know. Units may be negative: given back."""

    caller: str
    window: int
    units: int


class Totals(NamedTuple):
    """What all processes together took of a caller's budget: in the window told, and in the one before."""

    now: int
    before: int


class Ledger(Protocol):
    """Where processes add up what each of them counted."""

    async def exchange(self, taken: Sequence[Taken]) -> Sequence[Totals] | None:
        """Add these, and tell the totals of each; ``None`` where the others cannot be reached just now."""

    async def close(self) -> None:
        """Let go of connections."""


class Standing(NamedTuple):
    """How a caller stands: units left, and when all of the limit is there again, in seconds since 1970."""

    remaining: int
    reset_at: float


@dataclass(slots=True)
class _Caller:
    window: int
    now: int = 0
    before: int = 0
    untold: int = 0


class SlidingWindow:
    """Units taken a caller in any ``seconds``."""

    def __init__(
        self,
        ledger: Ledger | None = None,
        *,
        seconds: float = 60.0,
        callers: int = CALLERS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._seconds = seconds
        self._most = callers
        self._clock = clock
        self._callers: dict[str, _Caller] = {}
        self._swept = 0
        # What the others do not know yet: who asked here since they were last told, and what could not be told then.
        self._touched: dict[str, None] = {}
        self._late: dict[tuple[str, int], int] = {}

    def __len__(self) -> int:
        return len(self._callers)

    def take(self, caller: str, units: int, limit: int, *, force: bool = False) -> float:
        """Take so many units: 0 where they are within the limit, else how many seconds to wait until they would be.
        What is beyond is taken with ``force`` alone.
        """
        at = self._clock() / self._seconds
        window = floor(at)
        known = self._known(caller, window)
        covered = 1.0 - (at - window)
        if known.before * covered + known.now + units <= limit:
            known.now += units
            known.untold += units
            return 0.0
        wait = self._wait(known, units, limit, covered)
        if force:
            known.now += units
            known.untold += units
        return wait

    def give_back(self, caller: str, units: int) -> None:
        """Give back units that were taken moments ago."""
        known = self._known(caller, floor(self._clock() / self._seconds))
        now = min(units, known.now)
        known.now -= now
        known.untold -= now
        # The window may have ended in between: then they are in the one before.
        before = min(units - now, known.before)
        known.before -= before
        if self._ledger is not None:
            self._tell_later(caller, known.window - 1, -before)

    def standing(self, caller: str, limit: int) -> Standing:
        """How the caller stands now."""
        at = self._clock() / self._seconds
        window = floor(at)
        known = self._known(caller, window)
        used = known.before * (1.0 - (at - window)) + known.now
        ends = window + 2 if known.now else window + 1 if known.before else at
        return Standing(max(0, floor(limit - used)), ends * self._seconds)

    async def share(self) -> None:
        """Tell the others what was taken here since last time, and hear what all have taken together."""
        if self._ledger is None:
            return
        if told := self._to_tell(floor(self._clock() / self._seconds)):
            self._hear(told, await self._ledger.exchange(told))

    async def close(self) -> None:
        """Let go of the ledger; what was not told is lost."""
        if self._ledger is not None:
            await self._ledger.close()

    def _to_tell(self, window: int) -> list[Taken]:
        for late in [each for each in self._late if each[1] < window - 1]:
            del self._late[late]
        told = [Taken(caller, when, self._late[caller, when]) for caller, when in islice(self._late, AT_ONCE)]
        for taken in told:
            del self._late[taken.caller, taken.window]
        for caller in list(islice(self._touched, AT_ONCE - len(told))):
            del self._touched[caller]
            if known := self._callers.get(caller):
                told.append(Taken(caller, known.window, known.untold))
                known.untold = 0
        return told

    def _hear(self, told: Sequence[Taken], totals: Sequence[Totals] | None) -> None:
        if totals is None:
            # Should they have been heard after all, they count twice: at worst a tenth of a second's worth.
            for taken in told:
                self._tell_later(taken.caller, taken.window, taken.units)
            return
        for taken, total in zip(told, totals, strict=True):
            known = self._callers.get(taken.caller)
            if known is not None and known.window == taken.window:
                known.now, known.before = total.now + known.untold, total.before
            elif known is not None and known.window == taken.window + 1:
                known.before = total.now

    def _tell_later(self, caller: str, window: int, units: int) -> None:
        if units:
            self._late[caller, window] = self._late.get((caller, window), 0) + units

    def _known(self, caller: str, window: int) -> _Caller:
        if self._ledger is not None:
            self._touched[caller] = None
        known = self._callers.get(caller)
        if known is None:
            if len(self._callers) >= self._most:
                self._make_room(window)
            known = self._callers[caller] = _Caller(window)
        elif known.window != window:
            if self._ledger is not None:
                self._tell_later(caller, known.window, known.untold)
            known.before = known.now if known.window == window - 1 else 0
            known.window, known.now, known.untold = window, 0, 0
        return known

    def _make_room(self, window: int) -> None:
        """Forget who has not asked for long; where all have asked lately, whoever has been here longest."""
        if self._swept != window:  # once a window: looking at everybody takes milliseconds
            self._swept = window
            self._callers = {name: each for name, each in self._callers.items() if each.window >= window - 1}
        while len(self._callers) >= self._most:
            del self._callers[next(iter(self._callers))]

    def _wait(self, known: _Caller, units: int, limit: int, covered: float) -> float:
        room = limit - units - known.now
        if room >= 0:  # as soon as enough of the window before is no longer covered
            return (covered - room / known.before) * self._seconds
        share = max(0, limit - units) / known.now if known.now else 1.0  # of this one, once the next has begun
        return (covered + 1.0 - min(share, 1.0)) * self._seconds
