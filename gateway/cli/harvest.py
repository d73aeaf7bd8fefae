"""``circuit harvest``: reads partners; decides on what is held, replays what was kept, or goes on by the clock."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.author import NO_REASON, author, checked
from gateway.cli.context import Names, chosen, run
from gateway.cli.output import AsJson, Failure, age, say, table
from gateway.cli.progress import RUN_COLUMNS, Bars, bars, tell_why
from gateway.settings import Settings

if TYPE_CHECKING:
    from connectors import Declaration
    from directory.store.database import Database
    from gateway.replay import Replayed

NEXT = "Next: circuit resolve, then circuit index; a hub that harvests on schedule does both by itself."
MOST_RUNS = 10**18  # no store counts further
NOTHING_KEPT = "NOTHING_KEPT"  # in place of the status of a run that never was
# What each way of calling the command goes with.
GOES_WITH = {
    "--watch": frozenset[str](),
    "--replay": frozenset({"NAME", "--json"}),
    "--accept": frozenset({"--reason", "--json"}),
    "--reject": frozenset({"--reason", "--json"}),
}
BY_ITSELF = frozenset({"NAME", "--full", "--json"})


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(harvest)


def harvest(
    names: Names = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Harvest each partner at its own rhythm, resolve and index, until stopped.")
    ] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Read again what was kept of earlier readings; nobody is asked.")
    ] = False,
    accept: Annotated[
        int | None, typer.Option(metavar="RUN", min=1, help="Apply a run that is held: what it read is served.")
    ] = None,
    reject: Annotated[
        int | None, typer.Option(metavar="RUN", min=1, help="Drop a run that is held; the next harvest reads anew.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why a run is accepted or rejected; kept with the decision.")] = "",
    json: AsJson = False,
) -> None:
    """Read partners. A run that is not whole is refused, one that looks like a loss is held; what was good stays.

    Exits with 1 when a run was refused or is held; the others count all the same.
    """
    ways = {"--watch": watch, "--replay": replay, "--accept": accept, "--reject": reject}
    others = {"NAME": names, "--full": full, "--reason": reason, "--json": json}
    _check(*([option for option, given in each.items() if given] for each in (ways, others)))
    settings = Settings()
    if watch:
        _watch(settings)
        return
    if accept is not None or reject is not None:
        rows = [run(_decide(settings, accept, reject, checked(reason or NO_REASON)))]
    else:
        with bars() as observer:
            rows = run(_replay(settings, names, observer) if replay else _harvest(settings, names, full, observer))
    _report(rows, json=json)


def _check(ways: Sequence[str], others: Sequence[str]) -> None:
    """One way of calling the command at a time, and with it only what it takes."""
    if len(ways) > 1:
        raise Failure(f"{ways[0]} and {ways[1]} exclude each other; give one of them.", code=2)
    way = ways[0] if ways else None
    allowed = GOES_WITH[way] if way else BY_ITSELF
    if strange := [option for option in others if option not in allowed]:
        owner = way or "a harvest"
        raise Failure(f"{strange[0]} does not go with {owner}; see circuit harvest --help.", code=2)


def _report(rows: list[dict[str, Any]], *, json: bool) -> None:
    """The runs and what is wrong with them. Raises :class:`Failure` where somebody must do something."""
    table(rows, RUN_COLUMNS, json=json)
    if not json:
        _tell_origin(rows)
        tell_why(rows)
    if said := [*_refused(rows), *_held(rows)]:
        raise Failure(" ".join(said))
    if any(row["status"] != "REJECTED" for row in rows):
        say(NEXT)


def _refused(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    refused = [row["partner"] for row in rows if row["status"] in {"REFUSED", NOTHING_KEPT}]
    return [f"Not read: {', '.join(refused)}; what was last good of them stays served."] if refused else []


def _held(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"Held: {row['partner']}; decide with circuit harvest --accept {row['run']} or "
        f"circuit harvest --reject {row['run']}."
        for row in rows
        if row["status"] == "HELD"
    ]


def _watch(settings: Settings) -> None:
    from gateway.watcher import run as keep_watching

    chosen(settings, None)  # a watch over nobody is a mistake
    keep_watching(settings)


async def _harvest(settings: Settings, names: list[str] | None, full: bool, observer: Bars) -> list[dict[str, Any]]:
    from gateway.pipeline import as_row, ask_all, harvest_all
    from gateway.stores import opened_store

    declared = chosen(settings, names)
    async with opened_store(settings) as database:
        done = await harvest_all(database, settings, declared, full=full, observer=observer)
        done += await ask_all(database, settings, declared, observer=observer)
        return list(map(as_row, done))


async def _decide(settings: Settings, accept: int | None, reject: int | None, reason: str) -> dict[str, Any]:
    from directory import held
    from gateway.pipeline import as_row, with_skips
    from gateway.stores import opened_store

    if (number := accept or reject or 0) > MOST_RUNS:
        raise Failure(f"There is no run {number}; circuit partners lists those that wait.")
    async with opened_store(settings) as database:
        try:
            if accept is not None:
                decided = await held.accept(database, accept, author=author(), reason=reason)
            else:
                decided = await held.reject(database, reject or 0, author=author(), reason=reason)
        except held.NotHeld as error:
            raise Failure(str(error)) from None
        return as_row(await with_skips(database, decided))


async def _replay(settings: Settings, names: list[str] | None, observer: Bars) -> list[dict[str, Any]]:
    import asyncio

    from directory.records import PartnerKind
    from gateway.stores import opened_store

    # A register is asked company by company: there is no reading of it to make again, unless somebody insists.
    declared = [each for each in chosen(settings, names).values() if names or each.kind is PartnerKind.DIRECTORY]
    async with opened_store(settings) as database:
        return await asyncio.gather(*(_replayed(database, settings, each, observer) for each in declared))


async def _replayed(database: "Database", settings: Settings, partner: "Declaration", observer: Bars) -> dict[str, Any]:
    from gateway.pipeline import as_row, watching, with_skips
    from gateway.replay import NothingKept, replay_partner

    try:
        done = await replay_partner(database, settings, partner, told=watching(observer))
    except NothingKept as error:
        return {"partner": partner.name, "status": NOTHING_KEPT, "problem": str(error), "skipped": 0, "skips": ()}
    return as_row(await with_skips(database, done.run)) | {"of": done.of, "of_age": _age(done), "since": done.since}


def _age(done: "Replayed") -> str:
    return age((done.run.started_at - done.read_at).total_seconds())


def _tell_origin(rows: Sequence[Mapping[str, Any]]) -> None:
    """Which readings were read again."""
    for row in rows:
        if "of" in row:
            since = f", and {row['since']} readings of changes after it" if row["since"] else ""
            say(f"{row['partner']}: run {row['of']} was read again, {row['of_age']} old{since}.")
