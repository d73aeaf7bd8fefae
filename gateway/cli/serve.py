"""``circuit serve``: the hub answers until it is told to stop."""

from typing import Annotated, Any

import typer

from gateway.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(serve)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of the setting `host`.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Port, instead of the setting `port`.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes, instead of `workers`.")] = None,
    no_harvest: Annotated[bool, typer.Option("--no-harvest", help="Do not read partners on schedule.")] = False,
) -> None:
    """Answer GraphQL on /graphql, with /healthz, /readyz and /metrics beside it, and harvest partners on schedule.

    Ctrl-C or SIGTERM ends it, after what has begun is finished.
    """
    from gateway.server import serve as answer

    given: dict[str, Any] = {"host": host, "port": port, "workers": workers}
    given["harvest"] = {"scheduled": False} if no_harvest else None
    answer(Settings(**{name: value for name, value in given.items() if value is not None}))
