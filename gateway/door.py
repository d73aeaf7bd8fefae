"""Around every request: its id, its line in the log, its metrics, the security headers, and the last word on faults."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import logs
from gateway.auth import Identity
from gateway.media import Media
from gateway.metrics import OTHER, SOCKET, count_refusal, count_request
from gateway.refusals import body_of_refusal

log = structlog.get_logger()

_NOTES: Final = "circuit.notes"
_STARTS: Final = ("http.response.start", "websocket.accept", "websocket.http.response.start")
_SWITCHED: Final = 101  # to another protocol
_CLIENT_LEFT: Final = 499  # nginx's number: nobody is there to be answered

_SAID: Final = ("operation", "kind", "role", "cache", "plan", "cost", "code", "operations")

# Those of the OWASP Secure Headers project and its REST cheat sheet. What a route says of itself wins over them.
# HSTS is the word of whoever ends TLS before us: browsers do not heed it over plain HTTP.
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
}
_RAW_HEADERS: Final = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items())
_EXPORTS: Final = ("/suppliers.csv", "/suppliers.jsonl", "/suppliers.xlsx")
CALLED: Final = ("/graphql", "/listings", *_EXPORTS, "/saved-searches")  # what pages of other sites may come to
_ASKED: Final = (*CALLED, "/hooks")
REFUSED: Final[Mapping[int, str]] = {401: "UNAUTHENTICATED", 403: "FORBIDDEN", 429: "RATE_LIMITED"}
ROUTES: Final = (*_ASKED, "/schema.graphql", "/healthz", "/readyz", "/metrics", "/static")


@dataclass(slots=True)
class Notes:
    """What is known of a request once it is answered; the routes fill it in, the log and the metrics read it.

    ``code`` is that with which a WebSocket was closed, ``operations`` how many were asked on it.
    """

    request_id: str
    status: int = 0
    operation: str | None = None
    kind: str | None = None
    role: str | None = None
    cache: str | None = None
    plan: str | None = None
    cost: float | None = None
    code: int | None = None
    operations: int | None = None
    who: Identity | None = None
    claimed: str | None = None  # the prefix of a key that was shown and is none, or no more
    forbidden: frozenset[str] = frozenset()  # root fields that were not for the caller
    refused: set[int] = field(default_factory=set)  # statuses of requests inside of a body or connection of several

    def of_operation(self) -> dict[str, str | float]:
        """What there is to say of the operation, for the log and for traces."""
        fields = {name: getattr(self, name) for name in _SAID}
        return {name: value for name, value in fields.items() if value is not None}


def notes_of(scope: Scope) -> Notes:
    """The notes of a request that came through :class:`Door`."""
    notes: Notes = scope[_NOTES]
    return notes


class Door:
    """ASGI middleware, outermost of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        notes = Notes(logs.request_id(Headers(scope=scope).get("x-request-id")))
        scope[_NOTES] = notes
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=notes.request_id):
            try:
                await self._answer(scope, receive, send, notes)
            finally:
                _record(scope, notes, time.perf_counter() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, notes: Notes) -> None:
        async def sending(message: Message) -> None:
            if message["type"] in _STARTS:
                notes.status = message.get("status", _SWITCHED)
                headers = message["headers"] = list(message.get("headers", ()))
                said = {name for name, _ in headers}
                headers.append((b"x-request-id", notes.request_id.encode()))
                headers.extend(header for header in _RAW_HEADERS if header[0] not in said)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            notes.status = _CLIENT_LEFT
        except Exception:
            log.exception("request.failed")
            if notes.status or scope["type"] != "http":
                raise  # the answer has begun; only breaking the connection tells the caller that it is not whole
            await _send_fault(sending, notes)


async def _send_fault(send: Send, notes: Notes) -> None:
    message = f"Internal error; tell the operator request {notes.request_id}."
    body = body_of_refusal("INTERNAL", message, notes.request_id)
    count_refusal("INTERNAL")
    headers = [
        (b"content-type", Media.JSON.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _record(scope: Scope, notes: Notes, seconds: float) -> None:
    path: str = scope["path"]
    # Unknown paths are a caller's words: counted together, and kept out of the log.
    route = next((known for known in ROUTES if path == known or path.startswith(f"{known}/")), OTHER)
    notes.status = notes.status or _CLIENT_LEFT  # cancelled before it could be answered
    method: str = scope.get("method", SOCKET)
    count_request(route, method, notes.status)
    # Probes and scrapes come every few seconds and would drown the rest.
    level = "info" if route in {*_ASKED, OTHER} or notes.status >= 400 else "debug"
    said = notes.of_operation()
    getattr(log, level)("request", route=route, method=method, ms=round(seconds * 1000, 2), status=notes.status, **said)
    refused = {notes.status, *notes.refused, *((403,) if notes.forbidden else ())} & REFUSED.keys()
    if refused and (hub := getattr(scope["app"].state, "hub", None)):
        for status in sorted(refused):
            hub.trail.refused(route, REFUSED[status], notes)
