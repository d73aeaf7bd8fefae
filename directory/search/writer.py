"""Suppliers into tantivy's files, batch by batch, in threads: for a whole base or for what changed since one.

Whatever is written in one go is one segment, so that hits of equal score come in the order documents are sorted in.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Collection
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import tantivy
from msgspec import Struct
from tantivy import Occur

from directory.records import Supplier, utc
from directory.search import analysis, generations, layout
from directory.search.chains import Ranks
from directory.search.document import Document, document
from directory.search.reader import Reader
from directory.search.terms import all_of

# The buffer is taken as it fills: about 20 MB for 12,000 suppliers, 400 MB for 300,000.
MEMORY_BYTES: Final = 2_000_000_000
_BATCH: Final = 250
_IS_LATE: Final[Document] = {layout.LATE: "1"}

P = ParamSpec("P")
T = TypeVar("T")
Stored = tuple[Supplier, datetime]


class Built(Struct, frozen=True, kw_only=True):
    """What was written. ``suppliers`` are all of the generation, of which ``changed`` since its base. ``withheld`` are
    suppliers met that the public may not know of (:mod:`directory.disclosure`); ``skipped`` pairs the id of each one
    that could not be indexed with the reason."""

    generation: str
    suppliers: int
    changed: int = 0
    withheld: int
    skipped: tuple[tuple[int, str], ...]
    seconds: float


async def in_thread(index_dir: Path, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The call in a thread, waited for even when whoever asked is cancelled. Raises IndexNotBuilt."""
    working = asyncio.ensure_future(asyncio.to_thread(call, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])  # a thread cannot be stopped, and must not go on writing while files are swept
        raise
    except (OSError, ValueError) as error:
        raise generations.not_built(index_dir, error) from error


async def _batches(suppliers: AsyncIterable[Stored]) -> AsyncGenerator[list[Stored]]:
    batch: list[Stored] = []
    async for found in suppliers:
        batch.append(found)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


class Writing:
    """Documents on their way into tantivy's files in a folder."""

    def __init__(self, index: tantivy.Index, extra: Document, without: Collection[int] = ()) -> None:
        self.indexed = 0
        self.withheld = 0
        self.skipped: list[tuple[int, str]] = []
        self.index = index
        self._extra = extra
        self._ranks = Ranks(Reader(index) if without else None, without)
        self._schema = layout.schema()
        analysis.register(index)
        gone = tantivy.Query.term_set_query(self._schema, layout.ID, sorted(without))
        self._left = Reader(index).best(all_of([(Occur.MustNot, gone)]), 0).total
        self._writer = index.writer(heap_size=MEMORY_BYTES, num_threads=1)
        if without:
            # By a query: by term, tantivy-py deletes nothing of an unsigned field.
            self._writer.delete_documents_by_query(gone)
        self._known: set[int] = set()
        self._is_open = True

    @classmethod
    def of_base(cls, folder: Path) -> "Writing":
        """A new index in an empty folder."""
        folder.mkdir(parents=True)
        schema, descending = layout.schema(), tantivy.Order.Desc
        return cls(tantivy.Index(schema, str(folder), sort_by_field=layout.BY_QUALITY, sort_order=descending), {})

    @classmethod
    def on_top(cls, folder: Path, without: Collection[int]) -> "Writing":
        """More of an index that is there, less the suppliers of these ids."""
        return cls(tantivy.Index.open(str(folder)), _IS_LATE, without)

    @property
    def seen(self) -> int:
        """How many suppliers were met."""
        return self.indexed + self.withheld + len(self.skipped)

    async def take(
        self, index_dir: Path, suppliers: AsyncIterable[Stored], progress: Callable[[int], None] | None = None
    ) -> None:
        """Write all of these. Raises IndexNotBuilt; errors of ``suppliers`` itself pass through."""
        async with aclosing(_batches(suppliers)) as batches:
            async for batch in batches:
                await in_thread(index_dir, self._add, batch)
                if progress:
                    progress(self.seen)

    def _add(self, batch: list[Stored]) -> None:
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
                behind = self._ranks.behind(supplier.id, fields)
                whole: Document = fields | {layout.BEHIND: behind} | self._extra
                # Given the schema, a value of the wrong type is refused here; without it, it is lost at commit.
                self._writer.add_document(tantivy.Document.from_dict(whole, self._schema))
                self._known.add(supplier.id)
                self.indexed += 1

    def finish(self) -> int:
        """All is on the disk: how many suppliers there are now, with those of before. Raises ValueError."""
        self._writer.commit()
        self._close()
        self.index.reload()
        written, expected = self.index.searcher(), self._left + self.indexed
        if written.num_docs != expected or written.num_segments > bool(self._left) + 1:
            raise ValueError(f"{written.num_docs} of {expected} suppliers in {written.num_segments} segments")
        return expected

    def abandon(self) -> None:
        """Let go of what was not finished; nothing when it was."""
        if self._is_open:
            self._writer.rollback()
            self._close()

    def built(self, generation: str, suppliers: int, seconds: float, changed: int = 0) -> Built:
        """What was written, told."""
        return Built(
            generation=generation,
            suppliers=suppliers,
            changed=changed,
            withheld=self.withheld,
            skipped=tuple(self.skipped),
            seconds=seconds,
        )

    def _close(self) -> None:
        """Tantivy's threads have ended and its files are what they will be."""
        self._is_open = False
        self._writer.wait_merging_threads()
