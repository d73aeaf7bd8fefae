"""The provider's public keys, fetched: its discovery document, then the key set that this names. Bounded throughout."""

import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

MOST_BYTES: Final = 262_144
MOST_KEYS: Final = 100
WELL_KNOWN: Final = "/.well-known/openid-configuration"
RSA_BITS: Final = range(2_048, 8_193)
_PUBLIC: Final = ("kty", "kid", "use", "alg", "key_ops", "n", "e", "crv", "x", "y")

Key = RSAKey | ECKey | OKPKey


class NotFetched(Exception):
    """The keys could not be had. ``str()`` is for the operator's log, and names what was wrong with which address."""


async def fetch_keys(issuer: str, seconds: float) -> tuple[Key, ...]:
    """The keys that the issuer signs with now. Raises :class:`NotFetched`."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    # No cookies, no proxies of the environment, nothing unpacked: as little as a client can do.
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(timeout=timeout, cookie_jar=jar, auto_decompress=False) as session:
        discovered = await _object(session, issuer.rstrip("/") + WELL_KNOWN)
        if discovered.get("issuer") != issuer:
            raise NotFetched("the discovery document is that of another issuer; correct oidc.issuer")
        keys = keys_of(await _object(session, _safe(discovered.get("jwks_uri"), issuer)))
    if not keys:
        raise NotFetched("the provider's key set holds no public key for signatures that can be used")
    return keys


def keys_of(document: Mapping[str, Any]) -> tuple[Key, ...]:
    """The usable keys of a key set (RFC 7517): public, for signatures, of a decent size; others are passed over."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise NotFetched("the provider's key set has no list of keys")
    return tuple(key for each in listed[:MOST_KEYS] if isinstance(each, dict) and (key := _key(each)))


def _key(said: Mapping[str, Any]) -> Key | None:
    if said.get("use", "sig") != "sig" or "verify" not in said.get("key_ops", ("verify",)):
        return None
    try:
        key = import_key({name: said[name] for name in _PUBLIC if name in said})
    except (JoseError, ValueError, TypeError):
        return None
    if isinstance(key, RSAKey):
        return key if key.public_key.key_size in RSA_BITS else None
    return key if isinstance(key, ECKey | OKPKey) else None


def _safe(address: object, issuer: str) -> str:
    """An https address, or one on this machine where the issuer is there."""
    if isinstance(address, str):
        parts = urlsplit(address)
        # Whoever may name the issuer has said that plain HTTP is good enough on this very host.
        if parts.hostname and (parts.scheme == "https" or _origin(address) == _origin(issuer)):
            return address
    raise NotFetched("the discovery document names no https address of a key set")


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


async def _object(session: aiohttp.ClientSession, address: str) -> dict[str, Any]:
    try:
        async with session.get(
            address, allow_redirects=False, headers={"Accept": "application/json", "Accept-Encoding": "identity"}
        ) as response:
            if response.status != 200:
                raise NotFetched(f"{address} answered {response.status}")
            body = await _bounded(response, address)
    except (aiohttp.ClientError, ssl.SSLError, OSError, TimeoutError, ValueError) as error:
        raise NotFetched(f"{address} cannot be read ({type(error).__name__})") from None
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise NotFetched(f"{address} did not answer with a JSON object")
    return value


async def _bounded(response: aiohttp.ClientResponse, address: str) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            raise NotFetched(f"{address} answered more than {MOST_BYTES:,} bytes")
    return bytes(body)
