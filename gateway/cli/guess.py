"""``circuit partners guess``: the table of a partner for ``circuit.toml``, guessed from its CSV file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.output import Failure, say

if TYPE_CHECKING:
    from connectors.guessing import Guess

File = Annotated[Path, typer.Argument(metavar="FILE.csv", help="A CSV file with a header.", show_default=False)]


def register(partners: typer.Typer) -> None:
    """Add the command of this module."""
    partners.command()(guess)


def guess(
    file: File,
    name: Annotated[str, typer.Option(metavar="NAME", help="The partner's name; else the file's.")] = "",
) -> None:
    """Print a ready [partners.NAME] table for circuit.toml; columns that are left out are named."""
    from connectors import PartnerError, declare
    from connectors.guessing import partner_name

    found = guessed(file)
    partner = name or partner_name(file.stem)
    table = found.table() | {"path": _path(file)}
    try:
        declare(partner, table)
    except PartnerError as error:
        raise Failure(f"{error}.", code=2) from None
    for note in found.notes:
        say(f"{file}: {note}.")
    for line in _lines(partner, table, found):
        typer.echo(line)


def guessed(file: Path) -> "Guess":
    """What the file seems to be. Raises :class:`Failure` for one of which nothing can be made."""
    from connectors.guessing import NoGuess
    from connectors.guessing import guess as look

    try:
        return look(file)
    except NoGuess as error:
        raise Failure(str(error), code=2) from None


def _path(file: Path) -> str:
    """The file as ``circuit.toml`` names it: from the folder where that is, or in full."""
    from gateway.settings_sources import config_path

    home, path = config_path().parent.absolute(), file.absolute()
    return str(path.relative_to(home)) if path.is_relative_to(home) else str(path)


def _lines(partner: str, table: Mapping[str, Any], found: "Guess") -> Iterator[str]:
    yield f"[partners.{partner}]"
    for key, value in table.items():
        if key != "fields":
            yield f"{key} = {_toml(value)}"
    yield ""
    yield f"[partners.{partner}.fields]"
    for key, value in table["fields"].items():
        yield f"{key} = {_toml(value)}"
    if found.left_out:
        yield f"# Left out: {', '.join(' '.join(name.split()) for name in found.left_out)}"


def _toml(value: object) -> str:
    """A value as TOML: texts, lists and small tables."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML's basic strings are JSON's but this
