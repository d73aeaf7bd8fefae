"""One reader a process: what is new in the store, read once and passed on to every subscriber.

The store's log of changes is the truth, whoever wrote it: each process reads on in it when the revision has moved,
which the hub looks at every second anyway, or when another process says so (:mod:`gateway.waking`). With no subscriber
nothing is read, and with a thousand no more than with one.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from directory.disclosure import Role
from directory.records import ChangeKind
from directory.search.engine import Snapshot
from directory.search.passing import Passing
from directory.search.query import SearchQuery
from directory.search.sifting import Moved, Sifted, Sifting
from directory.store.errors import StoreError
from directory.store.news import seq_of
from directory.store.reading import PartnerState, Reader, StoredSupplier, SupplierChange
from gateway.subscriptions.subscriber import Subscriber
from schema.context import SupplierNews
from schema.errors import Code, NotFollowed

BATCH: Final = 250
LOOK_SECONDS: Final = 1.0  # between two looks at how partners answer, which no revision tells
TAKE_SECONDS: Final = 1.0  # for subscribers to take one batch of a long log before the next one comes
# Every distinct filter is asked of every batch, a millisecond each; callers without a key have half of them.
MOST_FILTERS: Final = 400
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEW: Final = frozenset({ChangeKind.CREATED, ChangeKind.SPLIT})

log = structlog.get_logger()

Suppliers = Subscriber[SupplierNews]
Partners = Subscriber[list[PartnerState]]


class Feed:
    """Reads what is new and passes it on, as long as :meth:`run` does. ``pending`` events may wait a subscriber."""

    def __init__(self, reader: Reader, index: Callable[[], Snapshot | None], pending: int) -> None:
        self._reader, self._index, self._pending = reader, index, pending
        self._suppliers: dict[Suppliers, SearchQuery | None] = {}
        self._questions: Counter[SearchQuery] = Counter()
        self._partners: set[Partners] = set()
        self._place = 0
        self._sifting = Sifting(0)
        self._states: list[PartnerState] = []
        self._woken, self._taken = asyncio.Event(), asyncio.Event()
        self._is_over = False
        self._reading = asyncio.Lock()

    # Subscribers

    async def follow_suppliers(self, question: SearchQuery | None) -> Suppliers:
        """Every change that is written from now on. Raises InvalidQuery, NotFollowed, StoreError."""
        async with self._reading:
            if not self._suppliers:
                self._place = await self._reader.newest_change()
                self._sifting = Sifting(self._place)
                self._rest_on_index()
            if question is not None:
                self._check_room(question)
                await asyncio.to_thread(self._sifting.join, question)
                self._questions[question] += 1
            subscriber = Suppliers(self._pending, self._taken)
            self._suppliers[subscriber] = question
        return subscriber

    async def follow_partners(self) -> Partners:
        """The states of all partners: now, and whenever one has changed. Raises StoreError."""
        subscriber = Partners(1, self._taken)
        async with self._reading:
            self._states = await self._reader.partners()
            subscriber.put_instead(self._states)
            self._partners.add(subscriber)
        return subscriber

    def forget(self, subscriber: Subscriber[Any]) -> None:
        """Tell it nothing more."""
        subscriber.close()
        self._partners.discard(subscriber)
        question = self._suppliers.pop(subscriber, None)
        if question is not None:
            self._questions[question] -= 1
            if not self._questions[question]:
                del self._questions[question]
                self._sifting.leave(question)

    def _check_room(self, question: SearchQuery) -> None:
        of_public = sum(each.role is Role.PUBLIC for each in self._questions)
        is_full = len(self._questions) >= MOST_FILTERS
        is_full = is_full or (question.role is Role.PUBLIC and of_public >= MOST_FILTERS // 2)
        if is_full and question not in self._questions:
            sentence = "So many filters are followed here that no other one can be; follow without `where`, or wait."
            raise NotFollowed(Code.TOO_MANY, sentence)

    # Reading

    def wake(self) -> None:
        """Something may have happened: look at once."""
        self._woken.set()

    def end(self) -> None:
        """Let :meth:`run` come to its end."""
        self._is_over = True
        self._woken.set()

    async def run(self) -> None:
        """Look whenever woken, and each second at partners if somebody follows them, until the end."""
        while not self._is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            is_woken = self._woken.is_set()
            self._woken.clear()
            if not await self._look(is_woken) and not self._is_over:
                await asyncio.sleep(LOOK_SECONDS)
                self._woken.set()  # what could not be read now is still to be read

    async def _look(self, is_woken: bool) -> bool:
        """Whether what there was to read could be read."""
        try:
            if self._suppliers:
                self._rest_on_index()
            if is_woken:
                await self._read_on()
            if self._partners:
                await self._look_at_partners()
        except StoreError:
            return False  # the hub says so
        except Exception:
            # Whatever it was, the next look must come: a feed that stops looking is silent for ever.
            log.exception("feed.failed")
            return False
        return True

    async def _read_on(self) -> None:
        while self._suppliers and not self._is_over:
            async with self._reading:
                changes = await self._reader.changes(_EVER, self._place, BATCH)
                if changes:
                    await self._pass_on(changes)
                    self._place = changes[-1].seq
            if len(changes) < BATCH:
                return
            await self._until_taken()

    async def _pass_on(self, changes: Sequence[SupplierChange]) -> None:
        moved = _moved(changes)
        numbers = sorted(moved)
        stored = dict(zip(numbers, await self._reader.suppliers(numbers), strict=True))
        sifted = await asyncio.to_thread(self._sift, moved, stored)
        for subscriber, question in list(self._suppliers.items()):
            subscriber.put(_news(changes, stored, None if question is None else sifted[question]))

    def _sift(
        self, moved: Mapping[int, Moved], stored: Mapping[int, StoredSupplier | None]
    ) -> dict[SearchQuery, Sifted]:
        there = [each for number, each in stored.items() if each and each.supplier.id == number]
        if not self._questions:
            there = []  # nobody asks which of them
        return self._sifting.sift(moved, Passing((each.supplier, each.updated_at) for each in there))

    def _rest_on_index(self) -> None:
        snapshot = self._index()
        if snapshot is not None and (seq := seq_of(snapshot.meta.mark)) is not None:
            self._sifting.rest_on(snapshot, seq)

    async def _until_taken(self) -> None:
        """A long log is read no faster than those who listen can take it; whoever takes nothing is not waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(TAKE_SECONDS):
                while any(each.room < BATCH for each in self._suppliers):
                    self._taken.clear()
                    await self._taken.wait()

    async def _look_at_partners(self) -> None:
        async with self._reading:
            states = await self._reader.partners()
            if states != self._states:
                self._states = states
                for subscriber in list(self._partners):
                    subscriber.put_instead(states)


def _moved(changes: Sequence[SupplierChange]) -> dict[int, Moved]:
    """Each supplier that has changed, its last change, and whether its first one here made it."""
    moved: dict[int, Moved] = {}
    for change in changes:
        known = moved.get(change.supplier_id)
        moved[change.supplier_id] = Moved(change.seq, known.is_new if known else change.kind in _NEW)
    return moved


def _news(
    changes: Sequence[SupplierChange], stored: Mapping[int, StoredSupplier | None], sifted: Sifted | None
) -> list[SupplierNews]:
    """What of these there is to tell; without a question, all of it."""
    told = []
    for change in changes:
        number = change.supplier_id
        found = stored[number]
        is_there = found is not None and found.supplier.id == number
        if sifted is None or number in sifted.now or number in sifted.before:
            is_found = is_there if sifted is None else number in sifted.now
            told.append(SupplierNews(change=change, stored=found, is_found=is_found))
    return told
