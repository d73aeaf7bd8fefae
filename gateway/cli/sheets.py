"""Rows as CSV or JSON Lines, on standard output or in a file that is whole or not there.

A spreadsheet takes a cell that begins like a formula for one, and partners' text is not ours to trust: such a cell
gets a ``'`` in front. Ids are for machines, which join by them, and are written to the letter unless a spreadsheet is
meant to read them.
"""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any, Final

import msgspec
import typer

from gateway.cli.output import Failure


class Format(StrEnum):
    """How it is written."""

    CSV = "csv"
    JSONL = "jsonl"


Write = Callable[[dict[str, Any]], None]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there instead; whole, or not at all.")
]
ForSpreadsheets = Annotated[
    bool,
    typer.Option("--for-spreadsheets", help="Put a ' before ids, too, that a spreadsheet would take for a formula."),
]

# Columns of keys; a partner gives the second, which may hold anything.
IDS: Final = frozenset({"partner", "external_id", "supplier_id", "establishment_id"})
_FORMULA: Final = ("=", "@", "\t", "\r")
_SIGNED: Final = ("+", "-")


@contextmanager
def writing(output: Path | None, form: Format = Format.CSV, *, for_spreadsheets: bool = False) -> Iterator[Write]:
    """What writes a row to a file, which is there once all are, or to standard output."""
    if output is None:
        yield _csv(sys.stdout, for_spreadsheets) if form is Format.CSV else _jsonl(sys.stdout.buffer.write)
        sys.stdout.flush()
        return
    unfinished = output.with_name(f".{output.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield _csv(file, for_spreadsheets) if form is Format.CSV else _jsonl(lambda line: file.write(line.decode()))
        unfinished.replace(output)
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _jsonl(put: Callable[[bytes], object]) -> Write:
    def write(row: dict[str, Any]) -> None:
        put(msgspec.json.encode(row) + b"\n")

    return write


def _csv(stream: IO[str], for_spreadsheets: bool) -> Write:
    writer = csv.writer(stream, lineterminator="\n")
    heading: list[str] = []

    def write(row: dict[str, Any]) -> None:
        if not heading:
            heading.extend(row)
            writer.writerow(heading)
        writer.writerow(cell(value, guarded=for_spreadsheets or name not in IDS) for name, value in row.items())

    return write


def cell(value: object, *, guarded: bool = True) -> str:
    """A value as a CSV cell: lists joined by ``|``, instants in ISO 8601; ``guarded``, no formula to be run."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if guarded and _is_formula(value) else value
    if isinstance(value, Iterable):
        return "|".join(cell(part, guarded=guarded) for part in value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _is_formula(text: str) -> bool:
    # A phone in E.164 begins with a plus and is no formula.
    return text.startswith(_FORMULA) or (text.startswith(_SIGNED) and not text[1:].replace(".", "").isdigit())
