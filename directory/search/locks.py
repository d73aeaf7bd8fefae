"""Who may write to a directory of generations: one builder of whole ones, and one who brings the one served up to date.

Both are locks of the kernel's on a file: whoever dies lets go of them.
"""

import asyncio
import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, TextIO

from directory.search import generations
from directory.search.errors import IndexBusy

_AGAIN_SECONDS: Final = 0.02


@contextmanager
def only_builder(index_dir: Path) -> Iterator[None]:
    """Held while a whole generation is written: two builders would sweep away each other's work.

    Raises IndexBusy, IndexNotBuilt.
    """
    with _held(index_dir, "build.lock", f"Another process is building the search index in {index_dir}: wait for it."):
        yield


@contextmanager
def only_updater(index_dir: Path) -> Iterator[None]:
    """Held while the generation to serve is changed. Raises IndexBusy, IndexNotBuilt."""
    said = f"Another process is bringing the search index in {index_dir} up to date: wait for it."
    with _held(index_dir, "update.lock", said):
        yield


@asynccontextmanager
async def updater_in_turn(index_dir: Path) -> AsyncIterator[None]:
    """The same for a builder who is done: waits for an update that is under way, which takes seconds."""
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(only_updater(index_dir))
                break
            except IndexBusy:
                await asyncio.sleep(_AGAIN_SECONDS)
        yield


@contextmanager
def _held(index_dir: Path, name: str, said: str) -> Iterator[None]:
    with _opened(index_dir, name) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IndexBusy(said) from None
        yield


def _opened(index_dir: Path, name: str) -> TextIO:
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        return (index_dir / name).open("w")
    except OSError as error:
        raise generations.not_built(index_dir, error) from None
