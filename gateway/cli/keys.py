"""``circuit key``: API keys are made, rotated, listed and ended here; a key is shown once and kept as a hash."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from directory.disclosure import Role
from directory.records import now
from gateway.cli.context import run
from gateway.cli.output import AsJson, Failure, as_json, console, say, table
from gateway.cli.spans import ahead, span
from gateway.scopes import Scope
from gateway.settings import Settings
from gateway.settings_sources import is_origin

if TYPE_CHECKING:
    from directory.store.database import Database
    from gateway.auth import NewKey

MOST_ORIGINS = 20
COLUMNS = {
    "prefix": "prefix",
    "role": "role",
    "name": "name",
    "partner": "partner",
    "scopes": "scopes",
    "origins": "origins",
    "created_at": "created",
    "last_used_at": "last used",
    "expires_at": "expires",
    "revoked_at": "revoked",
    "line": "first of its line",
}

keys = typer.Typer(help="API keys of partners, buyers and stewards.", no_args_is_help=True)

Prefix = Annotated[str, typer.Argument(help="The public part of the key, as `circuit key list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(keys, name="key")


def _named(name: str) -> str:
    if not name.strip():
        raise typer.BadParameter("say who holds the key")
    return name.strip()


def _origins(given: list[str] | None) -> list[str]:
    for origin in given or ():
        if not is_origin(origin):
            raise typer.BadParameter(f"{origin!r} is not an origin; write https://example.org, without a path")
    if len(given or ()) > MOST_ORIGINS:
        raise typer.BadParameter(f"a key has at most {MOST_ORIGINS} origins")
    return sorted({origin.lower() for origin in given or ()})


Expires = Annotated[
    datetime | None,
    typer.Option(parser=ahead, metavar="<day or span>", help="When the key ends: `2027-01-31`, or `90d` from now."),
]


@keys.command()
def create(
    role: Annotated[Role, typer.Option(case_sensitive=False, help="What the key's bearer may do.")],
    name: Annotated[str, typer.Option(help="Who holds the key; shown in lists.", callback=_named)],
    partner: Annotated[str | None, typer.Option(help="For the role PARTNER: the partner it speaks for.")] = None,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="Only this of what the role may do; may be given several times. All of it without."),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(
            help="Only pages of this origin may show the key from a browser; may be given several times.",
            callback=_origins,
        ),
    ] = None,
    expires: Expires = None,
    json: AsJson = False,
) -> None:
    """Make a key and show it, once."""
    scopes = [each.value for each in scope] if scope else None
    _show(run(_create(role, name, partner, scopes, origin or [], expires)), json=json)


@keys.command()
def rotate(
    prefix: Prefix,
    overlap: Annotated[
        timedelta,
        typer.Option(parser=span, metavar="<span>", help="For so long the old key is good beside the new one."),
    ] = "7d",  # type: ignore[assignment]  # read by the parser, too
    expires: Expires = None,
    json: AsJson = False,
) -> None:
    """Make a key that replaces another, with the same rights and saved searches, and show it, once."""
    _show(run(_rotate(prefix, overlap, expires)), json=json)
    say(f"The key {prefix} ends in {overlap}." if overlap else f"The key {prefix} has ended.")


@keys.command("list")
def listed(json: AsJson = False) -> None:
    """Every key: its public prefix, role, holder, last use, and when it ends."""
    table(run(_every()), COLUMNS, json=json)


@keys.command()
def revoke(prefix: Prefix) -> None:
    """End a key; every process refuses it within a second."""
    if not run(_revoke(prefix)):
        raise Failure(f"No key in force has the prefix {prefix!r}; `circuit key list` shows those there are.")
    say(f"The key {prefix} has ended.")


def _show(made: "tuple[NewKey, dict[str, Any]]", *, json: bool) -> None:
    key, told = made
    if json:
        as_json({"token": key.token, **told})
        return
    console.out(key.token, highlight=False)
    say(f"Role {told['role']}, for {told['name']}. It is shown this once; send it as « Authorization: Bearer cc_… ».")


async def _create(
    role: Role,
    name: str,
    partner: str | None,
    scopes: list[str] | None,
    origins: list[str],
    expires_at: datetime | None,
) -> "tuple[NewKey, dict[str, Any]]":
    from gateway.auth import create_key
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        made = await create_key(
            database, role=role, name=name, partner=partner, scopes=scopes, origins=origins, expires_at=expires_at
        )
        await _note(database, "keyCreate", made.prefix)
        return made, await _told(database, made.prefix)


async def _rotate(prefix: str, overlap: timedelta, expires_at: datetime | None) -> "tuple[NewKey, dict[str, Any]]":
    from gateway.rotation import rotate_key
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        made = await rotate_key(database, prefix, overlap=overlap, expires_at=expires_at, at=now())
        await _note(database, "keyRotate", prefix, made.prefix)
        return made, await _told(database, made.prefix)


async def _told(database: "Database", prefix: str) -> dict[str, Any]:
    return next(row for row in await _rows(database) if row["prefix"] == prefix)


async def _every() -> list[dict[str, Any]]:
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        return await _rows(database)


async def _rows(database: "Database") -> list[dict[str, Any]]:
    from directory.store import keys as kept

    async with database.reading() as connection:
        found = await kept.every(connection)
    return [{field: getattr(key, field) or None for field in COLUMNS} for key in found]


async def _revoke(prefix: str) -> bool:
    from directory.store import keys as kept
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        async with database.writing() as connection:
            ended = await kept.revoke(connection, prefix, now())
        if ended:
            await _note(database, "keyRevoke", prefix)
        return ended


async def _note(database: "Database", field: str, *prefixes: str) -> None:
    """Into the audit log, before anything is shown."""
    from directory.store import audit
    from gateway.cli.author import author

    named = tuple(f"Key:{prefix}" for prefix in prefixes)
    entry = audit.Entry(
        kind=audit.Kind.MUTATION, at=now(), door="circuit", subject=author(), field=field, ids=named, outcome="DONE"
    )
    async with database.writing() as connection:
        await audit.append(connection, [entry])
