"""``circuit key``: API keys are made, listed and ended here; a key is shown once and kept as a hash."""

from typing import Annotated

import typer

from gateway.cli.context import run, store
from gateway.cli.output import AsJson, Failure, as_json, console, say, table

keys = typer.Typer(help="API keys of partners, buyers and stewards.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(keys, name="key")
