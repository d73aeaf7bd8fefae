"""The audit log as the hub writes it: mutations before and after they are run, refused attempts in batches.

A mutation that cannot be written down is not run. A refused attempt is remembered and written within a second; beyond
so many a minute they are counted together, so that nobody can fill the store by being refused.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from directory.records import now
from directory.store import audit
from directory.store.audit import Entry, Kind
from directory.store.database import Database
from directory.store.errors import StoreError
from gateway.settings_access import Auditing

if TYPE_CHECKING:
    from gateway.door import Notes

MINUTE: Final = timedelta(minutes=1)
MOST_GROUPS: Final = 20  # counters of what is not written singly; the rest has one together

log = structlog.get_logger()

_Group = tuple[str, str, str | None]  # door, outcome, key


class Trail:
    """Writes the log. ``refused`` may be called anywhere and at any rate; ``write`` once a second and at the end."""

    def __init__(self, database: Database, policy: Auditing, *, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._policy = policy
        self._clock = clock
        self._waiting: list[Entry] = []
        self._counted: Counter[_Group] = Counter()
        self._minute: datetime | None = None
        self._singly = 0

    def refused(self, door: str, outcome: str, notes: "Notes") -> None:
        """Remember a refused attempt."""
        at = self._clock()
        if self._minute is None or at - self._minute >= MINUTE:
            self._end_minute(at)
        who = notes.who
        key = who.prefix if who else notes.claimed
        if self._singly >= self._policy.refusals_a_minute:
            group = (door, outcome, key)
            is_new = group not in self._counted and len(self._counted) >= MOST_GROUPS
            self._counted[(door, outcome, None) if is_new else group] += 1
            return
        self._singly += 1
        entry = Entry(
            kind=Kind.REFUSED,
            at=at,
            door=door,
            key=key,
            subject=who.subject if who else None,
            role=who.role.value if who else None,
            field=",".join(sorted(notes.forbidden)) or None,
            outcome=outcome,
            request_id=notes.request_id,
        )
        self._waiting.append(entry)

    async def begin(self, entries: Sequence[Entry]) -> list[int]:
        """Write down what is about to be done; the entries' numbers. Raises :class:`StoreError`."""
        async with self._database.writing() as connection:
            return await audit.append(connection, entries)

    async def end(self, entries: Sequence[Entry]) -> None:
        """Write down what has become of it, or tell the operator's log where the store is away."""
        try:
            async with self._database.writing() as connection:
                await audit.append(connection, entries)
        except StoreError as error:
            told = [(entry.of, entry.outcome) for entry in entries]
            log.error("audit.outcome_not_written", outcomes=told, problem=str(error))

    async def write(self) -> None:
        """Write what is remembered; what cannot be written now is kept for the next time, within bounds."""
        if self._minute is not None and self._clock() - self._minute >= MINUTE:
            self._end_minute(self._clock())
        entries, self._waiting = self._waiting, []
        if not entries:
            return
        try:
            async with self._database.writing() as connection:
                await audit.append(connection, entries)
        except StoreError as error:
            log.warning("audit.refusals_not_written", entries=len(entries), problem=str(error))
            self._waiting = [*entries, *self._waiting][: 2 * self._policy.refusals_a_minute]

    async def finish(self) -> None:
        """Write everything, the counts of a minute that has not ended included."""
        self._end_minute(self._clock())
        await self.write()

    async def prune(self) -> None:
        """Drop what is kept no longer."""
        before = self._clock() - timedelta(days=self._policy.keep_days)
        try:
            async with self._database.writing() as connection:
                await audit.prune(connection, before=before, most_refusals=self._policy.most_refusals)
        except StoreError as error:
            log.warning("audit.not_pruned", problem=str(error))

    def _end_minute(self, at: datetime) -> None:
        for (door, outcome, key), times in self._counted.items():
            counted = Entry(kind=Kind.REFUSED, at=self._minute or at, door=door, key=key, outcome=outcome, times=times)
            self._waiting.append(counted)
        self._counted.clear()
        self._minute, self._singly = at, 0
