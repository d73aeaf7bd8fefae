"""What the commands print: tables for people, JSON for programs, one clear line for a failure."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


class Failure(Exception):
    """A command cannot do what was asked. ``str()`` is one sentence: the thing, the cause, the remedy."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


def say(sentence: str) -> None:
    """A sentence beside the result; it goes to the error stream so that a pipe reads the result alone."""
    errors.print(sentence, markup=False, soft_wrap=True)


def as_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
    sys.stdout.flush()


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, json: bool) -> None:
    """Rows as a table whose ``columns`` are key → heading, or as a JSON array holding every key.

    A column in which no row has anything is left out of the table.
    """
    if json:
        as_json(rows)
        return
    shown = {key: heading for key, heading in columns.items() if any(row.get(key) is not None for row in rows)}
    drawn = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for heading in shown.values():
        drawn.add_column(heading, overflow="fold")
    for row in rows:
        drawn.add_row(*(escape(_cell(row.get(key))) for key in shown))
    console.print(drawn)


def age(seconds: float | None) -> str:
    """``95`` → ``1 min``; the largest unit only, for a reader who wants to know whether to worry."""
    if seconds is None:
        return "never"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def _cell(value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
