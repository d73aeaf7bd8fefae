"""CSV out of chunks of bytes: rows as they become whole, a bad row set aside without losing those after it."""

import csv
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from connectors.charsets import Charset, WrongCharset
from connectors.contract import Declaration
from connectors.mapping import MAX_ID
from connectors.paging import Batch
from connectors.picking import first
from connectors.readers import line as one_line
from directory.records import Unusable

_LONGEST_LINE: Final = 262_144
# Of one row in which quoted cells hold line ends.
_MOST_LINES: Final = 50
_LONGEST_ROW: Final = 65_536
# Characters of its rows as JSON, in which every one repeats the header.
_LARGEST_BATCH: Final = 4_000_000
_EXCERPT: Final = 200
_DELIMITERS: Final = ";,\t|"


class CsvFault(Exception):
    """The file as a whole cannot be read. ``str()`` follows the partner's name and ends with the remedy."""


def split(line: str, delimiter: str) -> list[str]:
    """The cells of a row that is one line; of one whose quotes do not match, whatever stands between delimiters."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return line.split(delimiter)


class Table:
    """Rows of one file. ``is_cut`` once it is finished: it ended in mid-line although lines should be ended.

    ``charset`` takes the place of the declared one.
    """

    def __init__(self, declaration: Declaration, charset: str | None = None) -> None:
        self.is_cut = False
        self._declared = declaration
        self._charset = Charset(charset or declaration.charset)
        self._delimiter = declaration.csv.delimiter
        self._number_column = declaration.csv.row_number
        self._number = 0
        self._header: list[str] = []
        self._rest = b""
        self._open: list[str] = []
        self._line = 0
        self._bytes = 0
        self._size = 0
        self._rows: list[str] = []
        self._unusable: list[Unusable] = []

    def feed(self, chunk: bytes) -> Iterator[Batch]:
        """Batches that a chunk completes."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LONGEST_LINE:
            raise CsvFault(
                f"line {self._line + 1} of its file is longer than {_LONGEST_LINE:,} bytes; ask the partner for a CSV "
                "file"
            )
        for line in lines:
            self._take(line)
            if max(len(self._rows), len(self._unusable)) >= self._declared.page_size or self._size > _LARGEST_BATCH:
                yield self._batch()

    def finish(self) -> Batch:
        """What is left at the end of the file."""
        if self._rest:
            self.is_cut = self._declared.csv.final_newline
            self._take(self._rest)
        if self._open:
            self._end_open()
        if not self._header:
            raise CsvFault(f"its file is empty; correct {self._declared.setting(self._declared.place)}")
        return self._batch()

    def _batch(self) -> Batch:
        unusable = tuple(self._unusable)
        batch = Batch(rows=self._rows, size_bytes=self._bytes, unusable=unusable, is_page=False)
        self._rows, self._unusable, self._bytes, self._size = [], [], 0, 0
        return batch

    def _take(self, line: bytes) -> None:
        self._line += 1
        self._bytes += len(line) + 1
        try:
            text = self._charset.text(self._charset.unmarked(line) if self._line == 1 else line)
        except WrongCharset as fault:
            raise CsvFault(
                f"line {self._line} of its file {fault}; correct {self._declared.setting('charset')}"
            ) from None
        if self._line == 1 and self._declared.guesses_delimiter:
            self._delimiter = self._guessed(text.removesuffix("\r"))
        self._add(text.removesuffix("\r"))

    def _add(self, text: str) -> None:
        if not self._open and '"' not in text:
            self._row(text.split(self._delimiter), text)
            return
        self._open.append(text)
        row = "\n".join(self._open)
        try:
            cells = next(csv.reader([row], delimiter=self._delimiter, strict=True), [])
        except csv.Error:
            is_hopeless = len(self._open) >= _MOST_LINES or len(row) > _LONGEST_ROW
            if is_hopeless or row.count('"') % 2 == 0:
                self._give_up()
            return
        self._open = []
        self._row(cells, row)

    def _end_open(self) -> None:
        """Judges a quote that is open at the end of the file: one that does not belong there has whole rows after it,
        and one whose cell goes on where the file was cut has none.
        """
        is_last_line, unusable = len(self._open) == 1, len(self._unusable)
        while self._open:
            self._give_up()
        if is_last_line or len(self._unusable) > unusable + 1:
            self.is_cut = self._declared.csv.final_newline

    def _give_up(self) -> None:
        """Sets aside the line that opened a quote which never closes, and reads the lines after it anew."""
        first, *others = self._open
        self._open = []
        self._number += 1
        self._skip("The row's quotes do not match: ask the partner to double quotes inside a cell.", first)
        for text in others:
            self._add(text)

    def _row(self, cells: list[str], text: str) -> None:
        if not self._header:
            self._header = self._checked_header(cells)
        elif len(cells) == len(self._header):
            if any(cells):
                self._number += 1
                record = dict(zip(self._header, cells, strict=True))
                if self._number_column:
                    record[self._number_column] = str(self._number)
                row = msgspec.json.encode(record).decode()
                self._rows.append(row)
                self._size += len(row)
        elif text:
            expected = len(self._header)
            reason = f"The row has {len(cells)} cells where the header has {expected}: ask the partner to mend it."
            self._number += 1
            self._skip(reason, text, self._id_of(cells))

    def _id_of(self, cells: Sequence[str]) -> str | None:
        """A row's id as in any other, where it comes first and can be told although its other cells cannot."""
        source = self._declared.fields.id[0]
        if source.paths == (self._number_column,):
            return str(self._number)
        if source.paths != (self._header[0],):
            return None
        external_id = first((source,), flat=True)({source.path: cells[0]})
        return external_id if len(external_id) <= MAX_ID else None

    def _skip(self, reason: str, text: str, external_id: str | None = None) -> None:
        self._unusable.append(Unusable(external_id or None, reason, one_line(text[: 2 * _EXCERPT])[:_EXCERPT]))

    def _checked_header(self, cells: Sequence[str]) -> list[str]:
        header = [cell.strip() for cell in cells]
        if header[0].startswith("<"):
            raise CsvFault(f"its file is HTML instead of CSV; correct {self._declared.setting(self._declared.place)}")
        missing = self._missing(header)
        if missing and len(header) == 1 and any(mark in header[0] for mark in _DELIMITERS):
            raise CsvFault(f"its columns are separated otherwise; correct {self._declared.setting('csv')}.delimiter")
        if missing:
            raise CsvFault(
                f"its file has no column {', '.join(missing[:5])}; correct {self._declared.setting('fields')} if the "
                "partner renamed it"
            )
        named = list(filter(None, header))  # separators at the end of the line make columns without a name
        if len(set(named)) < len(named):
            raise CsvFault("two columns of its file have the same name; ask the partner to rename one")
        if self._number_column in named:
            raise CsvFault(
                f"its file has a column {self._number_column}; correct {self._declared.setting('csv')}.row_number"
            )
        return header

    def _guessed(self, line: str) -> str:
        """What separates the columns of a header: the declared delimiter, unless only another makes sense of it."""
        marks = [self._delimiter, *(mark for mark in _DELIMITERS if mark in line)]
        return min(marks, key=lambda mark: len(self._missing(split(line, mark))))

    def _missing(self, header: Sequence[str]) -> list[str]:
        present = {cell.strip() for cell in header} | {self._number_column}
        return [column for column in self._indispensable() if column not in present]

    def _indispensable(self) -> Sequence[str]:
        """Columns that ``only``, or a field that every member must have, is read from; of any other that is gone the
        shape of the records tells.
        """
        fields = [getattr(self._declared.fields, name) for name in ("id", "name", *self._declared.required)]
        places = [path for sources in fields for source in sources for path in source.paths]
        return list(dict.fromkeys([*places, *self._declared.only]))
