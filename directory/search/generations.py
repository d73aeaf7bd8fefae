"""Generations of the index on disk, and which one is served.

``<index_dir>/<generation>/index`` is tantivy's, ``<generation>/meta.json`` is ours, ``<index_dir>/current`` names the
generation to serve. A builder writes beside what is served and then replaces the pointer, which is atomic; a reader
that has a generation open keeps its files after they are unlinked, as POSIX promises.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final, TextIO
from zlib import crc32

import msgspec
import tantivy

from directory.search import analysis, layout
from directory.search.errors import IndexBusy, IndexMissing, IndexNotBuilt, IndexOutdated
from directory.search.reader import panics_named

ENGINE: Final = version("tantivy")
_POINTER: Final = "current"
_PART: Final = 1 << 20
_REMEDY: Final = 'run "circuit index"'


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What a generation says of itself. ``files`` are tantivy's with their checksums: damage is seen at once."""

    generation: str
    version: int
    analysis: str
    engine: str
    suppliers: int
    revision: int
    built_at: datetime
    files: dict[str, int]


class Fingerprint(msgspec.Struct, frozen=True):
    """Tells one state of the pointer from another without reading it."""

    inode: int
    modified_ns: int


def pointer_fingerprint(index_dir: Path) -> Fingerprint | None:
    """A stat of the pointer; None when there is none."""
    try:
        found = (index_dir / _POINTER).stat()
    except OSError:
        return None
    return Fingerprint(found.st_ino, found.st_mtime_ns)


def current(index_dir: Path) -> str:
    """The generation to serve. Raises IndexMissing."""
    try:
        name = (index_dir / _POINTER).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise IndexMissing(f"There is no search index in {index_dir}: {_REMEDY}.") from None
    if not name or Path(name).name != name:
        raise IndexMissing(f"The pointer to the search index in {index_dir} is damaged: {_REMEDY}.")
    return name


def read_meta(index_dir: Path, generation: str) -> Meta:
    """What the generation says of itself, checked. Raises IndexMissing, IndexOutdated."""
    try:
        meta = msgspec.json.decode((index_dir / generation / "meta.json").read_bytes(), type=Meta)
    except (OSError, msgspec.DecodeError):
        raise IndexMissing(f"The search index {generation} in {index_dir} is damaged: {_REMEDY}.") from None
    if meta.version != layout.VERSION or meta.engine != ENGINE:
        raise IndexOutdated(f"The search index {generation} was built by another version of the hub: {_REMEDY}.")
    if meta.analysis != analysis.digest():
        raise IndexOutdated(f"The search index {generation} was built with another text analysis: {_REMEDY}.")
    if files_of(index_dir, generation) != meta.files:
        raise IndexMissing(f"The search index {generation} in {index_dir} lacks files or has damaged ones: {_REMEDY}.")
    return meta


def files_of(index_dir: Path, generation: str) -> dict[str, int]:
    """Tantivy's files and the CRC-32 of each, lock files left out. Reads at 1 GB/s; none when they cannot be read."""
    folder = index_dir / generation / "index"
    try:
        return {found.name: _checksum(found) for found in folder.iterdir() if found.suffix != ".lock"}
    except OSError:
        return {}


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while part := file.read(_PART):
            checksum = crc32(part, checksum)
    return checksum


def open_index(index_dir: Path, generation: str) -> tantivy.Index:
    """Tantivy's index of a generation, with the tokenizer known to it. Raises IndexMissing."""
    try:
        with panics_named():
            index = tantivy.Index.open(str(index_dir / generation / "index"))
    except (ValueError, OSError):
        raise IndexMissing(f"The search index {generation} in {index_dir} cannot be opened: {_REMEDY}.") from None
    analysis.register(index)
    return index


def publish(index_dir: Path, meta: Meta) -> None:
    """Write the generation's meta and serve it from now on; all is on the disk before the pointer says so."""
    _write_whole(index_dir / meta.generation / "meta.json", msgspec.json.encode(meta))
    _write_whole(index_dir / _POINTER, meta.generation.encode("ascii"))


def _write_whole(path: Path, content: bytes) -> None:
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep(index_dir: Path) -> None:
    """Remove every generation but the one served: older ones, and what a killed build has left."""
    try:
        served = current(index_dir)
    except IndexMissing:
        served = ""
    for found in index_dir.iterdir():
        if found.is_dir() and found.name != served:
            shutil.rmtree(found, ignore_errors=True)


@contextmanager
def only_builder(index_dir: Path) -> Iterator[None]:
    """Held while building: two builders would sweep away each other's work. Raises IndexBusy, IndexNotBuilt."""
    with _lock_file(index_dir) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IndexBusy(f"Another process is building the search index in {index_dir}: wait for it.") from None
        yield


def _lock_file(index_dir: Path) -> TextIO:
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        return (index_dir / "build.lock").open("w")
    except OSError as error:
        raise not_built(index_dir, error) from None


def not_built(index_dir: Path, error: Exception) -> IndexNotBuilt:
    """What to raise when writing fails."""
    return IndexNotBuilt(
        f"The search index could not be written to {index_dir} ({error}): "
        f"free space or mend the permissions there, then {_REMEDY}."
    )
