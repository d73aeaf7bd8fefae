"""The ASGI application: routes, middleware, and a hub that is open as long as it runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

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

OWN_DEADLINES: Final = ("/hooks/",)  # what a partner's call had read is applied whole


def create_app(settings: Settings) -> Starlette:
    """The hub's application; ``app.state.hub`` is the open :class:`~gateway.hub.Hub` while it runs."""

    attendance = Attendance(settings.limits.request_seconds)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        connections = Connections(settings.limits, max(settings.limits.stall_seconds, settings.export.stall_seconds))
        async with open_hub(settings) as hub, beating(attendance, connections, hub.gate):
            app.state.hub = hub
            yield {APP_STATE: connections, LEAVING: hub.visits.leave}

    routes: list[BaseRoute] = [
        Route("/", _home),
        Route("/graphql", graphql, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", websocket),
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
        middleware=[Middleware(Door), Middleware(Attended, attendance, exempt=OWN_DEADLINES), Middleware(Cors)],
        exception_handlers={HTTPException: _http_exception},
        lifespan=lifespan,
    )


async def _home(_: Request) -> Response:
    return RedirectResponse("/graphql")


async def _http_exception(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # Starlette calls it for nothing else
    message = {404: "There is nothing here; the hub answers at /graphql."}.get(error.status_code, f"{error.detail}.")
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP")
    return refuse(RequestRefused(error.status_code, code, message, error.headers))
