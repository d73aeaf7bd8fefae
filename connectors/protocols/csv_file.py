"""One CSV file, over HTTP or on this machine: read row by row, and not at all when its validators say it is the same.

The file is the whole directory each time: what is gone from it is withdrawn.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from aiohttp import hdrs
from yarl import URL

from connectors.protocols.base import Batches, Position, Protocol
from connectors.protocols.csv_rows import CsvFault, Table
from connectors.replies import http_date
from directory.records import Scope

# nginx's ETag is mtime and size: content that changes again within the second keeps it (RFC 9110, 8.8.2.2).
_SETTLED_AFTER: Final = timedelta(seconds=2)


class CsvFile(Protocol):
    """``GET {base_url}`` with ``If-None-Match`` and ``If-Modified-Since``."""

    _validators: Mapping[str, str] | None = None

    @property
    def reads_whole(self) -> bool:
        """A file is one answer."""
        return True

    @property
    def address(self) -> URL:
        """The file itself; of one on this machine the name alone, for copies are kept under it."""
        return super().address if self.declared.path is None else URL.build(path=f"/{Path(self.declared.path).name}")

    async def everything(self) -> Batches:
        """All rows."""
        async for batch in self._read({}):
            yield batch

    async def changes(self, since: Position) -> Batches:
        """All rows, or none when the file is the one of last time."""
        conditions = {hdrs.IF_NONE_MATCH: since.get("etag"), hdrs.IF_MODIFIED_SINCE: since.get("modified")}
        async for batch in self._read({name: value for name, value in conditions.items() if value}):
            yield batch

    def position(self, newest: datetime | None) -> Position | None:
        """The file's validators, unless it is so young that they may outlive its content."""
        return self._validators

    async def _read(self, conditions: Mapping[str, str]) -> Batches:
        self.start(Scope.FULL)
        async with self.http.stream(self.address, conditions) as (response, chunks):
            if response.status == 304:
                self.scope, self._validators = Scope.UNCHANGED, _kept(conditions)
                return
            self._validators = _validators(response.headers)
            table = Table(self.declared, self._charset_of(response.headers))
            try:
                async for chunk in chunks:
                    for batch in table.feed(chunk):
                        yield batch
                yield table.finish()
            except CsvFault as fault:
                raise self.http.refused(str(fault)) from None
        if table.is_cut:
            remedy = f"; if it is whole, set {self.declared.setting('csv')}.final_newline to false"
            raise self.http.unsettled(
                "its file ends in mid-line, as if it were being written; try again later"
                + (remedy if self.declared.path is not None else "")
            )

    def _charset_of(self, headers: Mapping[str, str]) -> str:
        """The declared character set, or what a look at the whole file gave, with a word about it."""
        if not self.declared.guesses_charset:
            return self.declared.charset
        found = "cp1252" if headers.get(hdrs.CONTENT_TYPE, "").endswith("cp1252") else "utf-8"
        if found != self.declared.charset:
            self.notes.append(
                f"its file is not in {self.declared.charset} and was read as {found}; if that is right, set "
                f"{self.declared.setting('charset')} to it"
            )
        return found


def _validators(headers: Mapping[str, str]) -> Mapping[str, str] | None:
    etag, modified = headers.get(hdrs.ETAG), headers.get(hdrs.LAST_MODIFIED)
    now, written = http_date(headers.get(hdrs.DATE)), http_date(modified)
    if written is not None and (now is None or now - written < _SETTLED_AFTER):
        return None
    return {key: value for key, value in (("etag", etag), ("modified", modified)) if value} or None


def _kept(conditions: Mapping[str, str]) -> Mapping[str, str]:
    kept = {"etag": conditions.get(hdrs.IF_NONE_MATCH), "modified": conditions.get(hdrs.IF_MODIFIED_SINCE)}
    return {key: value for key, value in kept.items() if value}
