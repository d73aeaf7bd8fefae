"""How long a partner is borne with: tries, the pauses between them, and the deadlines of a page and of a reading.

A page is one answer with all its tries and waits, or a megabyte of a streamed one. Every error of time names the
setting that it comes from. Only questions are sent, so that any of them may be sent again.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

import msgspec

from connectors.errors import PartnerUnavailable
from connectors.faults import Faults
from connectors.traffic import Meter

_T = TypeVar("_T")
_LONGEST_PAUSE: Final = 30.0
_MEGABYTE: Final = 1_000_000


class Passing(Exception):
    """Another try may help. ``retry_after``: seconds that the server asked to wait; ``key``: the setting at fault."""

    def __init__(self, cause: str, retry_after: float | None = None, key: str | None = None) -> None:
        super().__init__(cause)
        self.retry_after = retry_after
        self.key = key


class _Deadline(msgspec.Struct, frozen=True):
    at: float
    what: str
    key: str


class Patience:
    """The limits of one partner's declaration, applied."""

    def __init__(self, faults: Faults, meter: Meter, clock: Callable[[], float]) -> None:
        self._faults = faults
        self._declared = faults.declaration
        self._meter = meter
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """Starts the time budget of a reading anew."""
        budget = self._declared.time_budget
        self._reading = _Deadline(self._clock() + budget, f"it was not read within its {budget:g} s", "time_budget")

    async def until_done(self, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """Tries until it works, the tries are used up, the wait would be too long or the page's time is over."""
        deadline, tries = self._deadline(self._declared.page_budget), 0
        async with self._within(deadline):
            while True:
                try:
                    return await attempt()
                except Passing as failure:
                    await self._pause(failure, tries, deadline)
                    tries += 1

    async def timely(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same chunks, each megabyte of them within a page's time; that of whoever uses them does not count."""
        left, size = self._declared.page_budget, 0
        while True:
            asked_at = self._clock()
            async with self._within(self._deadline(left)):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            left, size = left - (self._clock() - asked_at), size + len(chunk)
            if size >= _MEGABYTE:
                left, size = self._declared.page_budget, 0
            yield chunk

    def _deadline(self, seconds: float) -> _Deadline:
        """The page's, ``seconds`` from now, unless the reading's comes first."""
        budget = self._declared.page_budget
        what = f"a page of it was not read within {budget:g} s, tries and waits included"
        page = _Deadline(self._clock() + seconds, what, "page_budget")
        return min(page, self._reading, key=lambda deadline: deadline.at)

    @asynccontextmanager
    async def _within(self, deadline: _Deadline) -> AsyncIterator[None]:
        if self._clock() >= deadline.at:
            raise self._late(deadline)
        try:
            async with asyncio.timeout_at(deadline.at) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise self._late(deadline) from None

    async def _pause(self, failure: Passing, tries: int, deadline: _Deadline) -> None:
        declared, wait, retry_at = self._declared, failure.retry_after, None
        if wait is not None:
            retry_at = datetime.now(UTC) + timedelta(seconds=wait)
            if wait > declared.retry_after_limit:
                raise self._faults.unavailable(
                    f"it {failure} and asks to be left alone until {retry_at:%Y-%m-%d %H:%M} UTC", retry_at
                )
        if tries >= declared.retries:
            raise self._given_up(failure, tries + 1, retry_at)
        if wait is None:
            # Full jitter, so that hubs that failed together do not come back together.
            wait = random.uniform(0, min(_LONGEST_PAUSE, declared.retry_pause * 2**tries))  # noqa: S311
        if self._clock() + wait >= deadline.at:
            raise self._late(deadline, retry_at)
        with self._meter.pausing():
            await asyncio.sleep(wait)

    def _given_up(self, failure: Passing, tries: int, retry_at: datetime | None) -> PartnerUnavailable:
        times = f"{tries} times" if tries > 1 else "once"
        remedy = f"try again later or raise {self._declared.setting(failure.key)}" if failure.key else "try again later"
        return self._faults.unavailable(f"it {failure} ({times}); {remedy}", retry_at)

    def _late(self, deadline: _Deadline, retry_at: datetime | None = None) -> PartnerUnavailable:
        key = self._declared.setting(deadline.key)
        return self._faults.unavailable(f"{deadline.what}; try again later or raise {key}", retry_at)
