"""``circuit key``: API keys are made, listed and ended here; a key is shown once and kept as a hash."""

from typing import Annotated, Any

import typer

from directory.disclosure import Role
from directory.records import now
from gateway.cli.context import run
from gateway.cli.output import AsJson, Failure, as_json, console, say, table
from gateway.settings import Settings

keys = typer.Typer(help="API keys of partners, buyers and stewards.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(keys, name="key")


def _named(name: str) -> str:
    if not name.strip():
        raise typer.BadParameter("say who holds the key")
    return name.strip()


@keys.command()
def create(
    role: Annotated[Role, typer.Option(case_sensitive=False, help="What the key's bearer may do.")],
    name: Annotated[str, typer.Option(help="Who holds the key; shown in lists.", callback=_named)],
    partner: Annotated[str | None, typer.Option(help="For the role PARTNER: the partner it speaks for.")] = None,
    json: AsJson = False,
) -> None:
    """Make a key and show it, once."""
    made = run(_create(role, name, partner))
    if json:
        as_json({"prefix": made.prefix, "token": made.token, "role": role.value, "name": name, "partner": partner})
        return
    console.out(made.token, highlight=False)
    say(f"Role {role.value}, for {name}. It is shown this once; send it as « Authorization: Bearer cc_… ».")


@keys.command("list")
def listed(json: AsJson = False) -> None:
    """Every key: its public prefix, role, holder and last use."""
    columns = {"prefix": "prefix", "role": "role", "name": "name", "partner": "partner"}
    columns |= {"created_at": "created", "last_used_at": "last used", "revoked_at": "revoked"}
    table(run(_every()), columns, json=json)


@keys.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="The public part of the key, as `circuit key list` shows it.")],
) -> None:
    """End a key; every process refuses it within a second."""
    if not run(_revoke(prefix)):
        raise Failure(f"No key in force has the prefix {prefix!r}; `circuit key list` shows those there are.")
    say(f"The key {prefix} has ended.")


async def _create(role: Role, name: str, partner: str | None) -> Any:
    from gateway.auth import create_key
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        return await create_key(database, role=role, name=name, partner=partner)


async def _every() -> list[dict[str, Any]]:
    from directory.store import keys as kept
    from gateway.stores import opened_store

    shown = ("prefix", "role", "name", "partner", "created_at", "last_used_at", "revoked_at")
    async with opened_store(Settings()) as database, database.reading() as connection:
        return [{field: getattr(key, field) for field in shown} for key in await kept.every(connection)]


async def _revoke(prefix: str) -> bool:
    from directory.store import keys as kept
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database, database.writing() as connection:
        return await kept.revoke(connection, prefix, now())
