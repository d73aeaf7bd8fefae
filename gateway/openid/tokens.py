"""A token checked: its form, its signature, and whether its claims mean us, now (RFC 8725, RFC 9068).

Nothing in a token is believed before its signature is, but which key of the provider's it names. What it says of keys
of its own (``jwk``, ``jku``, ``x5u``, ``x5c``) is never looked at.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, deserialize_compact
from joserfc.util import urlsafe_b64decode
from msgspec import Struct

from gateway.errors import KeyRefused
from gateway.openid.fetching import Key
from gateway.settings_access import OpenId

LONGEST: Final = 8_192  # characters; what gateways and servers let through as a header is seldom more
LATEST: Final = 2**53  # seconds; beyond it a float is no whole number any more
LONGEST_SUBJECT: Final = 255  # OpenID Connect Core, section 2
_COMPACT: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_ACCESS: Final = frozenset({"at+jwt", "application/at+jwt"})
_TYPES: Final = _ACCESS | {"jwt", "application/jwt"}


class Token(Struct, frozen=True):
    """A token of the right form; ``text`` is what its bearer sent."""

    text: str
    algorithm: str
    kid: str | None


class _Registry(JWSRegistry):
    """Takes the algorithms it is given and no others, without remarks; unknown header parameters are passed over."""

    max_header_length = max_payload_length = max_signature_length = LONGEST

    def get_alg(self, name: str) -> Any:
        """The algorithm, which :func:`read` has found among those allowed."""
        return self.algorithms[name]


_REGISTRY: Final = _Registry(strict_check_header=False)


def read(text: str, policy: OpenId) -> Token:
    """The token in ``text``, not verified yet. Raises :class:`KeyRefused`."""
    if len(text) > LONGEST:
        raise KeyRefused(f"This token is longer than {LONGEST:,} characters; ask for one with fewer claims.")
    parts = _COMPACT.fullmatch(text)
    header = _object(parts[1]) if parts else None
    if header is None:
        raise KeyRefused("This is neither an API key of the hub (cc_<prefix>_<secret>) nor a signed token (JWT).")
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in policy.algorithms:
        raise KeyRefused("This token is not signed in a way that is taken here; ask the operator which ones are.")
    if "crit" in header or not (kid is None or isinstance(kid, str)):
        raise KeyRefused("This token's header asks for what is not understood here.")
    _check_type(header.get("typ"), only_access=policy.access_tokens_only)
    return Token(text, algorithm, kid)


def verify(token: Token, key: Key, policy: OpenId, at: datetime) -> Mapping[str, Any]:
    """The claims, when the token is signed with this key, by this issuer, for us, and good now.

    Raises :class:`KeyRefused`.
    """
    try:
        signed = deserialize_compact(token.text, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        raise unsigned() from None
    claims = _decoded(signed.payload or b"")
    if claims is None:
        raise KeyRefused("This token's claims are not a JSON object in which each name stands once.")
    _check_claims(claims, policy, at.timestamp())
    return claims


def unsigned() -> KeyRefused:
    """The refusal of a token that the provider has not signed."""
    return KeyRefused("This token is not signed with a key of the provider; get a new one.")


def _check_type(said: object, *, only_access: bool) -> None:
    kind = None if said is None else str(said).lower()  # whatever JSON holds is some text
    if kind not in _ACCESS if only_access else kind is not None and kind not in _TYPES:
        wanted = "an access token (`typ` is `at+jwt`)" if only_access else "an access token"
        raise KeyRefused(f"This token is of another kind; {wanted} is wanted here.")


def _check_claims(claims: Mapping[str, Any], policy: OpenId, at: float) -> None:
    if claims.get("iss") != policy.issuer:
        raise KeyRefused("This token is of another issuer.")
    audience = claims.get("aud")
    meant = [audience] if isinstance(audience, str) else audience
    if not isinstance(meant, list) or not any(each in policy.audience for each in meant if isinstance(each, str)):
        raise KeyRefused("This token is meant for another service; ask the provider for one whose audience is the hub.")
    expires, begins, issued = (_instant(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None:
        raise KeyRefused("This token never expires; one that does is wanted here.")
    if at >= expires + policy.leeway_seconds:
        raise KeyRefused("This token has expired; get a new one.")
    if any(each is not None and each > at + policy.leeway_seconds for each in (begins, issued)):
        raise KeyRefused("This token is not good yet; check the clocks of the provider and of the hub.")
    subject = claims.get("sub")
    if not (isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isprintable()):
        raise KeyRefused("This token does not say whom it is about (`sub`).")


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate. Raises :class:`KeyRefused` for anything else."""
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    # Compared before it is converted: JSON's whole numbers may be larger than any float.
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LATEST:
        raise KeyRefused(f"This token's `{name}` is not an instant.")
    return float(value)


def _object(segment: str) -> dict[str, Any] | None:
    try:
        return _decoded(urlsafe_b64decode(segment.encode()))
    except ValueError:
        return None


def _decoded(text: bytes) -> dict[str, Any] | None:
    """A JSON object each of whose names stands once: where one stands twice, two readers may see two tokens."""
    try:
        value = json.loads(text.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
