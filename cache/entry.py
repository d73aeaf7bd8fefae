"""What the tiers hold and what the cache answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

Load = Callable[[], Awaitable[bytes]]
"""Makes the answer when nobody has it. What it raises is raised to everyone who waits, and nothing is kept."""


class Fleeting(bytes):
    """An answer to give and not to keep: a load returns one when the next caller must try again (it holds errors)."""


class Entry(NamedTuple):
    """A kept answer. ``at`` is when it was made, in seconds since 1970: tiers are shared by machines, so wall time."""

    value: bytes
    at: float


class State(StrEnum):
    """Where an answer came from."""

    HIT = "HIT"  # kept and fresh
    STALE = "STALE"  # kept and past its freshness; a newer one is being made behind
    MISS = "MISS"  # made for this caller
    JOINED = "JOINED"  # made for another caller who asked first


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes asked for. ``age`` is in seconds, 0 when they were made just now."""

    value: bytes
    state: State
    age: float = 0.0


class SharedTier(Protocol):
    """A tier that several processes share. It never raises for being down: it answers ``None`` and counts."""

    async def get(self, key: bytes) -> Entry | None:
        """The entry, or ``None`` when it is absent or the tier does not answer in time."""

    async def put(self, key: bytes, entry: Entry, keep: float) -> None:
        """Keep the entry for ``keep`` seconds."""

    def counts(self) -> dict[str, int]:
        """What happened so far, by name."""

    async def close(self) -> None:
        """Let go of connections."""
