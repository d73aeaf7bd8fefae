"""At most so many requests a second to one host, by all transports of this process together.

The limiter is aiolimiter's leaky bucket. A tenth of a second's worth of requests may go at once, and one always may: a
server that counts by the second never sees more than a tenth above the rate that was declared for it, and below 20
requests a second no more than that rate.
"""

import asyncio
from typing import Final

from aiolimiter import AsyncLimiter
from cachetools import LRUCache
from msgspec import Struct
from yarl import URL

_MOST_HOSTS: Final = 1_024
_BURST_SECONDS: Final = 0.1


class _Host(Struct, frozen=True):
    rate: float
    limiter: AsyncLimiter


class Hosts:
    """The hosts that are spoken to, for each event loop: limiters do not cross loops."""

    def __init__(self, most: int = _MOST_HOSTS) -> None:
        self._most = most
        self._loops: dict[asyncio.AbstractEventLoop, LRUCache[tuple[str, int], _Host]] = {}

    def limiter(self, url: URL, rate: float) -> AsyncLimiter:
        """The limiter of the address's host and port; the lowest rate that anyone declared for it holds."""
        hosts, key = self._hosts(), ((url.host or "").rstrip("."), url.port or 0)
        known = hosts.get(key)
        if known is None or rate < known.rate:
            burst = max(1.0, rate * _BURST_SECONDS)
            known = hosts[key] = _Host(rate, AsyncLimiter(burst, burst / rate))
        return known.limiter

    def _hosts(self) -> "LRUCache[tuple[str, int], _Host]":
        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            self._loops = {known: hosts for known, hosts in self._loops.items() if not known.is_closed()}
            self._loops[loop] = LRUCache(self._most)
        return self._loops[loop]


SHARED: Final = Hosts()
