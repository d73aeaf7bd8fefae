"""``circuit resolve`` and ``index``: from listings to suppliers, from suppliers to a searchable directory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.context import run
from gateway.cli.output import AsJson, Failure, as_json, table
from gateway.cli.progress import Bars, bars
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.resolution import ResolutionReport
    from directory.search.build import Built


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(resolve)
    app.command()(index)


def resolve(
    full: Annotated[
        bool, typer.Option("--full", help="Match everything again, counting anew how frequent each value is.")
    ] = False,
    explain: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Say why two listings (PARTNER:ID or number) are one or two; write nothing."),
    ] = None,
    svg: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw what --explain says into this file.")] = None,
    json: AsJson = False,
) -> None:
    """Make suppliers of the listings; only what changed is matched and written."""
    if explain:
        from gateway.cli.explain import explain as explain_pair

        explain_pair(explain, svg, json=json)
        return
    if svg:
        raise Failure("--svg goes with --explain; name two listings.", code=2)
    with bars() as observer:
        done = run(_resolve(Settings(), observer, full=full))
    _print(done, json)


def index(json: AsJson = False) -> None:
    """Build the search index beside the one being served, and swap them."""
    with bars() as observer:
        done = run(_index(Settings(), observer))
    _print(done, json)


def _print(report: Any, json: bool) -> None:
    rows = {field: getattr(report, field) for field in report.__struct_fields__}
    if json:
        as_json(rows)
    else:
        table(
            [{"what": key.replace("_", " "), "value": value} for key, value in rows.items()],
            {"what": "", "value": ""},
            json=False,
        )


async def _resolve(settings: Settings, observer: Bars, *, full: bool) -> "ResolutionReport":
    from gateway.pipeline import resolve_all
    from gateway.stores import opened_store

    async with opened_store(settings) as database:
        return await resolve_all(database, settings, full=full, observer=observer)


async def _index(settings: Settings, observer: Bars) -> "Built":
    from gateway.pipeline import index as build
    from gateway.stores import opened_store

    async with opened_store(settings) as database:
        return await build(database, settings, observer=observer)
