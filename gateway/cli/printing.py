"""``circuit schema``: the GraphQL schema in its definition language."""

import typer


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("schema")(schema)


def schema() -> None:
    """Print the GraphQL schema (SDL)."""
    from schema import build_schema

    typer.echo(build_schema().as_str())
