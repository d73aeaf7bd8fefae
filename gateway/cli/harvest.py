"""``circuit harvest``, ``resolve`` and ``index``: the three steps from partners' servers to a searchable directory."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.context import Names, chosen, run
from gateway.cli.output import AsJson, Failure, as_json, say, table
from gateway.cli.progress import RUN_COLUMNS, bars, tell_why
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.resolution import ResolutionReport
    from directory.search.build import Built
    from gateway.cli.progress import Bars
    from gateway.pipeline import Harvested


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(harvest)
    app.command()(resolve)
    app.command()(index)


def harvest(
    names: Names = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    json: AsJson = False,
) -> None:
    """Read partners. A run that is not whole is refused, and what was last good stays served.

    Exits with 1 when a run was refused; the others count all the same.
    """
    settings = Settings()
    with bars() as watch:
        runs = run(_harvest(settings, names, full, watch))
    from gateway.pipeline import as_row

    rows = [as_row(one) for one in runs]
    table(rows, RUN_COLUMNS, json=json)
    if not json:
        tell_why(rows)
    if refused := [row["partner"] for row in rows if row["status"] == "REFUSED"]:
        raise Failure(f"Not read: {', '.join(refused)}; what was last good of them stays served.")
    say("Next: circuit resolve, then circuit index.")


def resolve(json: AsJson = False) -> None:
    """Make suppliers of the listings; only what changed is written."""
    with bars() as watch:
        done = run(_resolve(Settings(), watch))
    _print(done, json)


def index(json: AsJson = False) -> None:
    """Build the search index beside the one being served, and swap them."""
    with bars() as watch:
        done = run(_index(Settings(), watch))
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


async def _harvest(settings: Settings, names: list[str] | None, full: bool, watch: "Bars") -> "list[Harvested]":
    from gateway.pipeline import harvest_all
    from gateway.stores import opened_store

    declared = chosen(settings, names)
    async with opened_store(settings) as database:
        return await harvest_all(database, settings, declared, full=full, observer=watch)


async def _resolve(settings: Settings, watch: "Bars") -> "ResolutionReport":
    from gateway.pipeline import resolve_all
    from gateway.stores import opened_store

    async with opened_store(settings) as database:
        return await resolve_all(database, observer=watch)


async def _index(settings: Settings, watch: "Bars") -> "Built":
    from gateway.pipeline import index as build
    from gateway.stores import opened_store

    async with opened_store(settings) as database:
        return await build(database, settings, observer=watch)
