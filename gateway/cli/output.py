"""What the commands print: tables for people, JSON for programs, one clear line for a failure."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

SENTENCE = 28  # columns that a text of several words is given at least
GAP = 3  # between two columns

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

    A column in which no row has anything is left out of the table. Where the screen is too narrow for the table, each
    row is shown below the other, a line a column: words are never broken to make it fit.
    """
    if json:
        as_json(rows)
        return
    shown = {key: heading for key, heading in columns.items() if any(row.get(key) is not None for row in rows)}
    cells = [[_cell(row.get(key)) for key in shown] for row in rows]
    headings = list(shown.values())
    if _needed(headings, cells) <= console.width:
        console.print(_drawn(headings, cells))
        return
    for row in cells:
        told = [[heading, cell] for heading, cell in zip(headings, row, strict=True) if cell]
        console.print(_drawn(["", ""], told))


def _drawn(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> Table:
    drawn = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, show_header=any(headings))
    for heading, column in zip(headings, _by_column(headings, cells), strict=True):
        drawn.add_column(heading, overflow="fold", no_wrap=not any(map(_is_sentence, column)))
    for row in cells:
        drawn.add_row(*map(escape, row))
    return drawn


def _needed(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """The width of the narrowest readable table."""
    columns = _by_column(headings, cells)
    least = (SENTENCE if any(map(_is_sentence, column)) else max(map(cell_len, column)) for column in columns)
    return sum(least) + GAP * len(headings)


def _by_column(headings: Sequence[str], cells: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[heading, *(row[place] for row in cells)] for place, heading in enumerate(headings)]


def _is_sentence(text: str) -> bool:
    """Whether it reads well in several lines."""
    return len(text) > SENTENCE and " " in text


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
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
