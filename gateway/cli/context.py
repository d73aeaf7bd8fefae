"""What the commands share: an event loop, and the partners that were named."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from gateway.cli.output import Failure
from gateway.settings import Settings

if TYPE_CHECKING:
    from connectors import Declaration

T = TypeVar("T")
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="Partners; all of them when none is named.")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


def chosen(settings: Settings, names: list[str] | None) -> "dict[str, Declaration]":
    """The partners named, or all; one that is not in the settings is a failure that lists those that are."""
    declared = settings.declarations()
    if not declared:
        raise Failure("No partner is set; add a [partners.NAME] table to circuit.toml (docs/connectors.md).")
    unknown = [name for name in names or () if name not in declared]
    if unknown:
        raise Failure(f"No partner is called {unknown[0]!r}; there are: {', '.join(sorted(declared))}.", code=2)
    return {name: declared[name] for name in names} if names else declared
