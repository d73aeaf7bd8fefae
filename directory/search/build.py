"""Building the index: a new generation beside the one served, swapped in when it is whole.

Suppliers stream through; what grows with their number is tantivy's own buffer, up to :data:`MEMORY_BYTES`. A build that
fails or is killed leaves what was served as it was, and its remains go with the next build.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Final, ParamSpec, TypeVar

import tantivy
from msgspec import Struct

from directory.records import Supplier, utc
from directory.search import analysis, generations, layout
from directory.search.document import document
from directory.search.generations import Meta

# One segment holds the whole index, so that hits of equal score come in the order documents are sorted in. The buffer
# is taken as it fills: about 20 MB for 12,000 suppliers, 400 MB for 300,000.
MEMORY_BYTES: Final = 2_000_000_000
_BATCH: Final = 250

P = ParamSpec("P")
T = TypeVar("T")


class Built(Struct, frozen=True, kw_only=True):
    """What a build made. ``withheld`` are suppliers that the public may not know of (:mod:`directory.disclosure`);
    ``skipped`` pairs the id of each one that could not be indexed with the reason."""

    generation: str
    suppliers: int
    withheld: int
    skipped: tuple[tuple[int, str], ...]
    seconds: float


async def build(
    index_dir: Path,
    suppliers: AsyncIterable[tuple[Supplier, datetime]],
    *,
    clock: Callable[[], datetime],
    revision: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Built:
    """Index every supplier with the instant it last changed, then serve the result.

    ``revision`` is the store's that the suppliers were read at; the generation remembers it. ``progress`` is told how
    many are done, from time to time. The event loop is left free: work goes to a thread, batch
    by batch. Raises IndexBusy, IndexNotBuilt; errors of ``suppliers`` itself pass through.
    """
    with generations.only_builder(index_dir):
        generations.sweep(index_dir)
        started, now = perf_counter(), utc(clock())
        work = await _in_thread(index_dir, _Work, index_dir, f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}")
        try:
            async with aclosing(_batches(suppliers)) as batches:
                async for batch in batches:
                    await _in_thread(index_dir, work.add, batch)
                    if progress:
                        progress(work.seen)
            await _in_thread(index_dir, work.finish, now, revision)
        finally:
            await _in_thread(index_dir, work.close)
    return work.built(perf_counter() - started)


async def _in_thread(index_dir: Path, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    working = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])  # a thread cannot be stopped, and must not go on writing while files are swept
        raise
    except (OSError, ValueError) as error:
        raise generations.not_built(index_dir, error) from error


async def _batches(
    suppliers: AsyncIterable[tuple[Supplier, datetime]],
) -> AsyncGenerator[list[tuple[Supplier, datetime]]]:
    batch: list[tuple[Supplier, datetime]] = []
    async for found in suppliers:
        batch.append(found)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


class _Work:
    """One generation being written."""

    def __init__(self, index_dir: Path, name: str) -> None:
        self.indexed = 0
        self.withheld = 0
        self.skipped: list[tuple[int, str]] = []
        self._index_dir, self._name = index_dir, name
        self._schema = layout.schema()
        folder = index_dir / name / "index"
        folder.mkdir(parents=True)
        self._index = tantivy.Index(
            self._schema, str(folder), sort_by_field=layout.BY_QUALITY, sort_order=tantivy.Order.Desc
        )
        analysis.register(self._index)
        self._writer = self._index.writer(heap_size=MEMORY_BYTES, num_threads=1)
        self._known: set[int] = set()
        self._writing = True

    @property
    def seen(self) -> int:
        return self.indexed + self.withheld + len(self.skipped)

    def built(self, seconds: float) -> Built:
        return Built(
            generation=self._name,
            suppliers=self.indexed,
            withheld=self.withheld,
            skipped=tuple(self.skipped),
            seconds=seconds,
        )

    def add(self, batch: list[tuple[Supplier, datetime]]) -> None:
        for supplier, updated_at in batch:
            try:
                fields = document(supplier, utc(updated_at))
            except (ValueError, OverflowError) as error:
                self.skipped.append((supplier.id, str(error)))
                continue
            if supplier.id in self._known:
                self.skipped.append((supplier.id, "The supplier came twice."))
            elif fields is None:
                self.withheld += 1
            else:
                # Given the schema, a value of the wrong type is refused here; without it, it is lost at commit.
                self._writer.add_document(tantivy.Document.from_dict(fields, self._schema))
                self._known.add(supplier.id)
                self.indexed += 1

    def finish(self, now: datetime, revision: int) -> None:
        self._writer.commit()
        self._end_writing()
        self._index.reload()
        written = self._index.searcher()
        if written.num_docs != self.indexed or written.num_segments > 1:
            raise ValueError(f"{written.num_docs} of {self.indexed} suppliers in {written.num_segments} segments")
        generations.publish(
            self._index_dir,
            Meta(
                generation=self._name,
                version=layout.VERSION,
                analysis=analysis.digest(),
                engine=generations.ENGINE,
                suppliers=self.indexed,
                revision=revision,
                built_at=now,
                files=generations.files_of(self._index_dir, self._name),
            ),
        )

    def close(self) -> None:
        """Let go of what was not finished, then leave nothing but the generation served."""
        try:
            if self._writing:
                self._writer.rollback()
                self._end_writing()
        finally:
            generations.sweep(self._index_dir)

    def _end_writing(self) -> None:
        """Tantivy's threads have ended and its files are what they will be."""
        self._writing = False
        self._writer.wait_merging_threads()
