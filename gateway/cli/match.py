"""``circuit match``: CSV files in, one supplier of the rows that are one company, a CSV of who is whose out."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from directory.disclosure import Role
from gateway.cli.context import run
from gateway.cli.export import listings
from gateway.cli.guess import guessed
from gateway.cli.output import Failure, say
from gateway.cli.progress import bars, tell_why
from gateway.cli.sheets import ForSpreadsheets, Write, writing
from gateway.settings import Settings

if TYPE_CHECKING:
    from connectors import Declaration
    from gateway.cli.progress import Bars
    from gateway.pipeline import Harvested

# The files are the operator's own, and read once: nothing waits for a steward, what is of no use is told.
OWN = {"max_loss": 1, "max_unusable": 1, "max_failing": 1, "page_size": 1_000}


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(match)


def match(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE.csv…", help="CSV files, a partner each.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the CSV there, not to standard output.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the store in this folder; else it is thrown away.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take partners that have a `path` from these settings; others are guessed."),
    ] = None,
    for_spreadsheets: ForSpreadsheets = False,
) -> None:
    """Find which rows of CSV files are one company: read them, resolve them, write a row a listing with its supplier.

    Without --config columns are guessed, as circuit partners guess shows.
    """
    tables = _declared(config) if config else {}
    tables |= _guessed([file for file in files or () if not _is_named(file, tables)], tables)
    if not tables:
        raise Failure("No file is named; write circuit match A.csv B.csv.", code=2)
    written = writing(out, for_spreadsheets=for_spreadsheets)
    with _folder(data_dir) as folder, written as write, bars() as observer:
        settings = Settings.alone(data_dir=folder, partners={name: table | OWN for name, table in tables.items()})
        _tell_missing(settings.declarations().values())
        harvested, tally = run(_match(settings, write, observer))
    _report(harvested, tally)


def _declared(config: Path) -> dict[str, dict[str, Any]]:
    """The tables of partners that are files, their paths seen from the folder of the settings."""
    import tomllib

    try:
        partners = tomllib.loads(config.read_text(encoding="utf-8")).get("partners", {})
    except (OSError, ValueError) as error:
        raise Failure(f"{config} cannot be read: {error}.", code=2) from None
    home = config.parent.absolute()
    wanted = {name: table for name, table in partners.items() if table.get("enabled", True) and table.get("path")}
    return {name: table | {"path": str(home / table["path"])} for name, table in wanted.items()}


def _tell_missing(declarations: "Iterable[Declaration]") -> None:
    """Say which columns that a table names its file has not: they count as empty, and may be a slip."""
    from connectors.guessing import NoGuess, columns

    for declared in declarations:
        charset = None if declared.guesses_charset else declared.charset
        delimiter = declared.csv.delimiter if "delimiter" in declared.csv.model_fields_set else None
        try:
            there = {*columns(Path(declared.path or ""), charset, delimiter), declared.csv.row_number}
        except (NoGuess, LookupError):
            continue  # the reading itself says why
        named = (path for source in declared.fields.every() for path in source.paths)
        for column in dict.fromkeys(path for path in named if path not in there):
            say(f"{declared.name}: its file has no column {column!r}, which partners.{declared.name}.fields names.")


def _is_named(file: Path, tables: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(Path(table["path"]).resolve() == file.resolve() for table in tables.values())


def _guessed(files: Sequence[Path], taken: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A table a file, guessed; what was guessed is told."""
    from connectors.guessing import partner_name

    tables: dict[str, dict[str, Any]] = {}
    for file in files:
        found, name = guessed(file), partner_name(file.stem)
        for number in range(2, 10_000):
            if name not in taken and name not in tables:
                break
            name = f"{partner_name(file.stem)[:35]}_{number}"
        tables[name] = found.table() | {"path": str(file.absolute())}
        said = ", ".join(f"{field} = {' + '.join(columns)}" for field, columns in found.fields.items())
        say(f"{name}: {said}" + (f"; left out: {', '.join(found.left_out)}." if found.left_out else "."))
        for note in found.notes:
            say(f"{name}: {note}.")
    return tables


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="circuit-match-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class _Tally:
    """What was written: listings of each supplier, by partner."""

    def __init__(self) -> None:
        self.by_supplier: defaultdict[int, Counter[str]] = defaultdict(Counter)

    def see(self, row: Mapping[str, Any]) -> None:
        self.by_supplier[row["supplier_id"]][row["partner"]] += 1

    def sentence(self) -> str:
        listed = list(self.by_supplier.values())
        several = sum(counts.total() > 1 for counts in listed)
        across = sum(len(counts) > 1 for counts in listed)
        total = sum(counts.total() for counts in listed)
        return (
            f"{total:,} listings are {len(listed):,} suppliers; {several:,} have several listings, {across:,} are in "
            "more than one file."
        )


async def _match(settings: Settings, write: Write, observer: "Bars") -> "tuple[list[Harvested], _Tally]":
    from directory.store.reading import Reader
    from gateway.pipeline import harvest_all, resolve_all
    from gateway.stores import opened_store

    tally = _Tally()
    async with opened_store(settings) as database:
        harvested = await harvest_all(database, settings, settings.declarations(), full=True, observer=observer)
        if failed := [each.run for each in harvested if each.run.status != "ACCEPTED"]:
            raise Failure(" ".join(f"{one.partner} was not read: {one.problem or one.status}" for one in failed))
        await resolve_all(database, settings, observer=observer)
        async for row in listings(Reader(database), Role.STEWARD, closed=True, unresolved=[]):
            tally.see(row)
            write(row)
    return harvested, tally


def _report(harvested: "Sequence[Harvested]", tally: _Tally) -> None:
    from gateway.pipeline import as_row

    rows = list(map(as_row, harvested))
    for row in rows:
        used = row["added"] + row["changed"] + row["unchanged"]
        say(f"{row['partner']}: {row['read']:,} rows read, {used:,} listings, {row['skipped']:,} skipped.")
    tell_why(rows)
    say(tally.sentence())
