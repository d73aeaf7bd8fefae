"""When a partner is read next: at its own rhythm, never two partners in step, and seldom where nobody answers. Pure."""

import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from connectors import Declaration
from connectors.breaker import LONGEST_RESPITE, pause_after
from directory.store.timetable import Slot

# Shares of the rhythm: partners that were first read together drift apart.
SPREAD: Final = (0.9, 1.1)
# A partner that is read once a day and was away for a minute is not left out for another day.
AFTER_OUTAGE: Final = timedelta(seconds=60)

NEVER_READ: Final = Slot()


class Ending(Struct, frozen=True):
    """How a reading ended: by an outage of the partner's or not, and when it asked to be read again."""

    is_outage: bool = False
    retry_at: datetime | None = None


def next_reading(every: float, ending: Ending, failures: int, at: datetime, chance: random.Random) -> datetime:
    """When a partner with this rhythm in seconds is due, whose reading ended ``at`` after so many failures in a row.

    After an outage that is soon, then later and later as :func:`connectors.breaker.pause_after` says; after a refusal
    at the rhythm, for somebody must mend something first. Never before the instant that the partner named.
    """
    rhythm = timedelta(seconds=every)
    wait = max(min(rhythm, AFTER_OUTAGE) if ending.is_outage else rhythm, pause_after(failures, None, at))
    asked = pause_after(0, ending.retry_at, at)
    return at + max(wait * chance.uniform(*SPREAD), asked)


def is_due(slot: Slot, every: float, at: datetime) -> bool:
    """Whether to read the partner now. An instant that is further off than any that is ever set was written by a clock
    that has been put right since, or for a rhythm that is no more.
    """
    if slot.paused or slot.is_busy:
        return False
    longest = max(timedelta(seconds=every * SPREAD[1]), LONGEST_RESPITE)
    return slot.due_at is None or slot.due_at <= at or slot.due_at > at + longest


def due(slots: Mapping[str, Slot], declared: Iterable[Declaration], at: datetime) -> list[Declaration]:
    """The partners to read now, in this order: those that were never read, then those that have waited longest."""
    found = [(slots.get(each.name, NEVER_READ), each) for each in declared]
    chosen = [(slot, each) for slot, each in found if is_due(slot, each.every, at)]
    chosen.sort(key=lambda pair: (pair[0].last_attempt_at is not None, pair[0].due_at or at))
    return [each for _, each in chosen]
