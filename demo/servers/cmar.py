"""The Chambre de métiers: one CP1252 CSV file behind nginx, with its ETag of mtime and size."""

import csv
import gzip
import io
from datetime import datetime
from email.utils import format_datetime
from typing import Any, ClassVar

from aiohttp import hdrs, web

from demo.clocks import french, from_ms, to_ms
from demo.ledger import Key, Record, Stock
from demo.servers.base import Clock, PartnerServer, now
from demo.servers.oauth import basic_matches

COLUMNS = (
    "NUMERO_RM", "SIREN", "SIRET", "DENOMINATION", "ENSEIGNE", "METIER", "CODE_APE", "ADRESSE", "CODE_POSTAL",
    "COMMUNE", "TELEPHONE", "COURRIEL", "SITE", "QUALITE", "LABELS", "MODIFIE_LE",
)  # fmt: skip
FILE = "/export/artisans.csv"
USER = "demo"
PASSWORD = "demo"  # noqa: S105 - a demo value, shown to everyone


class CmarServer(PartnerServer):
    """A static file: conditional GET, optional HTTP Basic, gzip on the fly which turns the ETag weak."""

    name: ClassVar[str] = "cmar"
    key_type = str

    def __init__(
        self,
        stock: Stock,
        *,
        clock: Clock = now,
        protected: bool = True,
        password: str = PASSWORD,
        gzipped: bool = True,
    ) -> None:
        super().__init__(stock, clock=clock)
        self._protected = protected
        self._password = password
        self._gzipped = gzipped
        self._mtime = self.ledger.newest() // 1000
        self._file: tuple[bytes, bytes] | None = None
        self._added = 0

    def app(self) -> web.Application:
        """The file, laid out before the first request."""
        app = web.Application()
        app.router.add_get(FILE, self.answer)
        app.on_startup.append(self._prepare)
        return app

    def settings(self, address: str) -> dict[str, Any]:
        """Address and demo credentials."""
        settings: dict[str, Any] = {"base_url": f"{address}{FILE}"}
        return settings | {"username": USER, "password": self._password} if self._protected else settings

    def new_key(self, record: Record) -> Key:
        """The number given, else the next one of the register."""
        self._added += 1
        return str(record.get("NUMERO_RM") or f"RM13-A{self._added:05d}")

    def stamped(self, record: Record, key: Key, instant: datetime, *, created: bool) -> Record:
        """``MODIFIE_LE``, Paris time."""
        return {**record, "NUMERO_RM": key, "MODIFIE_LE": french(instant)}

    def _write(self, key: Key, record: Record, *, created: bool) -> None:
        super()._write(key, record, created=created)
        self._touch()

    def delete(self, external_id: str) -> None:
        """Remove a row: the next export lacks it, which is all that a reader can see."""
        super().delete(external_id)
        self._touch()

    def _touch(self) -> None:
        self._file = None
        self._mtime = to_ms(self.clock()) // 1000

    async def _prepare(self, _: web.Application) -> None:
        await self._contents()

    async def _contents(self) -> tuple[bytes, bytes]:
        """The file and its gzip."""
        if self._file is None:
            rows = await self.ledger.encoded(self.ledger.living(), "csv", _line)
            plain = _encode(COLUMNS) + b"".join(rows)
            self._file = plain, gzip.compress(plain, compresslevel=1, mtime=0)
        return self._file

    async def answer(self, request: web.Request) -> web.Response:
        """``GET`` and ``HEAD`` of the file."""
        if self._protected and not basic_matches(request.headers.get(hdrs.AUTHORIZATION, ""), USER, self._password):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="export"'})
        plain, packed = await self._contents()
        etag = f'"{self._mtime:x}-{len(plain):x}"'
        headers = {"ETag": etag, "Last-Modified": format_datetime(from_ms(self._mtime * 1000), usegmt=True)}
        if _unchanged(request, headers):
            return web.Response(status=304, headers=headers)
        if not (self._gzipped and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "")):
            return web.Response(body=plain, headers={**headers, "Accept-Ranges": "bytes"}, content_type="text/csv")
        headers |= {"ETag": f"W/{etag}", "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        response = web.Response(body=packed, headers=headers, content_type="text/csv")
        response.enable_chunked_encoding()  # packed while it is sent: nginx does not know the length beforehand
        return response


def _unchanged(request: web.Request, headers: dict[str, str]) -> bool:
    """nginx's rule: every condition that is sent must hold; ETags compare weakly, dates exactly."""
    known = request.headers.get(hdrs.IF_NONE_MATCH)
    since = request.headers.get(hdrs.IF_MODIFIED_SINCE)
    if known is None and since is None:
        return False
    same = known is None or headers["ETag"] in {tag.strip().removeprefix("W/") for tag in known.split(",")}
    return same and since in (None, headers["Last-Modified"])


def _line(record: Record) -> bytes:
    return _encode([record.get(column) or "" for column in COLUMNS])


def _encode(cells: tuple[str, ...] | list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode("cp1252", errors="replace")
