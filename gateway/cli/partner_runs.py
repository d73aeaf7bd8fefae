"""``circuit partners runs`` and ``show``: what harvests did, and one partner in full."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from directory.records import now
from gateway.cli.context import run
from gateway.cli.output import AsJson, Failure, as_json, console, say, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.store.database import Database
    from directory.store.partners import Run

Limit = Annotated[int, typer.Option(min=1, max=200, help="At most so many runs.")]
RUN_COLUMNS = {
    "run": "run",
    "when": "when",
    "partner": "partner",
    "kind": "kind",
    "trigger": "by",
    "status": "status",
    "read": "read",
    "added": "new",
    "changed": "changed",
    "unchanged": "same",
    "withdrawn": "gone",
    "skipped": "skipped",
    "bytes": "size",
    "requests": "requests",
    "retries": "retries",
    "waited": "waited s",
    "drifted": "drift",
}
DRIFT_COLUMNS = {"field": "field", "kind": "what", "before": "before, as", "after": "now, as"}
SKIP_COLUMNS = {"external_id": "member", "reason": "why it was not used"}
# Left out of a table in which they are nought for every run.
SELDOM = ("changed", "withdrawn", "skipped", "retries", "waited", "drifted")
FOR_PROGRAMS = frozenset({"age_seconds", "next_run"})
SHARES = frozenset({"valid_siren", "valid_address", "located"})
SHOWN_RUNS = 5
SHOWN_SKIPS = 20


def register(partners: typer.Typer) -> None:
    """Add the commands of this module below ``circuit partners``."""
    partners.command()(runs)
    partners.command()(show)


def runs(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A partner; all when none is named.")] = None,
    limit: Limit = 20,
    json: AsJson = False,
) -> None:
    """The latest runs, newest first: what each read and changed, what it cost, and what went wrong."""
    rows = run(_runs(name, limit))
    if json:
        as_json(rows)
        return
    table(_brief(rows), _columns(one=name is not None), json=False)
    _tell_problems(rows)


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A partner.")],
    json: AsJson = False,
) -> None:
    """One partner in full: state, last runs, quality, fields that differ from before, and members that were skipped."""
    found = run(_shown(name))
    if json:
        as_json(found)
        return
    _section("state", _pairs(found["state"], but=FOR_PROGRAMS))
    _section("quality", _pairs(_in_percent(found["quality"])))
    _section("last runs", _brief(found["runs"]), _columns(one=True))
    _tell_problems(found["runs"])
    _section("fields that differ from before", found["drift"], DRIFT_COLUMNS)
    _section("members of the last run that were not used", found["skips"][:SHOWN_SKIPS], SKIP_COLUMNS)


def as_row(run: "Run") -> dict[str, Any]:
    """A run as the tables show it, its drift included."""
    counts = {name: getattr(run, name) for name in ("read", "added", "changed", "unchanged", "withdrawn", "skipped")}
    spent = {"bytes": run.size_bytes, "requests": run.requests, "retries": run.retries, "waited": run.waited_seconds}
    return {
        "run": run.id,
        "when": run.started_at,
        "ended": run.ended_at,
        "partner": run.partner,
        "kind": run.kind,
        "trigger": run.trigger,
        "status": run.status,
        **counts,
        **spent,
        "drifted": len(run.drift),
        "drift": run.drift,
        "problem": run.problem,
    }


def _brief(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same for people, who need no column in which nothing happened."""
    idle = {name for name in SELDOM if not any(row[name] for row in rows)}
    kilobytes = [{**row, "bytes": f"{row['bytes'] / 1_000:,.0f} kB"} for row in rows]
    return [{name: value for name, value in row.items() if name not in idle} for row in kilobytes]


def _columns(*, one: bool) -> dict[str, str]:
    return {name: heading for name, heading in RUN_COLUMNS.items() if not (one and name == "partner")}


def _pairs(values: Mapping[str, Any], but: Collection[str] = ()) -> list[dict[str, Any]]:
    return [{"what": name.replace("_", " "), "value": value} for name, value in values.items() if name not in but]


def _in_percent(quality: Mapping[str, Any]) -> dict[str, Any]:
    """The same for people; a share is not said to be whole unless it is."""
    return {
        name: f"{math.floor(round(1_000 * value, 6)) / 10:.1f} %" if name in SHARES and value is not None else value
        for name, value in quality.items()
    }


def _section(title: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str] | None = None) -> None:
    if rows:
        console.print(f"[bold]{title}[/]")
        table(rows, columns or {"what": "", "value": ""}, json=False)


def _tell_problems(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        if row["problem"]:
            say(f"run {row['run']}: {row['problem']}")


async def _runs(name: str | None, limit: int) -> list[dict[str, Any]]:
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        reader = Reader(database)
        known = [state.info.id for state in await reader.partners()]
        names = known if name is None else [_checked(name, known)]
        found = [each for one in names for each in await reader.runs(one, limit)]
    found.sort(key=lambda each: each.id, reverse=True)
    return [as_row(each) for each in found[:limit]]


async def _shown(name: str) -> dict[str, Any]:
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        return await _found(database, name)


async def _found(database: "Database", name: str) -> dict[str, Any]:
    from directory.store.partners import skips
    from directory.store.reading import Reader
    from gateway.cli.partners import state_row

    reader = Reader(database)
    known = {state.info.id: state for state in await reader.partners()}
    state = state_row(_checked(name, list(known)), known[name])
    (quality,) = await reader.partner_quality([name], clock=now)
    latest = await reader.runs(name, SHOWN_RUNS)
    last = next((each for each in latest if each.read), None)
    async with database.reading() as connection:
        unused = await skips(connection, last.id) if last else ()
    return {
        "state": state,
        "quality": _fields(quality) if quality else {},
        "runs": list(map(as_row, latest)),
        "drift": list(map(_fields, last.drift if last else ())),
        "skips": list(map(_fields, unused)),
    }


def _fields(struct: Any) -> dict[str, Any]:
    return {field: getattr(struct, field) for field in struct.__struct_fields__}


def _checked(name: str, known: Sequence[str]) -> str:
    if name not in known:
        there = ", ".join(known) or "none; run circuit harvest"
        raise Failure(f"No partner called {name!r} was ever harvested; there are: {there}.", code=2)
    return name
