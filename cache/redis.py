"""The tier that processes and machines share. Needs the extra ``circuit-court[redis]``.

Redis only ever makes answers faster. One that is down, slow or full costs a caller at most ``bound`` seconds, once:
after a failure the tier rests for ``rest`` seconds, in which every call is skipped at no cost.
"""

import struct
import time
from collections import Counter
from collections.abc import Callable

from cache.bounded import BoundedRedis
from cache.entry import Entry

# Format of a value: this byte, the instant as a big-endian double, the answer. Another format gets another byte.
_FORMAT = b"\x01"
_HEAD = struct.Struct(">cd")
_CONNECTIONS = 16


class RedisTier:
    """Entries in Redis, under ``prefix``; expired by Redis itself."""

    def __init__(
        self,
        url: str,
        *,
        prefix: bytes = b"circuit:",
        bound: float = 0.05,
        rest: float = 5.0,
        max_value_bytes: int = 1 << 20,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = BoundedRedis(url, connections=_CONNECTIONS, bound=bound, rest=rest, clock=clock)
        self._prefix = prefix
        self._max_value_bytes = max_value_bytes
        self._counts: Counter[str] = Counter(redis_unreadable=0, redis_too_large=0)

    async def get(self, key: bytes) -> Entry | None:
        """The entry, or ``None`` when it is absent, unreadable, or Redis does not answer within the bound."""
        stored = await self._redis.ask(lambda: self._redis.client.get(self._prefix + key))
        if stored is None:
            return None
        entry = _decode(stored)
        if entry is None:
            self._counts["redis_unreadable"] += 1
        return entry

    async def put(self, key: bytes, entry: Entry, keep: float) -> None:
        """Keep the entry for ``keep`` seconds; a value above the size limit is not sent, and counted."""
        if len(entry.value) > self._max_value_bytes:
            self._counts["redis_too_large"] += 1
            return
        milliseconds = max(1, round(keep * 1000))
        await self._redis.ask(lambda: self._redis.client.set(self._prefix + key, _encode(entry), px=milliseconds))

    def counts(self) -> dict[str, int]:
        """Calls that failed, that were skipped while resting, and values unreadable or too large to send."""
        return {**self._redis.counts, **self._counts}

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.close()


def _encode(entry: Entry) -> bytes:
    return _HEAD.pack(_FORMAT, entry.at) + entry.value


def _decode(stored: object) -> Entry | None:
    if not isinstance(stored, bytes) or len(stored) < _HEAD.size:
        return None
    form, at = _HEAD.unpack_from(stored)
    return Entry(stored[_HEAD.size :], at) if form == _FORMAT else None
