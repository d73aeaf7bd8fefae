"""How a partner is told who is reading: fixed headers (basic, bearer, a static key) or OAuth 2.0 client credentials."""

import asyncio
import base64
import string
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote_plus

import msgspec
from pydantic import SecretStr
from yarl import URL

from connectors import jsontext
from connectors.contract import Declaration
from connectors.errors import DeclarationError

if TYPE_CHECKING:
    from connectors.faults import Faults
    from connectors.replies import Reply

# Sends a form without the partner's credentials: how a token is asked for.
AskToken = Callable[[URL, Mapping[str, str], Mapping[str, str]], Awaitable["Reply"]]

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "header": ("token",),
    "oauth2": ("token_url", "client_id", "client_secret"),
}
# A token is renewed when a fifth of its life is left, five seconds at most: clocks and requests take time.
_MARGIN_SHARE: Final = 0.2
_LONGEST_MARGIN: Final = 5.0
_ASSUMED_LIFETIME: Final = 60.0
# More than servers take in one header.
_LONGEST_TOKEN: Final = 16_384
_NEVER_DECODED: Final = "".join(set(string.punctuation) - set("%+:"))


class Authenticator(Protocol):
    """Credentials as request headers; ``is_anonymous`` when there are none.

    ``keys`` names the settings to look at when they are not accepted.
    """

    keys: str
    is_anonymous: bool

    async def headers(self) -> Mapping[str, str]:
        """Headers that every request carries."""
        ...

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """After a 401 to these headers: whether there are new credentials worth one more try."""
        ...


class FixedHeaders:
    """Credentials that do not change, or none."""

    def __init__(self, headers: Mapping[str, str], keys: str) -> None:
        self.keys = keys
        self.is_anonymous = not headers
        self._headers = headers

    async def headers(self) -> Mapping[str, str]:
        """The same ones each time."""
        return self._headers

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Nothing to renew."""
        return False


class _Grant(msgspec.Struct, frozen=True):
    """A token endpoint's answer (RFC 6749, 5.1). ``expires_in`` is in seconds; some servers write it as text."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the type's name
    expires_in: float | str = _ASSUMED_LIFETIME
    scope: str = ""


class ClientCredentials:
    """OAuth 2.0 client credentials (RFC 6749, 4.4): a token asked for when needed and renewed before it expires.

    Requests that need one at the same time ask for it once. Raises :class:`PartnerRefused` when the client or its scope
    is not accepted.
    """

    def __init__(self, declaration: Declaration, ask: AskToken, faults: "Faults", clock: Callable[[], float]) -> None:
        self.keys = credential_keys(declaration)
        self.is_anonymous = False
        self._declaration = declaration
        self._ask_token = ask
        self._faults = faults
        self._clock = clock
        self._renewing = asyncio.Lock()
        self._token = ""
        self._renew_at = 0.0

    async def headers(self) -> Mapping[str, str]:
        """The bearer token, asked for anew when its time is nearly over."""
        async with self._renewing:
            if not self._token or self._clock() >= self._renew_at:
                await self._renew()
        return self._bearer

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Asks for another token, unless another request has done so since the refused one was sent."""
        async with self._renewing:
            if refused == self._bearer:
                await self._renew()
        return True

    @property
    def _bearer(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    async def _renew(self) -> None:
        asked_at = self._clock()
        grant = await self._ask()
        self._check_scope(grant)
        lifetime = _seconds(grant.expires_in)
        self._token = grant.access_token
        self._renew_at = asked_at + lifetime - min(_LONGEST_MARGIN, lifetime * _MARGIN_SHARE)

    async def _ask(self) -> _Grant:
        declared = self._declaration
        form = {"grant_type": "client_credentials"} | ({"scope": declared.scope} if declared.scope else {})
        pair = ":".join(map(_form_encoded, (declared.client_id or "", _clear(declared.client_secret))))
        reply = await self._ask_token(URL(declared.token_url), form, _basic(pair))
        if reply.status >= 400:
            raise self._faults.refused(
                f"its token server does not accept the client ({reply.said(declared.secrets)}); correct {self.keys}"
            )
        try:
            grant = jsontext.decoded(reply.body, _Grant)
        except jsontext.NotJson:
            grant = None
        if grant is None or not _is_header_value(grant.access_token) or grant.token_type.lower() != "bearer":
            raise self._faults.refused(
                f"its token server gave no bearer token; correct {declared.setting('token_url')}"
            )
        return grant

    def _check_scope(self, grant: _Grant) -> None:
        """An unknown scope is granted without it, silently; oidc-provider then leaves the key out altogether."""
        missing = set((self._declaration.scope or "").split()) - set(grant.scope.split())
        if missing:
            raise self._faults.refused(
                f"the client was not granted the scope {' '.join(sorted(missing))}; ask the partner to allow it "
                f"or correct {self._declaration.setting('scope')}"
            )


def authenticator(
    declaration: Declaration, ask: AskToken, faults: "Faults", clock: Callable[[], float]
) -> Authenticator:
    """The declared way. Raises :class:`DeclarationError` when a credential that it needs is not set."""
    needed = _NEEDED[declaration.auth]
    absent = _absent(declaration)
    if absent and not (declaration.anonymous and len(absent) == len(needed)):
        raise DeclarationError(
            declaration.name,
            f"{declaration.title}: {declaration.setting(absent[0])} is not set; ask the partner for it",
        )
    if absent or not needed:
        return FixedHeaders({}, credential_keys(declaration))
    if declaration.auth == "oauth2":
        return ClientCredentials(declaration, ask, faults, clock)
    return FixedHeaders(_fixed(declaration), credential_keys(declaration))


def credential_keys(declaration: Declaration) -> str:
    """The settings to look at when the credentials are not accepted."""
    if _absent(declaration) or declaration.auth == "none":
        return declaration.setting("auth")
    keys = [key for key in _NEEDED[declaration.auth] if key != "token_url"]
    return " and ".join(declaration.setting(key) for key in keys)


def _absent(declaration: Declaration) -> list[str]:
    return [key for key in _NEEDED[declaration.auth] if not getattr(declaration, key)]


def _fixed(declaration: Declaration) -> Mapping[str, str]:
    if declaration.auth == "basic":
        return _basic(f"{declaration.username}:{_clear(declaration.password)}")
    token = _clear(declaration.token)
    return {"Authorization": f"Bearer {token}"} if declaration.auth == "bearer" else {declaration.token_header: token}


def _basic(pair: str) -> Mapping[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _form_encoded(text: str) -> str:
    """As RFC 6749, 2.3.1 asks, but no character more than decoding needs: many servers do not decode at all."""
    return quote_plus(text, safe=_NEVER_DECODED)


def _clear(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _is_header_value(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TOKEN and text.isascii() and text.isprintable()


def _seconds(value: float | str) -> float:
    try:
        return max(0.0, float(value))
    except ValueError:
        return _ASSUMED_LIFETIME
