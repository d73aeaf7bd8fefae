"""Building the index whole: a new base beside the generation served, swapped in when it is done.

Suppliers stream through; what grows with their number is tantivy's own buffer, up to :data:`.writer.MEMORY_BYTES`. A
build that fails or is killed leaves what was served as it was, and its remains go with the next build.
"""

from collections.abc import AsyncIterable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from time import perf_counter

from directory.records import Supplier, utc
from directory.search import generations, locks
from directory.search.generations import Meta
from directory.search.update import Since, on_top
from directory.search.writer import Built, Writing, in_thread

__all__ = ["Built", "build"]


async def build(
    index_dir: Path,
    suppliers: AsyncIterable[tuple[Supplier, datetime]],
    *,
    clock: Callable[[], datetime],
    revision: int = 0,
    mark: str = "",
    since: Since | None = None,
    progress: Callable[[int], None] | None = None,
) -> Built:
    """Index every supplier with the instant it last changed, then serve the result.

    ``revision`` and ``mark`` are the store's from before the suppliers were read; the generation remembers them. With
    ``since`` it is served together with what has changed meanwhile: updates may go on beside, and nothing that one of
    them has shown goes back. ``progress`` is told how many are done, from time to time. The event loop is left free:
    work goes to threads. Raises IndexBusy, IndexNotBuilt; errors of ``suppliers`` and ``since`` pass through.
    """
    with locks.only_builder(index_dir):
        generations.sweep_bases(index_dir)
        started, now = perf_counter(), utc(clock())
        name = generations.new_base(now)
        try:
            writing = await in_thread(index_dir, Writing.of_base, generations.files_in(index_dir, name))
            try:
                await writing.take(index_dir, suppliers, progress)
                count = await in_thread(index_dir, writing.finish)
            finally:
                await in_thread(index_dir, writing.abandon)
            base = await in_thread(
                index_dir,
                generations.described,
                index_dir,
                name,
                suppliers=count,
                revision=revision,
                mark=mark,
                built_at=now,
            )
            async with locks.updater_in_turn(index_dir):
                served = await _serve(index_dir, base, since, clock)
                await in_thread(index_dir, generations.sweep_on_top, index_dir)
        finally:
            await in_thread(index_dir, generations.sweep_bases, index_dir)
    return writing.built(
        served.generation if served else name,
        served.suppliers if served else count,
        perf_counter() - started,
        served.changed if served else 0,
    )


async def _serve(index_dir: Path, base: Meta, since: Since | None, clock: Callable[[], datetime]) -> Built | None:
    """Swap the base in, with what has changed since on it; None when nothing has."""
    async with AsyncExitStack() as asked:
        news = await asked.enter_async_context(since(base.mark)) if since else None
        if news and news.mark != base.mark:
            return await on_top(index_dir, base, news, clock)
    await in_thread(index_dir, generations.publish, index_dir, base.generation)
    return None
