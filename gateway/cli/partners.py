"""``circuit partners``: how each partner is doing and what its runs did, a look at its server, and decisions about it.

The commands below it are in :mod:`gateway.cli.partner_runs`, :mod:`gateway.cli.partner_decisions` and
:mod:`gateway.cli.guess`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from directory.records import now
from gateway.cli import guess, partner_decisions, partner_runs
from gateway.cli.context import Names, chosen, run
from gateway.cli.output import AsJson, Failure, age, say, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from connectors import Declaration
    from directory.store.views import PartnerState

partners = typer.Typer(
    help="Partners: health, members, harvests, and decisions about them.", invoke_without_command=True
)

STATE_COLUMNS = {
    "partner": "partner",
    "name": "name",
    "health": "health",
    "members": "members",
    "age": "age",
    "next": "next run",
    "held": "held run",
}
PROBE_COLUMNS = {
    "partner": "partner",
    "ok": "answers",
    "total": "members",
    "listings": "first page",
    "unusable": "unusable",
    "seconds": "seconds",
    "note": "note",
    "problem": "problem",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    partner_runs.register(partners)
    partner_decisions.register(partners)
    guess.register(partners)
    app.add_typer(partners, name="partners")


@partners.callback()
def states(context: typer.Context, json: AsJson = False) -> None:
    """Each partner: health, members, last harvest and its age, next run, and the run that is held."""
    if context.invoked_subcommand is None:
        rows = run(_states())
        table(rows, STATE_COLUMNS, json=json)
        if not json:
            _tell_problems(rows)
        if not rows:
            raise Failure("No partner is set; add a [partners.NAME] table to circuit.toml (docs/connectors.md).")


def _tell_problems(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        if row["problem"]:
            say(f"{row['partner']}: {row['problem']}")


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
    return row | counts | {"ok": True, "seconds": round(seen.seconds, 2), "note": "; ".join(seen.notes) or None}


async def _states() -> list[dict[str, Any]]:
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    settings = Settings()
    async with opened_store(settings) as database:
        known = {state.info.id: state for state in await Reader(database).partners()}
    return [state_row(name, known.get(name)) for name in sorted({*settings.declarations(), *known})]


def state_row(name: str, state: "PartnerState | None") -> dict[str, Any]:
    """A partner's state as the table shows it; ``None`` for one that was never harvested."""
    if state is None:
        return {"partner": name, "health": "NEVER_READ", "age": "never", "problem": "Run `circuit harvest`."}
    at = now()
    seconds = (at - state.last_success_at).total_seconds() if state.last_success_at else None
    return {
        "partner": name,
        "name": state.info.name,
        "health": state.health,
        "members": state.record_count,
        "last_harvest": state.last_success_at and state.last_success_at.isoformat(timespec="seconds"),
        "age": age(seconds),
        "age_seconds": None if seconds is None else int(seconds),
        "next": _until(state.due_at, at),
        "next_run": state.due_at and state.due_at.isoformat(timespec="seconds"),
        "failures": state.failures,
        "held": state.held and state.held.id,
        "problem": state.problem,
    }


def _until(due_at: datetime | None, at: datetime) -> str | None:
    """``in 12 min``; a partner whose time has come is read by whoever watches."""
    if due_at is None:
        return None
    seconds = (due_at - at).total_seconds()
    return f"in {age(seconds)}" if seconds > 0 else "due"
