"""The ASGI application: routes, middleware, and a hub that is open as long as it runs."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import graphiql
from gateway.attendance import Attendance, Attended
from gateway.connections import APP_STATE, Connections
from gateway.cors import Cors
from gateway.door import Door
from gateway.errors import RequestRefused
from gateway.exports import export
from gateway.feeds import feed
from gateway.graphql import graphql
from gateway.health import healthz, readyz
from gateway.hooks import hook
from gateway.hub import open_hub
from gateway.pictures import match_picture
from gateway.pulse import beating
from gateway.refusals import refuse
from gateway.schema_file import schema_file
from gateway.scrape import metrics
from gateway.settings import Settings
from gateway.subscriptions.websocket import websocket
from gateway.wire import LEAVING

ENDPOINT: Final = "/graphql"
METHODS: Final = ("GET", "HEAD", "POST")
OWN_DEADLINES: Final = ("/hooks/",)  # what a partner's call had read is applied whole


def create_app(settings: Settings, *, has_process: bool = False) -> Starlette:
    """The hub's application; ``app.state.hub`` is the open :class:`~gateway.hub.Hub` while it runs.

    ``has_process``: the process is there for it alone, and for as long as it runs.
    """

    attendance = Attendance(settings.limits.request_seconds)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        connections = Connections(settings.limits, max(settings.limits.stall_seconds, settings.export.stall_seconds))
        async with open_hub(settings) as hub, beating(attendance, connections, hub.gate):
            app.state.hub = hub
            if has_process:
                _spare_the_collector()
            yield {APP_STATE: connections, LEAVING: hub.visits.leave}

    routes: list[BaseRoute] = [
        Route("/", _home),
        Route(ENDPOINT, graphql, methods=METHODS),
        WebSocketRoute(ENDPOINT, websocket),
        Route("/schema.graphql", schema_file),
        Route("/listings/{id}/match.svg", match_picture),
        Route("/suppliers.{form}", export, methods=["GET", "POST"]),
        Route("/saved-searches/{id}/feed.atom", feed),
        Route("/hooks/{partner}", hook, methods=["POST"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]
    if settings.graphiql:
        routes.append(Mount(graphiql.MOUNTED_AT, graphiql.Assets(), name="graphiql"))
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Door),
            Middleware(Attended, attendance, exempt=OWN_DEADLINES),
            Middleware(Cors),
            Middleware(Straight),
        ],
        exception_handlers={HTTPException: _http_exception},
        lifespan=lifespan,
    )


def _spare_the_collector() -> None:
    """Modules, schema and lexicon live as long as the process: they are looked at once and never again.

    An answer makes thousands of objects that reference counting frees by itself; the default threshold of 700 would
    have the collector look at them many times an answer (some 8 % of its time, ``python -m bench.query``), and a look
    at everything holds up answers for a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class Straight:
    """ASGI middleware, innermost of ours: GraphQL's requests need no router to find their way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == ENDPOINT and scope["method"] in METHODS:
            response = await graphql(Request(scope, receive, send))
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _home(_: Request) -> Response:
    return RedirectResponse("/graphql")


async def _http_exception(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # Starlette calls it for nothing else
    message = {404: "There is nothing here; the hub answers at /graphql."}.get(error.status_code, f"{error.detail}.")
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP")
    return refuse(RequestRefused(error.status_code, code, message, error.headers))
