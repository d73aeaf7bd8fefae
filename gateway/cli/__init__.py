"""The ``circuit`` command. Each command is a module; imports are inside them, so that ``--help`` answers at once."""

import sys

import typer

from gateway.cli import (
    alerts,
    audit,
    demo,
    doctor,
    export,
    harvest,
    keys,
    labelling,
    manifest,
    match,
    partners,
    printing,
    reviews,
    search,
    serve,
    steps,
    supplier_decisions,
    training,
)
from gateway.cli.output import Failure, errors

app = typer.Typer(
    name="circuit",
    help="Circuit Court: five partner directories, one supplier, one GraphQL query.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def quietly() -> None:
    """Between the command's own words only warnings are heard; ``serve`` sets its logs by the settings."""
    from gateway import logs
    from gateway.settings import Log

    logs.configure(Log(level="warning"))


for module in (
    demo,
    partners,
    harvest,
    steps,
    alerts,
    match,
    serve,
    search,
    reviews,
    supplier_decisions,
    labelling,
    training,
    printing,
    manifest,
    export,
    keys,
    audit,
    doctor,
):
    module.register(app)


def main() -> None:
    """Run a command; a failure we know is one line and exit 1, a wrong usage is exit 2, Ctrl-C is exit 130."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not _is_ours(error):
            raise
        errors.print(f"circuit: {error}", markup=False, soft_wrap=True)
        sys.exit(error.code if isinstance(error, Failure) else 1)


def _is_ours(error: Exception) -> bool:
    """Whether the error is one of those whose text is a sentence for the person who typed the command."""
    if isinstance(error, Failure):  # before the imports: a wrong usage is answered at once
        return True
    from directory.records import SourceError
    from directory.search.errors import SearchError
    from directory.store.errors import StoreError
    from gateway.errors import GatewayError

    return isinstance(error, GatewayError | SourceError | StoreError | SearchError)
