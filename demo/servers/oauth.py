"""The Chambre's token endpoint: OAuth 2.0 client credentials (RFC 6749, 4.4) as oidc-provider answers."""

import base64
import binascii
import hmac
import secrets
import time
from dataclasses import dataclass, field

import msgspec
from aiohttp import hdrs, web

from demo.servers.base import json_response


@dataclass(frozen=True)
class Grant:
    """What a token allows, and until when on the monotonic clock (seconds)."""

    scopes: frozenset[str]
    until: float


@dataclass
class Issuer:
    """Issues and checks access tokens for one client. ``lifetime`` is in seconds."""

    client: str
    secret: str
    scopes: frozenset[str]
    lifetime: float = 20
    grants: dict[str, Grant] = field(default_factory=dict)

    def grant(self, token: str) -> Grant | None:
        """What a token allows, unless it is unknown or out of date."""
        held = self.grants.get(token)
        return held if held and time.monotonic() < held.until else None

    async def answer(self, request: web.Request) -> web.Response:
        """``POST {token_url}``: a token, or the error that the RFC names."""
        form = await request.post()
        if not self._is_client(request.headers.get(hdrs.AUTHORIZATION, "")):
            return _error(401, "invalid_client", "client authentication failed")
        if form.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type", "unsupported grant_type requested")
        return self._issue(frozenset(str(form.get("scope", "")).split()))

    def _issue(self, wanted: frozenset[str]) -> web.Response:
        """A token with the scopes that exist; one that does not is left out without a word."""
        granted = wanted & self.scopes
        token = secrets.token_urlsafe(32)
        self._drop_expired()
        self.grants[token] = Grant(granted, time.monotonic() + self.lifetime)
        answer = {"access_token": token, "expires_in": int(self.lifetime), "token_type": "Bearer"}
        if granted:
            answer["scope"] = " ".join(sorted(granted))
        return json_response(msgspec.json.encode(answer), headers={"Cache-Control": "no-store"})

    def _drop_expired(self) -> None:
        moment = time.monotonic()
        self.grants = {token: grant for token, grant in self.grants.items() if grant.until > moment}

    def _is_client(self, authorization: str) -> bool:
        return basic_matches(authorization, self.client, self.secret)


def basic_matches(authorization: str, user: str, password: str) -> bool:
    """Whether an ``Authorization`` header is HTTP Basic with this user and password."""
    return hmac.compare_digest(basic_pair(authorization) or b"", f"{user}:{password}".encode())


def basic_pair(authorization: str) -> bytes | None:
    """``user:password`` of an HTTP Basic header, or nothing."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error:
        return None


def _error(status: int, code: str, description: str) -> web.Response:
    body = msgspec.json.encode({"error": code, "error_description": description})
    headers = {"WWW-Authenticate": 'Basic realm="cci"'} if status == 401 else None
    return json_response(body, status, headers)
