"""Redis asked within a bound of time, and left alone for a rest after a failure. Needs ``circuit-court[redis]``."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError


class BoundedRedis:
    """One that is down, slow or full costs at most ``bound`` seconds, once: after a failure it rests for ``rest``
    seconds, in which every call is skipped at no cost.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int,
        bound: float = 0.05,
        rest: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # One try only: somebody is waiting, and doing without is the better second try.
        pool = BlockingConnectionPool.from_url(
            url, max_connections=connections, timeout=bound, socket_connect_timeout=bound, retry=Retry(NoBackoff(), 0)
        )
        self.client = Redis.from_pool(pool)
        self._bound = bound
        self._rest = rest
        self._clock = clock
        self._resting_until = float("-inf")
        self.counts: Counter[str] = Counter(redis_failed=0, redis_skipped=0)

    async def ask(self, call: Callable[[], Awaitable[Any]]) -> Any | None:
        """What Redis answers; ``None`` where it says nothing within the bound."""
        if self._clock() < self._resting_until:
            self.counts["redis_skipped"] += 1
            return None
        try:
            async with asyncio.timeout(self._bound):
                return await call()
        except (RedisError, OSError):  # TimeoutError is an OSError
            self.counts["redis_failed"] += 1
            self._resting_until = self._clock() + self._rest
            return None

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()
