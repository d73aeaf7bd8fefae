"""``circuit audit``: what callers did and what they were refused, the latest first."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.context import run
from gateway.cli.output import AsJson, table
from gateway.cli.spans import before
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.store.audit import Wanted

COLUMNS = {
    "at": "at",
    "kind": "kind",
    "key": "key",
    "subject": "subject",
    "role": "role",
    "door": "door",
    "field": "field",
    "ids": "ids",
    "outcome": "outcome",
    "times": "times",
    "request_id": "request",
}


class Told(StrEnum):
    """What may be asked for: a mutation is told with its outcome."""

    MUTATION = "MUTATION"
    REFUSED = "REFUSED"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("audit")(audited)


def audited(
    kind: Annotated[
        Told | None, typer.Option(case_sensitive=False, help="MUTATION: what was done; REFUSED: what was not allowed.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(parser=before, metavar="<day or span>", help="From a day on, or from `7d` ago.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Of the key with this prefix.")] = None,
    subject: Annotated[str | None, typer.Option(help="Of the token about this subject.")] = None,
    field: Annotated[str | None, typer.Option(help="Of this mutation, or this root field that was refused.")] = None,
    named: Annotated[str | None, typer.Option(help="Naming this id, as the log writes it: `Supplier:7`.")] = None,
    request: Annotated[str | None, typer.Option(help="Of the request with this id (`X-Request-ID`).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, the latest first.")] = 50,
    json: AsJson = False,
) -> None:
    """What callers did and what they were refused, the latest first."""
    from directory.store.audit import Kind, Wanted

    wanted = Wanted(
        kind=Kind(kind.value) if kind else None,
        since=since,
        key=key,
        subject=subject,
        field=field,
        named=named,
        request_id=request,
    )
    table(run(_read(wanted, limit)), COLUMNS, json=json)


async def _read(wanted: "Wanted", limit: int) -> list[dict[str, Any]]:
    from directory.store import audit
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database, database.reading() as connection:
        told = await audit.read(connection, wanted, limit)
    return [{name: getattr(each, name) or None for name in COLUMNS} for each in told]
