"""The provider's keys at hand: renewed behind the answers, kept while the provider is away, asked for once at a time.

A token that names a key which is not there may be the first after the provider changed its keys: they are then fetched
again, but not within :data:`PAUSE` of the last time, so that invented names cannot make the hub hammer the provider.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gateway.errors import RequestRefused
from gateway.openid.fetching import Key, NotFetched

PAUSE: Final = 5.0  # seconds between two fetches, whatever is asked
_KINDS: Final = {"RS": RSAKey, "PS": RSAKey, "ES": ECKey, "Ed": OKPKey}

log = structlog.get_logger()


class KeyRing:
    """Keys by name. ``fetch`` gets them anew or raises :class:`~gateway.openid.fetching.NotFetched`.

    They are renewed after ``refresh`` seconds and good for ``keep`` when they cannot be.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[tuple[Key, ...]]],
        *,
        refresh: float,
        keep: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._refresh, self._keep = refresh, max(keep, refresh)
        self._clock = clock
        self._keys: tuple[Key, ...] = ()
        self._fetched_at = self._tried_at = float("-inf")
        self._is_away = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key of this name for this algorithm. Raises :class:`RequestRefused` (503) where nobody can know."""
        age = self._clock() - self._fetched_at
        if age > self._keep:
            self._keys = ()
            await self._renewed()
        elif age > self._refresh:
            self._renewing()
        if not self._keys:
            raise away()
        found = self._named(kid, algorithm)
        if found is None:
            await self._renewed()
            found = self._named(kid, algorithm)
            if found is None and self._is_away:
                raise away()
        return found

    async def close(self) -> None:
        """Give up a fetch that runs."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _named(self, kid: str | None, algorithm: str) -> Key | None:
        kind = _KINDS[algorithm[:2]]
        fitting = [key for key in self._keys if isinstance(key, kind) and key.alg in {None, algorithm}]
        if kid is None:  # good where there is no choice (OpenID Connect Core, section 10.1)
            return fitting[0] if len(fitting) == 1 else None
        return next((key for key in fitting if key.kid == kid), None)

    async def _renewed(self) -> None:
        if (fetching := self._renewing()) is not None:
            # Shielded: a caller who leaves must not end what others wait for.
            await asyncio.shield(fetching)

    def _renewing(self) -> "asyncio.Task[None] | None":
        """The fetch that runs, begun if it is time for one."""
        if self._fetching is None and self._clock() - self._tried_at >= PAUSE:
            self._tried_at = self._clock()
            self._fetching = asyncio.create_task(self._renew())
        return self._fetching

    async def _renew(self) -> None:
        try:
            self._keys = await self._fetch()
            self._fetched_at, self._is_away = self._clock(), False
        except NotFetched as error:
            self._is_away = True
            log.warning("oidc.keys_not_fetched", problem=str(error))
        finally:
            self._fetching = None


def away() -> RequestRefused:
    """The answer to a token that cannot be checked; where the provider is, is nobody's business."""
    message = "Tokens cannot be checked just now; try again in a few moments, or use an API key."
    return RequestRefused(503, "PROVIDER_UNAVAILABLE", message, {"Retry-After": "10"})
