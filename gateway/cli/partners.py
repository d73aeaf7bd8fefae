"""``circuit partners``: how each partner is doing, and a look at its server that writes nothing."""

import asyncio
from typing import TYPE_CHECKING, Any

import typer

from directory.records import now
from gateway.cli.context import Names, chosen, run
from gateway.cli.output import AsJson, Failure, age, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from connectors import Declaration

partners = typer.Typer(help="Partners: health, members, last harvest.", invoke_without_command=True)

STATE_COLUMNS = {
    "partner": "partner",
    "name": "name",
    "health": "health",
    "members": "members",
    "last_harvest": "last harvest",
    "age": "age",
    "problem": "problem",
}
PROBE_COLUMNS = {
    "partner": "partner",
    "ok": "answers",
    "total": "members",
    "listings": "first page",
    "unusable": "unusable",
    "seconds": "seconds",
    "problem": "problem",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(partners, name="partners")


@partners.callback()
def show(context: typer.Context, json: AsJson = False) -> None:
    """Each partner: health, members, last harvest and its age."""
    if context.invoked_subcommand is None:
        states = run(_states())
        table(states, STATE_COLUMNS, json=json)
        if not states:
            raise Failure("No partner is set; add a [partners.NAME] table to circuit.toml (docs/connectors.md).")


@partners.command()
def check(
    names: Names = None,
    json: AsJson = False,
) -> None:
    """Prove the credentials and read one page of each partner; nothing is written. Exits with 1 when one fails."""
    rows = run(probe_all(chosen(Settings(), names)))
    table(rows, PROBE_COLUMNS, json=json)
    if failed := [row["partner"] for row in rows if not row["ok"]]:
        raise Failure(f"Not readable: {', '.join(failed)}.")


async def probe_all(declared: "dict[str, Declaration]") -> list[dict[str, Any]]:
    """One look at each partner, all at once; a row each, in the order given."""
    return await asyncio.gather(*(_probe(declaration) for declaration in declared.values()))


async def _probe(declaration: "Declaration") -> dict[str, Any]:
    from connectors import PartnerError, open_connector

    row: dict[str, Any] = dict.fromkeys(PROBE_COLUMNS) | {"partner": declaration.name, "ok": False}
    try:
        async with open_connector(declaration) as connector:
            seen = await connector.probe()
    except PartnerError as error:
        return row | {"problem": str(error)}
    counts = {"listings": len(seen.listings), "unusable": len(seen.unusable), "total": seen.total}
    return row | counts | {"ok": True, "seconds": round(seen.seconds, 2)}


async def _states() -> list[dict[str, Any]]:
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    settings = Settings()
    async with opened_store(settings) as database:
        known = {state.info.id: state for state in await Reader(database).partners()}
    return [_row(name, known.get(name)) for name in sorted({*settings.declarations(), *known})]


def _row(name: str, state: Any) -> dict[str, Any]:
    if state is None:
        return {"partner": name, "health": "NEVER_READ", "age": "never", "problem": "Run `circuit harvest`."}
    seconds = (now() - state.last_success_at).total_seconds() if state.last_success_at else None
    return {
        "partner": name,
        "name": state.info.name,
        "health": state.health,
        "members": state.record_count,
        "last_harvest": state.last_success_at and state.last_success_at.isoformat(timespec="seconds"),
        "age": age(seconds),
        "age_seconds": None if seconds is None else int(seconds),
        "problem": state.problem,
    }
