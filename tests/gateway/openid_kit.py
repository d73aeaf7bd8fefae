"""A small OpenID provider on loopback that can be told to misbehave, and the tokens that it, or an impostor, signs."""

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gateway.settings_access import OpenId

AUDIENCE = "https://hub.example"
SigningKey = RSAKey | ECKey | OKPKey
# Made once: it is slow.
KEYS: dict[str, SigningKey] = {
    "rsa": RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
    "next": RSAKey.generate_key(2048, {"kid": "next", "use": "sig", "alg": "RS256"}),
    "ec": ECKey.generate_key("P-256", {"kid": "ec"}),
    "ed": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    "impostor": RSAKey.generate_key(2048, {"kid": "rsa"}),
}


def segment(value: Any) -> str:
    """A part of a token; text is taken as it is."""
    raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Provider:
    """``served`` are the keys that it publishes; ``asked`` the paths that it was asked for; it answers ``status``."""

    def __init__(self) -> None:
        self.issuer = ""
        self.served = ["rsa", "ec", "ed"]
        self.status = 200
        self.delay = 0.0
        self.asked: list[str] = []
        self.discovery: dict[str, Any] = {}
        self.key_set: bytes | None = None

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator["Provider"]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        await asyncio.sleep(self.delay)
        if self.status != 200:
            return web.Response(
                status=self.status, text="internal: db.secret.example refused", headers={"Location": "/x"}
            )
        if request.path == "/.well-known/openid-configuration":
            return web.json_response({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **self.discovery})
        if self.key_set is not None:
            return web.Response(body=self.key_set, content_type="application/json")
        return web.json_response({"keys": [KEYS[name].as_dict(private=False) for name in self.served]})

    @property
    def fetches(self) -> int:
        """How often its keys were fetched."""
        return self.asked.count("/jwks")

    def policy(self, **values: Any) -> OpenId:
        """Settings that take its tokens."""
        given: dict[str, Any] = {
            "issuer": self.issuer,
            "audience": AUDIENCE,
            "roles": {"stewards": "STEWARD", "buyers": "BUYER"},
        }
        return OpenId(**given | values)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Good claims, changed; ``...`` takes one out."""
        at = int(time.time())
        good = {"iss": self.issuer, "aud": AUDIENCE, "sub": "portal", "iat": at, "exp": at + 300, "roles": ["buyers"]}
        return {name: value for name, value in (good | changes).items() if value is not ...}

    def token(self, key: str = "rsa", header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token signed with this key; the header names key and algorithm unless it says otherwise."""
        algorithm = {"ec": "ES256", "ed": "Ed25519"}.get(key, "RS256")
        headed = {"alg": algorithm, "kid": KEYS[key].kid, "typ": "at+jwt", **(header or {})}
        return self.signed(key, headed, self.claims(**changes))

    def signed(self, key: str, header: dict[str, Any], claims: Any) -> str:
        """Whatever is given, signed as the header says, by a signer that asks nothing."""
        named = {name: value for name, value in header.items() if value is not ...}
        said = f"{segment(named)}.{segment(claims)}"
        algorithm = JWSRegistry.algorithms[header["alg"]]
        return f"{said}.{segment(algorithm.sign(said.encode(), KEYS[key]))}"
