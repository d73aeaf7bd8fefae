"""``circuit doctor``: settings, store, migrations, index, partners; what is wrong and how to mend it."""

import shutil
from collections.abc import AsyncIterator
from typing import Any

import typer

from gateway.cli.context import run
from gateway.cli.output import AsJson, Failure, table
from gateway.errors import SettingsError
from gateway.settings import Settings

COLUMNS = {"check": "check", "ok": "ok", "detail": "what was found"}
LOW_DISK_BYTES = 500_000_000


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(doctor)


def doctor(json: AsJson = False) -> None:
    """Look at everything the hub needs and say what is wrong and how to mend it. Exits with 1 when something is."""
    rows = run(_examine())
    table(rows, COLUMNS, json=json)
    if wrong := sum(not row["ok"] for row in rows):
        raise Failure(f"{wrong} of {len(rows)} checks found something; the table says what to do.")


async def _examine() -> list[dict[str, Any]]:
    try:
        settings = Settings()
        declared = settings.declarations()
    except SettingsError as error:
        return [_row("settings", problem=str(error))]
    rows = [_row("settings", f"{len(declared)} partners set, data in {settings.data_dir}")]
    rows += [_disk(settings)]
    rows += [row async for row in _store(settings)]
    rows += [_index(settings)]
    rows += _manifest(settings)
    rows += [row async for row in _partners(declared)]
    return rows


def _row(check: str, detail: str = "", *, problem: str | None = None) -> dict[str, Any]:
    return {"check": check, "ok": problem is None, "detail": problem or detail}


def _disk(settings: Settings) -> dict[str, Any]:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB free"
    low = f"only {said} for {settings.data_dir}; free some space or set data_dir elsewhere"
    return _row("disk", said, problem=low if free < LOW_DISK_BYTES else None)


async def _store(settings: Settings) -> AsyncIterator[dict[str, Any]]:
    from directory.store.database import Database
    from directory.store.errors import StoreError
    from directory.store.reading import Reader

    try:
        database = Database(settings.store_url)
    except StoreError as error:
        yield _row("store", problem=str(error))
        return
    try:
        problems = await database.problems()
        for problem in problems:
            yield _row("store", problem=problem)
        if not problems:
            yield _row("store", f"answers, revision {await Reader(database).revision()}, tables up to date")
    finally:
        await database.close()


def _index(settings: Settings) -> dict[str, Any]:
    from directory.search.engine import TantivyEngine
    from directory.search.errors import IndexProblem

    try:
        engine = TantivyEngine.open(settings.index_dir)
        engine.refresh()  # of a damaged update the base is opened: this says so
    except IndexProblem as error:
        return _row("index", problem=str(error))
    said = f"{engine.supplier_count:,} suppliers, built {engine.built_at:%Y-%m-%d %H:%M} UTC"
    on_top = f", {engine.changed_count:,} of them changed since base {engine.base}" if engine.changed_count else ""
    return _row("index", said + on_top)


def _manifest(settings: Settings) -> list[dict[str, Any]]:
    from gateway.manifests import trusted
    from gateway.operations import Documents
    from schema import build_schema

    if settings.persisted.manifest is None:
        return []
    try:
        schema = build_schema()
        documents = trusted(settings.persisted.manifest, schema._schema, Documents(schema, settings.limits).select)
    except SettingsError as error:
        return [_row("manifest", problem=str(error))]
    return [_row("manifest", f"{len(documents):,} trusted documents, all of which can be run")]


async def _partners(declared: Any) -> AsyncIterator[dict[str, Any]]:
    from gateway.cli.partners import probe_all

    for row in await probe_all(declared):
        name = f"partner {row['partner']}"
        members = "" if row["total"] is None else f", {row['total']:,} members"
        yield _row(name, f"answers in {row['seconds']} s{members}", problem=row["problem"])
    if not declared:
        yield _row("partners", problem="none is set; add a [partners.NAME] table to circuit.toml (docs/connectors.md)")
