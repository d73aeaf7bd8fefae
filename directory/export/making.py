"""One export from beginning to end: the suppliers found become the bytes of a file, bit by bit."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from directory.export.columns import Column, Credit, columns, row
from directory.export.found import every_found
from directory.export.writing import Csv, Format, JsonLines, Workbook
from directory.search.engine import Snapshot
from directory.search.query import SearchQuery
from directory.store.reading import Reader

_PART: Final = 1 << 16


class Export(Struct, frozen=True, kw_only=True):
    """What is asked of which generation of the index, and what its rows show. ``asked`` are the question's arguments
    as its asker gave them, for whoever opens the file later.
    """

    reader: Reader
    index: Snapshot
    question: SearchQuery
    asked: Mapping[str, Any]
    form: Format
    columns: tuple[Column, ...]
    credited: tuple[Credit, ...]
    at: datetime

    @property
    def name(self) -> str:
        """What the file is called."""
        return f"fournisseurs-{self.at:%Y-%m-%d}.{self.form.value}"

    def chunks(self) -> AsyncGenerator[bytes]:
        """The file; to be closed. Raises InvalidQuery, and StoreError."""
        return self._workbook() if self.form is Format.XLSX else self._lines()

    async def _lines(self) -> AsyncGenerator[bytes]:
        writer = Csv(self.columns) if self.form is Format.CSV else JsonLines()
        head = writer.head()
        async with aclosing(every_found(self.index, self.reader, self.question)) as pages:
            async for page in pages:
                yield head + writer.rows([row(found, self.columns) for found in page])
                head = b""

    async def _workbook(self) -> AsyncGenerator[bytes]:
        """A workbook is a packed folder, whose parts are only known at its end: it is made on the disk first."""
        with tempfile.TemporaryDirectory(prefix="circuit-export-") as folder:
            path = Path(folder) / "export.xlsx"
            await self._write(path)
            with path.open("rb") as file:
                while part := await asyncio.to_thread(file.read, _PART):
                    yield part

    async def _write(self, path: Path) -> None:
        book = Workbook(path, self.columns)
        try:
            async with aclosing(every_found(self.index, self.reader, self.question)) as pages:
                async for page in pages:
                    await asyncio.to_thread(book.add, [row(found, self.columns) for found in page])
        except BaseException:
            await asyncio.to_thread(book.abandon)
            raise
        said = [(name, value if isinstance(value, str) else _compact(value)) for name, value in self.asked.items()]
        await asyncio.to_thread(book.close, self.credited, said, self.at)


async def prepare(
    reader: Reader,
    index: Snapshot,
    question: SearchQuery,
    asked: Mapping[str, Any],
    form: Format,
    at: datetime,
    address_of: Callable[[int], str],
) -> Export:
    """The export, ready to be made. Raises StoreError."""
    at = at.replace(microsecond=0)
    credited = {state.info.id: Credit.of(state.info) for state in await reader.partners()}
    return Export(
        reader=reader,
        index=index,
        question=question,
        asked=asked,
        form=form,
        columns=columns(question.role, credited, at, has_place=question.near is not None, address_of=address_of),
        credited=tuple(credited.values()),
        at=at,
    )


def _compact(value: Any) -> str:
    return msgspec.json.encode(value).decode()
