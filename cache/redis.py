"""The tier that processes and machines share. Needs the extra ``circuit-court[redis]``.

Redis only ever makes answers faster. One that is down, slow or full costs a caller at most ``bound`` seconds, once:
after a failure the tier rests for ``rest`` seconds, in which every call is skipped at no cost.
"""

import asyncio
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

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
        # One try only: the caller is waiting, and making the answer is the better second try.
        pool = BlockingConnectionPool.from_url(
            url, max_connections=_CONNECTIONS, timeout=bound, socket_connect_timeout=bound, retry=Retry(NoBackoff(), 0)
        )
        self._redis = Redis.from_pool(pool)
        self._prefix = prefix
        self._bound = bound
        self._rest = rest
        self._max_value_bytes = max_value_bytes
        self._clock = clock
        self._resting_until = float("-inf")
        self._counts: Counter[str] = Counter(redis_failed=0, redis_skipped=0, redis_unreadable=0, redis_too_large=0)

    async def get(self, key: bytes) -> Entry | None:
        """The entry, or ``None`` when it is absent, unreadable, or Redis does not answer within the bound."""
        stored = await self._ask(lambda: self._redis.get(self._prefix + key))
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
        await self._ask(lambda: self._redis.set(self._prefix + key, _encode(entry), px=milliseconds))

    def counts(self) -> dict[str, int]:
        """Calls that failed, that were skipped while resting, and values unreadable or too large to send."""
        return dict(self._counts)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _ask(self, call: Callable[[], Awaitable[object]]) -> object | None:
        if self._clock() < self._resting_until:
            self._counts["redis_skipped"] += 1
            return None
        try:
            async with asyncio.timeout(self._bound):
                return await call()
        except (RedisError, OSError):  # TimeoutError is an OSError
            self._counts["redis_failed"] += 1
            self._resting_until = self._clock() + self._rest
            return None


def _encode(entry: Entry) -> bytes:
    return _HEAD.pack(_FORMAT, entry.at) + entry.value


def _decode(stored: object) -> Entry | None:
    if not isinstance(stored, bytes) or len(stored) < _HEAD.size:
        return None
    form, at = _HEAD.unpack_from(stored)
    return Entry(stored[_HEAD.size :], at) if form == _FORMAT else None
