"""``circuit schema``: the GraphQL schema in its definition language."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("schema")(schema)


def schema(
    subgraph: Annotated[
        bool,
        typer.Option("--subgraph", help="As a subgraph of an Apollo Federation 2, for `rover supergraph compose`."),
    ] = False,
) -> None:
    """Print the GraphQL schema (SDL)."""
    from schema import build_schema
    from schema.federation import subgraph as completed

    sdl = build_schema().as_str()
    typer.echo(completed(sdl) if subgraph else sdl)
