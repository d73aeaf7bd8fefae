"""What reads the tokens of one OpenID provider: :class:`~gateway.auth.Tokens`."""

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from cachetools import TTLCache

from directory.records import now
from gateway.auth import REMEMBERED_KEYS, REMEMBERED_SECONDS, Identity
from gateway.openid.claims import identity_of
from gateway.openid.fetching import fetch_keys
from gateway.openid.keys import KeyRing
from gateway.openid.tokens import LONGEST, read, unsigned, verify
from gateway.settings_access import OpenId


class Provider:
    """The provider that the settings name; good tokens are remembered for a second, as keys are."""

    def __init__(
        self,
        policy: OpenId,
        *,
        clock: Callable[[], datetime] = now,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy = policy
        self._clock = clock
        fetch = partial(fetch_keys, policy.issuer or "", policy.deadline_seconds)
        self._keys = KeyRing(fetch, refresh=policy.refresh_seconds, keep=policy.keep_seconds, clock=ticks)
        self._remembered: TTLCache[bytes, Identity] = TTLCache(REMEMBERED_KEYS, REMEMBERED_SECONDS)

    async def identify(self, token: str) -> Identity:
        """Whom the token proves. Raises :class:`KeyRefused`; :class:`~gateway.errors.RequestRefused` (403, 503)."""
        digest = hashlib.blake2b(token[: LONGEST + 1].encode(errors="replace"), digest_size=32).digest()
        known = self._remembered.get(digest)
        if known is None:
            known = await self._proved(token)
            self._remembered[digest] = known
        return known

    async def close(self) -> None:
        """Give up what is being fetched."""
        await self._keys.close()

    async def _proved(self, text: str) -> Identity:
        token = read(text, self._policy)
        key = await self._keys.find(token.kid, token.algorithm)
        if key is None:
            raise unsigned()
        return identity_of(verify(token, key, self._policy, self._clock()), self._policy)
