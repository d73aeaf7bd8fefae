"""Rows as bytes: CSV as French spreadsheets open it, JSON Lines, and XLSX.

A spreadsheet takes a cell that begins like a formula for one, and partners' text is not ours to trust. In CSV such a
cell gets a ``'`` in front (OWASP, "CSV Injection"); in XLSX every text is written as text, which nothing evaluates.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import phonenumbers
import xlsxwriter

from directory.export.columns import NO_LICENCE, Column, Credit, Row, is_empty
from directory.portrait import Value, as_text

_BOM: Final = "\ufeff"  # without it Excel takes UTF-8 for the code page of the machine
_DELIMITER: Final = ";"  # what spreadsheets set to French expect, the comma being in numbers
# The full-width forms are taken for formulas by some spreadsheets too.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LONGEST_CELL: Final = 32_767  # Excel's
_WIDTH: Final = 20
_PHONE: Final = "phone"


class Format(StrEnum):
    """A kind of file; the value is its suffix."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"

    @property
    def media_type(self) -> str:
        """For the header Content-Type."""
        return _MEDIA[self]


_MEDIA: Final = {
    Format.CSV: "text/csv; charset=utf-8; header=present",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSONL: "application/jsonl; charset=utf-8",
}


class Streamed(Protocol):
    """A file that is made from its beginning to its end."""

    def head(self) -> bytes:
        """What comes before the first row."""
        ...

    def rows(self, rows: Sequence[Row]) -> bytes:
        """The next rows."""
        ...


class JsonLines:
    """One JSON object a row, keys as in GraphQL."""

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, rows: Sequence[Row]) -> bytes:
        """A line each."""
        return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


class Csv:
    """CSV (RFC 4180 but for the semicolon), headings in French."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._buffer = io.StringIO()
        self._writer = csv.writer(self._buffer, delimiter=_DELIMITER)

    def head(self) -> bytes:
        """The line of headings."""
        self._buffer.write(_BOM)
        self._writer.writerow([column.heading for column in self._columns])
        return self._taken()

    def rows(self, rows: Sequence[Row]) -> bytes:
        """A line each."""
        for row in rows:
            self._writer.writerow([_csv_cell(column.key, row[column.key]) for column in self._columns])
        return self._taken()

    def _taken(self) -> bytes:
        text = self._buffer.getvalue()
        self._buffer.seek(0)
        self._buffer.truncate()
        return text.encode()


def _csv_cell(key: str, value: Value) -> str:
    if isinstance(value, float):
        return f"{value}".replace(".", ",")
    text = as_text(_for_people(key, value))
    is_number = isinstance(value, int)
    return f"'{text}" if text.startswith(_FORMULA) and not is_number else text


def _for_people(key: str, value: Value) -> Value:
    """A French telephone as it is dialled in France, any other one as it is written abroad."""
    if key != _PHONE or not isinstance(value, str):
        return value
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return value
    is_french = number.country_code == phonenumbers.country_code_for_region("FR")
    form = phonenumbers.PhoneNumberFormat.NATIONAL if is_french else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form)


class Workbook:
    """An XLSX file of two sheets: the suppliers, and whom they are owed to. Rows go to the disk as they come."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns = columns
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(path.parent),
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format({"bold": True})
        self._day = self._book.add_format({"num_format": "dd/mm/yyyy"})
        self._instant = self._book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        self._sheet = self._begin("Fournisseurs", [column.heading for column in columns])
        self._written = 0

    def add(self, rows: Sequence[Row]) -> None:
        """The next rows."""
        for row in rows:
            self._written += 1
            for place, column in enumerate(self._columns):
                self._put(self._sheet, self._written, place, _for_people(column.key, row[column.key]))

    def close(self, credited: Sequence[Credit], question: Sequence[tuple[str, str]], exported_at: datetime) -> None:
        """Name the sources, the question and the date, and write the file."""
        self._sheet.autofilter(0, 0, self._written, len(self._columns) - 1)
        sheet = self._begin("Sources", ["Annuaire", "Organisation", "Licence", "Site"])
        lines: list[tuple[Value, ...]] = [
            (each.name, each.organisation, each.licence or NO_LICENCE, each.url) for each in credited
        ]
        asked: list[tuple[Value, ...]] = [
            (),
            ("Extrait le (UTC)", exported_at),
            ("Fournisseurs", self._written),
            *question,
        ]
        for number, line in enumerate((*lines, *asked), start=1):
            for place, value in enumerate(line):
                self._put(sheet, number, place, value)
        self._book.close()

    def abandon(self) -> None:
        """Let go of what was begun: writing the file is the one public way to; its folder goes with it."""
        self._book.close()

    def _begin(self, name: str, headings: Sequence[str]) -> Any:
        sheet = self._book.add_worksheet(name)
        sheet.set_column(0, len(headings) - 1, _WIDTH)
        sheet.freeze_panes(1, 0)
        for place, heading in enumerate(headings):
            sheet.write_string(0, place, heading, self._bold)
        return sheet

    def _put(self, sheet: Any, row: int, place: int, value: Value) -> None:
        if is_empty(value):
            return
        if isinstance(value, datetime):
            sheet.write_datetime(row, place, value.astimezone(UTC).replace(tzinfo=None), self._instant)
        elif isinstance(value, date):
            sheet.write_datetime(row, place, value, self._day)
        elif isinstance(value, int | float):
            sheet.write_number(row, place, value)
        else:
            sheet.write_string(row, place, as_text(value)[:_LONGEST_CELL])
