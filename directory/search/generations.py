"""Generations of the index on disk, and which one is served.

``<index_dir>/<generation>/index`` is tantivy's, ``<generation>/meta.json`` is ours, ``<index_dir>/current`` names the
generation to serve. A *base* holds every supplier of one moment; a generation called ``<base>+…`` has the files of its
base, by hard links, and what changed since (:mod:`.update`). A writer works beside what is served and then replaces the
pointer, which is atomic; a reader that has a generation open keeps its files after they are unlinked: so POSIX has it.
"""

import os
import secrets
import shutil
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Final
from zlib import crc32

import msgspec
import tantivy
from cachetools import LRUCache

from directory.search import analysis, layout
from directory.search.errors import IndexMissing, IndexNotBuilt, IndexOutdated
from directory.search.reader import panics_named

ENGINE: Final = version("tantivy")
_POINTER: Final = "current"
_META: Final = "meta.json"
_ON_TOP: Final = "+"
# Tantivy's lists of files, of which each generation has its own; into other files it never writes again.
_REPLACED: Final = ".json"
_PART: Final = 1 << 20
_REMEDY: Final = 'run "circuit index"'
_MOST_KNOWN: Final = 1024


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What a generation says of itself.

    ``revision`` is the store's, ``mark`` says how far the store's log of changes was read. ``base`` is what it was made
    of (itself, when it is a base) with its moment, and ``changed`` how many suppliers have changed since. ``files`` are
    tantivy's with their checksums: damage is seen at once.
    """

    generation: str
    version: int
    analysis: str
    engine: str
    suppliers: int
    revision: int
    built_at: datetime
    files: dict[str, int]
    base: str = ""
    base_built_at: datetime | None = None
    mark: str = ""
    changed: int = 0


class Fingerprint(msgspec.Struct, frozen=True):
    """Tells one state of the pointer from another without reading it."""

    inode: int
    modified_ns: int


# Names


def new_base(at: datetime) -> str:
    """A name for a base that is about to be built."""
    return f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def new_on(base: str) -> str:
    """A name for a generation made of this base."""
    return f"{base}{_ON_TOP}{secrets.token_hex(4)}"


def base_of(generation: str) -> str:
    """The base that a generation is made of."""
    return generation.partition(_ON_TOP)[0]


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


# Reading


def read_meta(index_dir: Path, generation: str) -> Meta:
    """What the generation says of itself, checked. Raises IndexMissing, IndexOutdated."""
    try:
        meta = msgspec.json.decode((index_dir / generation / _META).read_bytes(), type=Meta)
    except (OSError, msgspec.DecodeError):
        raise IndexMissing(f"The search index {generation} in {index_dir} is damaged: {_REMEDY}.") from None
    if meta.version != layout.VERSION or meta.engine != ENGINE:
        raise IndexOutdated(f"The search index {generation} was built by another version of the hub: {_REMEDY}.")
    if meta.analysis != analysis.digest():
        raise IndexOutdated(f"The search index {generation} was built with another text analysis: {_REMEDY}.")
    if _files(files_in(index_dir, generation), _known.checksum) != meta.files:
        raise IndexMissing(f"The search index {generation} in {index_dir} lacks files or has damaged ones: {_REMEDY}.")
    return meta


def files_in(index_dir: Path, generation: str) -> Path:
    """Where a generation has tantivy's files."""
    return index_dir / generation / "index"


def _files(folder: Path, checksum: Callable[[Path], int]) -> dict[str, int]:
    """Tantivy's files and the CRC-32 of each, lock files left out; none when they cannot be read."""
    try:
        return {found.name: checksum(found) for found in folder.iterdir() if found.suffix != ".lock"}
    except OSError:
        return {}


def _checksum(path: Path) -> int:
    """Reads at 1 GB/s."""
    checksum = 0
    with path.open("rb") as file:
        while part := file.read(_PART):
            checksum = crc32(part, checksum)
    return checksum


class _Known:
    """Checksums of files that this process has read and nobody has touched since.

    The files of a base are those of every generation on it: they are read once, and looked at (a stat) from then on.
    """

    def __init__(self) -> None:
        self._known: LRUCache[tuple[int, ...], int] = LRUCache(_MOST_KNOWN)
        self._lock = Lock()

    def checksum(self, path: Path) -> int:
        found = path.stat()
        key = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        with self._lock:
            known = self._known.get(key)
        if known is None:
            known = _checksum(path)
            with self._lock:
                self._known[key] = known
        return known


_known: Final = _Known()


def open_index(index_dir: Path, generation: str) -> tantivy.Index:
    """Tantivy's index of a generation, with the tokenizer known to it. Raises IndexMissing."""
    try:
        with panics_named():
            index = tantivy.Index.open(str(files_in(index_dir, generation)))
    except (ValueError, OSError):
        raise IndexMissing(f"The search index {generation} in {index_dir} cannot be opened: {_REMEDY}.") from None
    analysis.register(index)
    return index


# Writing


def described(
    index_dir: Path,
    generation: str,
    *,
    suppliers: int,
    revision: int,
    mark: str,
    built_at: datetime,
    on: Meta | None = None,
    changed: int = 0,
) -> Meta:
    """Write what a generation whose files are whole says of itself; it is not served yet.

    ``on`` is its base, when it is none itself.
    """
    shared = {name: checksum for name, checksum in (on.files if on else {}).items() if not name.endswith(_REPLACED)}
    meta = Meta(
        generation=generation,
        version=layout.VERSION,
        analysis=analysis.digest(),
        engine=ENGINE,
        suppliers=suppliers,
        revision=revision,
        built_at=built_at,
        # Read now, whatever was known: these are the sums that others are compared with.
        files=_files(
            files_in(index_dir, generation),
            lambda path: shared[path.name] if path.name in shared else _checksum(path),
        ),
        base=base_of(generation),
        base_built_at=on.built_at if on else built_at,
        mark=mark,
        changed=changed,
    )
    describe(index_dir, meta)
    return meta


def describe(index_dir: Path, meta: Meta) -> None:
    """Write, or replace, what the generation says of itself."""
    _write_whole(index_dir / meta.generation / _META, msgspec.json.encode(meta))


def publish(index_dir: Path, generation: str) -> None:
    """Serve it from now on; all of it is on the disk before the pointer says so."""
    _write_whole(index_dir / _POINTER, generation.encode("ascii"))


def share(index_dir: Path, base: str, generation: str) -> Path:
    """Begin a generation with the files of its base: links, or copies where the file system has none."""
    folder = files_in(index_dir, generation)
    folder.mkdir(parents=True)
    for found in files_in(index_dir, base).iterdir():
        if found.name.endswith(_REPLACED):
            shutil.copyfile(found, folder / found.name)
        elif found.suffix != ".lock":
            _link(found, folder / found.name)
    return folder


def _link(found: Path, there: Path) -> None:
    try:
        there.hardlink_to(found)
    except OSError:
        shutil.copyfile(found, there)


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


def sweep_bases(index_dir: Path) -> None:
    """Remove every base but that of the generation served: older ones, and what a killed build has left.

    For who holds the builder's lock.
    """
    _sweep(index_dir, lambda name, served: _ON_TOP not in name and name != base_of(served))


def sweep_on_top(index_dir: Path) -> None:
    """Remove every generation on top of a base but the one served. For who holds the updater's lock."""
    _sweep(index_dir, lambda name, served: _ON_TOP in name and name != served)


def _sweep(index_dir: Path, is_over: Callable[[str, str], bool]) -> None:
    try:
        served = current(index_dir)
    except IndexMissing:
        served = ""
    for found in index_dir.iterdir():
        if found.is_dir() and is_over(found.name, served):
            shutil.rmtree(found, ignore_errors=True)


def not_built(index_dir: Path, error: Exception) -> IndexNotBuilt:
    """What to raise when writing fails."""
    return IndexNotBuilt(
        f"The search index could not be written to {index_dir} ({error}): "
        f"free space or mend the permissions there, then {_REMEDY}."
    )
