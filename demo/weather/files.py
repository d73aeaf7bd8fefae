"""Days of a CSV file: cut, with stray separators, with columns moved, added or renamed, or with nothing in it."""

from collections.abc import Sequence
from dataclasses import replace

from demo.weather.answers import Answer, table, written
from demo.weather.days import FILES_ONLY, Day, Exchange
from demo.weather.manners import Manner

_Table = list[list[str]]


class FileDay(Day):
    """A day of partners that give their directory as one file."""

    @classmethod
    def absent(cls, manner: Manner) -> str | None:
        """Only files."""
        return None if manner.is_file else FILES_ONLY


class TableDay(FileDay):
    """The rows are not what they were."""

    def changed(self, rows: _Table) -> Sequence[Sequence[str]]:
        """The rows, the header first."""
        raise NotImplementedError

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The file with these rows."""
        charset = exchange.manner.charset
        return replace(answer, body=written(self.changed(table(answer.body, charset, ";")), charset, ";"))


class CutAtLine(TableDay):
    """The export stopped after half of its lines."""

    name = "cut_at_line"

    def changed(self, rows: _Table) -> _Table:
        """The first half."""
        return rows[: len(rows) // 2]


class CutInQuotes(FileDay):
    """The export stopped inside a quoted cell."""

    name = "cut_in_quotes"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """Half of the lines, and the beginning of one more."""
        lines = answer.body.split(b"\r\n")
        return replace(answer, body=b"\r\n".join([*lines[: len(lines) // 2], b'RM13-9;;;"Durand ; p\xe8re']))


class StraySeparators(FileDay):
    """One row has a separator too many, unquoted."""

    name = "stray_separators"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """The second member's row."""
        lines = answer.body.split(b"\r\n")
        lines[2] = lines[2].replace(b";", b";;", 1)
        return replace(answer, body=b"\r\n".join(lines))


class ColumnsMoved(TableDay):
    """The columns stand in another order."""

    name = "columns_moved"

    def changed(self, rows: _Table) -> _Table:
        """The last column first."""
        return [[*cells[::-1]] for cells in rows]


class ColumnAdded(TableDay):
    """A column more."""

    name = "column_added"

    def changed(self, rows: _Table) -> _Table:
        """In the middle."""
        return [[*cells[:3], "NOUVEAU" if rank == 0 else "oui", *cells[3:]] for rank, cells in enumerate(rows)]


class ColumnRenamed(FileDay):
    """The name's column has another name."""

    name = "column_renamed"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """In the header."""
        name = exchange.manner.name_at.encode()
        return replace(answer, body=answer.body.replace(name, b"RAISON", 1))


class HeaderOnly(TableDay):
    """A header, and no member."""

    name = "header_only"

    def changed(self, rows: _Table) -> _Table:
        """The header."""
        return rows[:1]


class EmptyFile(FileDay):
    """A file of one line end."""

    name = "empty_file"

    def spoilt(self, answer: Answer, exchange: Exchange) -> Answer:
        """Nothing to read."""
        return replace(answer, body=b"\r\n")
