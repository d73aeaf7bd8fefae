"""The manifest of trusted documents as a file that changes: a client's new build is taken up without a restart."""

import asyncio
from pathlib import Path

import structlog
from strawberry.schema import Schema

from gateway.errors import SettingsError
from gateway.manifests import Trusted, trusted
from gateway.operations import Documents
from gateway.settings_limits import Limits

log = structlog.get_logger()

Mark = tuple[int, int, int] | None


class ManifestFile:
    """``trusted`` are the documents of the last good file; ``problem`` says what is wrong with the one that is there.

    Raises :class:`SettingsError` where the first one is not good; without a path nothing is trusted.
    """

    def __init__(self, path: Path | None, schema: Schema, limits: Limits) -> None:
        self._path, self._schema, self._limits = path, schema, limits
        self._seen = _mark(path)
        self.trusted = self._read()
        self.problem: str | None = None

    async def refresh(self) -> None:
        """Read it again where it has changed; one that cannot be used changes nothing but ``problem``."""
        mark = await asyncio.to_thread(_mark, self._path)
        if mark == self._seen:
            return
        try:
            self.trusted, self.problem = await asyncio.to_thread(self._read), None
            log.info("manifest.ready", documents=len(self.trusted))
        except SettingsError as error:
            self.problem = f"{error} Until then the documents of the file before it are trusted."
            log.warning("manifest.not_taken_up", problem=self.problem)
        self._seen = mark

    def _read(self) -> Trusted:
        # Documents of its own: those of the hub are for its event loop alone.
        return trusted(self._path, self._schema._schema, Documents(self._schema, self._limits).select)


def _mark(path: Path | None) -> Mark:
    """What differs when the file has been written or another put in its place; ``None`` where there is none."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return found and (found.st_ino, found.st_size, found.st_mtime_ns)
