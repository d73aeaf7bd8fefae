"""Who asks: roles by API key. ``Authorization: Bearer cc_<prefix>_<secret>``; without the header a caller is public.

A provider's token in the same place is for :mod:`gateway.openid`, where one is set.

A key's secret is 256 random bits, so the store keeps a plain BLAKE2b digest of it. Slow hashes (argon2, scrypt) make
guessing a *person's* password dear; nobody guesses 256 bits, and a slow hash at each request would only let anyone
spend our processor with wrong keys. A server-side pepper would protect against nothing more, and could be lost.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import structlog
from cachetools import TTLCache
from sqlalchemy.exc import IntegrityError

from directory.disclosure import Role
from directory.records import now
from directory.store import keys
from directory.store.database import Database
from directory.store.errors import StoreError
from gateway.errors import KeyNotMade, KeyRefused

# A revoked key is refused within a second in every process; the rest of the second is for the look-up itself.
REMEMBERED_SECONDS: Final = 0.9
REMEMBERED_KEYS: Final = 1024

log = structlog.get_logger()

_TOKEN = re.compile(r"cc_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
_PREFIX_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_NO_HASH = "0" * 64


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a key proves its bearer to be; without a key, the public.

    ``partner`` is set for a key that speaks for one partner; ``prefix`` is the key's public part, ``name`` its label,
    ``line`` what is kept under it whatever replaces it. A provider's token has a ``subject`` and no prefix. ``scopes``
    narrow the role, ``None`` does not; ``origins`` are those of the pages that may show the key, all when it is empty.
    """

    role: Role = Role.PUBLIC
    partner: str | None = None
    name: str | None = None
    prefix: str | None = None
    line: str | None = None
    subject: str | None = None
    scopes: frozenset[str] | None = None
    origins: tuple[str, ...] = ()


class Tokens(Protocol):
    """Reads tokens that somebody else has issued."""

    async def identify(self, token: str) -> Identity:
        """Whom it proves. Raises :class:`KeyRefused`; :class:`~gateway.errors.RequestRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. ``token`` is shown once: it is kept nowhere."""

    prefix: str
    secret: str = field(repr=False)

    @property
    def token(self) -> str:
        """What its bearer sends."""
        return f"cc_{self.prefix}_{self.secret}"


async def create_key(
    database: Database,
    *,
    role: Role,
    name: str,
    partner: str | None = None,
    origins: Sequence[str] = (),
    scopes: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    at: datetime | None = None,
) -> NewKey:
    """Make a key and keep its digest. Raises :class:`KeyNotMade` for a role that needs none or an unknown partner."""
    if role is Role.PUBLIC:
        raise KeyNotMade("A public caller needs no key; choose the role PARTNER, BUYER or STEWARD.")
    if role is Role.PARTNER and partner is None:
        raise KeyNotMade("A key of role PARTNER speaks for one partner; say which.")
    made = new_key()
    try:
        async with database.writing() as connection:
            await keys.create(
                connection,
                prefix=made.prefix,
                hash=digest(made.secret),
                role=role.value,
                name=name,
                partner=partner,
                origins=origins,
                scopes=scopes,
                expires_at=expires_at,
                at=at or now(),
            )
    except IntegrityError:
        raise KeyNotMade(
            f"There is no partner « {partner} » in the store; harvest it first or correct its name."
        ) from None
    return made


def new_key() -> NewKey:
    """A key that is kept nowhere yet."""
    prefix = "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(12))
    return NewKey(prefix, secrets.token_urlsafe(32))


def digest(secret: str) -> str:
    """What is kept of a secret: 64 hexadecimal digits."""
    return hashlib.blake2b(secret.encode(), digest_size=32, person=b"circuit-api-key").hexdigest()


class Authenticator:
    """Turns an Authorization header into an :class:`Identity`; remembers good keys for a second."""

    def __init__(self, database: Database, tokens: Tokens | None = None, *, now: Callable[[], datetime] = now) -> None:
        self._database = database
        self._tokens = tokens
        self._now = now
        self._remembered: TTLCache[str, Identity] = TTLCache(REMEMBERED_KEYS, REMEMBERED_SECONDS)
        self._touched: TTLCache[str, bool] = TTLCache(REMEMBERED_KEYS, keys.TOUCH_EVERY.total_seconds())

    async def identify(self, authorization: str | None) -> Identity:
        """Who this header proves.

        Raises :class:`KeyRefused`; :class:`~gateway.errors.RequestRefused` for a token that is good and yet of no use
        now; :class:`~directory.store.errors.StoreError`.
        """
        if authorization is None:
            return Identity()
        token = _bearer(authorization)
        parts = _TOKEN.fullmatch(token)
        if parts is None and self._tokens is not None and "." in token:
            return await self._tokens.identify(token)
        if parts is None:
            raise KeyRefused("This is not an API key of the hub; it has the form cc_<prefix>_<secret>.")
        prefix, hashed = parts[1], digest(parts[2])
        # By the digest, not the prefix alone: a wrong secret must never profit from a right one seen just before.
        known = self._remembered.get(prefix + hashed)
        if known is None:
            known = await self._look_up(prefix, hashed)
            self._remembered[prefix + hashed] = known
        return known

    async def touch(self, identity: Identity) -> None:
        """Note that the key was used; to be called behind the answer. Asks the store once a minute and key."""
        prefix = identity.prefix
        if prefix is None or prefix in self._touched:
            return
        self._touched[prefix] = True
        try:
            async with self._database.writing() as connection:
                await keys.touch(connection, prefix, self._now())
        except StoreError as error:
            log.warning("key.not_touched", problem=str(error))

    async def _look_up(self, prefix: str, hashed: str) -> Identity:
        async with self._database.reading() as connection:
            key = await keys.find(connection, prefix)
        # Compared even when there is no such key, so that the time taken does not tell which prefixes exist.
        if not hmac.compare_digest(key.hash if key else _NO_HASH, hashed) or key is None:
            known = key.prefix if key else None
            raise KeyRefused("This API key is unknown; check it, or leave out the Authorization header.", known)
        if key.revoked_at is not None:
            raise KeyRefused("This API key has been revoked; ask for a new one.", key.prefix)
        if not key.is_in_force(self._now()):
            raise KeyRefused("This API key has expired; ask for a new one.", key.prefix)
        scopes = None if key.scopes is None else frozenset(key.scopes)
        return Identity(Role(key.role), key.partner, key.name, key.prefix, key.line, scopes=scopes, origins=key.origins)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise KeyRefused("Send the API key as « Authorization: Bearer cc_… »; other schemes are not read.")
    return token.strip()
