"""Which pages of other sites may read answers (CORS, the Fetch standard), by the settings and by the keys in force.

A browser asks before it sends a key (preflight), and shows no key when it does: it is told yes for an origin of the
settings or of any key in force. Whether *this* key is for that page is seen when it comes (:mod:`gateway.callers`).
"""

from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.door import CALLED
from gateway.origins import Origins

PREFLIGHT_SECONDS: Final = 600
METHODS: Final = "GET, POST"
# What clients of GraphQL send: Apollo's names and its guard against simple requests, traces, conditional requests.
REQUEST_HEADERS: Final = (
    "Accept, Apollo-Require-Preflight, ApolloGraphQL-Client-Name, ApolloGraphQL-Client-Version, Authorization, "
    "Cache-Control, Content-Type, GraphQL-Require-Preflight, If-None-Match, Last-Event-ID, Traceparent, Tracestate, "
    "X-Apollo-Operation-Id, X-Apollo-Operation-Name, X-Request-ID"
)
EXPOSED: Final = "Age, Content-Disposition, ETag, Retry-After, WWW-Authenticate, X-Cache, X-Request-ID"
RawHeader = tuple[bytes, bytes]  # as ASGI has them, names in lower case
_ASKED_METHOD: Final = "access-control-request-method"


class Cors:
    """ASGI middleware, inside of :class:`~gateway.door.Door` and around the doors that callers come to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(CALLED):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        allowed = _origins(scope).allowed(origin) if origin else None
        if origin and scope["method"] == "OPTIONS" and _ASKED_METHOD in headers:
            await _preflight(allowed)(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Said without an origin, too: what is kept on the way for one page must not be given to another.
                message["headers"] = _varied(message["headers"])
                if allowed:
                    answered = MutableHeaders(scope=message)
                    answered["Access-Control-Allow-Origin"] = allowed
                    answered["Access-Control-Expose-Headers"] = EXPOSED
            await send(message)

        await self._app(scope, receive, sending)


def _varied(headers: Iterable[RawHeader]) -> list[RawHeader]:
    """These headers, with the origin among what the answer varies by."""
    varied = [(name, value + b", Origin") if name == b"vary" else (name, value) for name, value in headers]
    return varied if any(name == b"vary" for name, _ in varied) else [*varied, (b"vary", b"Origin")]


def _origins(scope: Scope) -> Origins:
    origins: Origins = scope["app"].state.hub.origins
    return origins


def _preflight(allowed: str | None) -> Response:
    varied = {"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
    if allowed is None:
        return Response(status_code=403, headers=varied)
    granted = {
        "Access-Control-Allow-Origin": allowed,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": REQUEST_HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
    return Response(status_code=204, headers=varied | granted)
