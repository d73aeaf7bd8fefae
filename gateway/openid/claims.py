"""Whom a token proves its bearer to be: its claims, read as the settings say."""

import re
from collections.abc import Mapping
from typing import Any, Final

from directory.disclosure import Role
from gateway.auth import Identity
from gateway.errors import RequestRefused
from gateway.scopes import Scope
from gateway.settings_access import OpenId

LONGEST_NAME: Final = 200
_PARTNER: Final = re.compile(r"[a-z0-9_]{1,64}")
_SCOPES: Final = frozenset(scope.value for scope in Scope)


def identity_of(claims: Mapping[str, Any], policy: OpenId) -> Identity:
    """The caller. Raises :class:`RequestRefused` (403) where the claims give no role, or no partner to it."""
    given = set(_texts(_claim(claims, policy.role_claim)))
    role = next((role for value, role in policy.roles.items() if value in given), None)
    if role is None:
        raise _useless("gives its bearer no role here")
    partner = None
    if role is Role.PARTNER:
        partner = _claim(claims, policy.partner_claim or "")
        if not (isinstance(partner, str) and _PARTNER.fullmatch(partner)):
            raise _useless("does not say which partner its bearer speaks for")
    name = _claim(claims, policy.name_claim)
    is_name = isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()
    return Identity(
        role, partner, name if is_name else claims["sub"], subject=claims["sub"], scopes=_scopes(claims, policy)
    )


def _scopes(claims: Mapping[str, Any], policy: OpenId) -> frozenset[str] | None:
    if policy.scope_claim is None:
        return None
    said = _claim(claims, policy.scope_claim)
    words = said.split() if isinstance(said, str) else _texts(said)
    return frozenset(words) & _SCOPES


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name or, where there is none and the name has dots, what they lead to."""
    if name in claims:  # names may be addresses, which have dots, too
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _useless(why: str) -> RequestRefused:
    message = f"This token is good, but {why}; ask the operator."
    challenge = {"WWW-Authenticate": 'Bearer realm="circuit", error="insufficient_scope"'}
    return RequestRefused(403, "NO_ROLE", message, challenge)
