"""Sliding windows added up in Redis, so that all processes count together. Needs ``circuit-court[redis]``."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from cache.bounded import BoundedRedis
from cache.window import Taken, Totals

# One script, so that nobody sees a sum half made. KEYS: the window told and the one before, by turns; ARGV: for how
# many milliseconds a count is kept, then the units of each.
_SCRIPT: Final = """
local totals = {}
for i = 1, #KEYS, 2 do
  totals[i] = redis.call('INCRBY', KEYS[i], ARGV[(i + 3) / 2])
  redis.call('PEXPIRE', KEYS[i], ARGV[1])
  totals[i + 1] = tonumber(redis.call('GET', KEYS[i + 1]) or '0')
end
return totals
"""


class RedisLedger:
    """Counts under ``prefix``, each kept until the sliding window has left it behind. It never raises for Redis being
    away: then every process goes on with its own counts, and tells them when it is back.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "circuit:budget:",
        seconds: float = 60.0,
        bound: float = 0.05,
        rest: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = BoundedRedis(url, connections=1, bound=bound, rest=rest, clock=clock)
        self._script = self._redis.client.register_script(_SCRIPT)
        self._prefix = prefix
        self._keep = round(seconds * 3 * 1000)

    async def exchange(self, taken: Sequence[Taken]) -> list[Totals] | None:
        """Add these, and tell the totals of each; ``None`` where Redis does not answer within the bound."""
        keys = [f"{self._prefix}{each.caller}:{each.window - back}" for each in taken for back in (0, 1)]
        arguments = [self._keep, *(each.units for each in taken)]
        totals = await self._redis.ask(lambda: self._script(keys, arguments))
        if totals is None:
            return None
        return [Totals(max(0, now), max(0, before)) for now, before in zip(totals[::2], totals[1::2], strict=True)]

    def counts(self) -> dict[str, int]:
        """Exchanges that failed, and that were skipped while Redis was left alone."""
        return dict(self._redis.counts)

    async def close(self) -> None:
        """Close the connection."""
        await self._redis.close()
