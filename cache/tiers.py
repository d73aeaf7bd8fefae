"""The cache: memory, then the shared tier, then the load; once for all who ask together; stale served while renewed."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from cache.entry import Answer, Entry, Fleeting, Load, SharedTier, State
from cache.flight import SingleFlight
from cache.memory import MemoryTier


@dataclass(frozen=True, slots=True)
class _Lease:
    """How old an entry may be, in seconds: fresh up to ``fresh``, then stale for ``stale`` more, then gone."""

    fresh: float
    stale: float

    @property
    def keeps(self) -> bool:
        return self.fresh + self.stale > 0

    def state(self, age: float) -> State | None:
        if age < self.fresh:
            return State.HIT
        return State.STALE if age < self.fresh + self.stale else None


class Cache:
    """Answers kept in memory and, where there is one, in a shared tier.

    To make an answer may take ``patience`` seconds: whoever waits for it longer is told (TimeoutError).
    """

    def __init__(
        self,
        memory: MemoryTier,
        shared: SharedTier | None = None,
        *,
        patience: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._patience = patience
        self._memory = memory
        self._shared = shared
        self._clock = clock
        self._flights: SingleFlight[Answer] = SingleFlight()
        self._behind: dict[bytes, asyncio.Task[None]] = {}
        self._writes: set[asyncio.Task[None]] = set()
        self._counts: Counter[str] = Counter({**{state.lower(): 0 for state in State}, "refresh_failed": 0})

    async def get(self, key: bytes, load: Load, *, fresh: float, stale: float) -> Answer:
        """The answer under ``key``, made by ``load`` where nobody has it.

        ``fresh`` seconds long it is given as it is; for ``stale`` seconds more it is given at once and made anew
        behind; after that the caller waits. Whatever ``load`` raises comes out here.
        """
        lease = _Lease(fresh, stale)
        if not lease.keeps:  # nothing is kept, and nobody waits for another's making
            self._counts[State.MISS.lower()] += 1
            return Answer(await load(), State.MISS)
        answer = self._kept(key, lease) or await self._join(key, load, lease)
        if answer.state is State.STALE:
            self._renew_behind(key, load, lease)
        self._counts[answer.state.lower()] += 1
        return answer

    def counts(self) -> dict[str, int]:
        """Everything that happened so far, by name: answers a state, failed refreshes, and what the tiers say."""
        shared = self._shared.counts() if self._shared else {}
        return {**self._counts, **self._memory.counts(), **shared}

    async def close(self) -> None:
        """Stop what runs behind and let go of the shared tier; kept answers are forgotten with the object."""
        running = [*self._behind.values(), *self._writes]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._shared:
            await self._shared.close()

    def _kept(self, key: bytes, lease: _Lease) -> Answer | None:
        entry = self._memory.get(key)
        if entry is None:
            return None
        answer = self._answer(entry, lease)
        if answer is None:
            self._memory.drop(key)
        return answer

    def _answer(self, entry: Entry, lease: _Lease) -> Answer | None:
        age = max(0.0, self._clock() - entry.at)  # another machine's clock may be ahead of ours
        state = lease.state(age)
        return Answer(entry.value, state, age) if state else None

    async def _join(self, key: bytes, load: Load, lease: _Lease, *, worst: State = State.STALE) -> Answer:
        answer, made_here = await self._flights.run(key, lambda: self._in_time(key, load, lease, worst))
        if answer.state is State.MISS and not made_here:
            return Answer(answer.value, State.JOINED)
        return answer

    async def _in_time(self, key: bytes, load: Load, lease: _Lease, worst: State) -> Answer:
        # Those who wait for it have deadlines of their own, and leave one after another: it must end by itself, too.
        async with asyncio.timeout(self._patience):
            return await self._shared_or_load(key, load, lease, worst)

    async def _shared_or_load(self, key: bytes, load: Load, lease: _Lease, worst: State) -> Answer:
        entry = await self._shared.get(key) if self._shared else None
        answer = self._answer(entry, lease) if entry else None
        if entry and answer and answer.state in (State.HIT, worst):
            self._memory.put(key, entry)
            return answer
        value = await load()
        if not isinstance(value, Fleeting):
            self._keep(key, Entry(value, self._clock()), lease)
        return Answer(value, State.MISS)

    def _keep(self, key: bytes, entry: Entry, lease: _Lease) -> None:
        self._memory.put(key, entry)
        if self._shared:
            write = asyncio.create_task(self._shared.put(key, entry, lease.fresh + lease.stale))
            self._writes.add(write)
            write.add_done_callback(self._writes.discard)

    def _renew_behind(self, key: bytes, load: Load, lease: _Lease) -> None:
        if key not in self._behind:
            task = asyncio.create_task(self._renew(key, load, lease))
            self._behind[key] = task
            task.add_done_callback(lambda _: self._behind.pop(key, None))

    async def _renew(self, key: bytes, load: Load, lease: _Lease) -> None:
        try:
            # A stale entry of the shared tier will not do: that is what we already have.
            await self._join(key, load, lease, worst=State.HIT)
        except Exception:
            # The stale answer stays good until its lease ends; then a caller meets the error itself.
            self._counts["refresh_failed"] += 1
