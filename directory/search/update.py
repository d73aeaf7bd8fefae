"""Bringing the index up to date by what changed: a new generation of the base's files and the changed suppliers on top.

Tantivy keeps them as a second segment and notes of the base which of its suppliers count no more, so that whoever asks
is answered over both. Each update is made of the base anew, from all that changed since: whatever an earlier one did,
or did not live to do, has no part in it. The more has changed the longer it takes (0.3 ms a supplier); a base that is
:func:`worn` is best built anew beside.
"""

from collections.abc import AsyncIterable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from directory.records import Supplier, utc
from directory.search import generations, locks
from directory.search.errors import IndexOutdated, IndexProblem
from directory.search.generations import Meta
from directory.search.writer import Built, Writing, in_thread

# An update of so many takes three seconds: a change is then sooner found in a new base.
MOST_CHANGED: Final = 10_000
# A base is built anew when so large a share of it lies on top, but not for fewer than the first of these numbers and
# always for the second; or something does after a day: what a company said that has left is in the base's files until
# then, although no question finds it.
WORN_SHARE: Final = 0.05
WORN_BY: Final = (100, 2_000)
WORN_AFTER: Final = timedelta(days=1)


class News(Struct, frozen=True, kw_only=True):
    """What has changed in the store since a mark, all of it at one moment.

    ``changed`` are the ids of suppliers that came, changed, or went; ``suppliers`` are those of them that are there,
    with the instant each last changed. ``revision`` and ``mark`` are the store's now.
    """

    revision: int
    mark: str
    changed: frozenset[int]
    suppliers: AsyncIterable[tuple[Supplier, datetime]]


# Asks the store for what changed since a mark; None when the mark is not one of its own.
Since = Callable[[str], AbstractAsyncContextManager[News | None]]


async def update(index_dir: Path, since: Since, *, clock: Callable[[], datetime]) -> Built | None:
    """Serve what has changed since the base was built; None when no supplier has since the generation served.

    Raises IndexMissing and IndexOutdated when a base has to be built first, IndexBusy, IndexNotBuilt; errors of
    ``since`` itself pass through.
    """
    with locks.only_updater(index_dir):
        base, served = await in_thread(index_dir, _in_place, index_dir)
        async with since(base.mark) as news:
            if news is None:
                raise IndexOutdated(f"The search index in {index_dir} was built from another store: rebuild it.")
            if served and served.mark == news.mark:
                if served.revision != news.revision:
                    await in_thread(index_dir, generations.describe, index_dir, replace(served, revision=news.revision))
                return None
            if len(news.changed) > MOST_CHANGED:
                raise IndexOutdated(
                    f"{len(news.changed)} suppliers have changed since the search index in {index_dir} was built: "
                    "rebuild it."
                )
            return await on_top(index_dir, base, news, clock)


def worn(meta: Meta, at: datetime) -> bool:
    """Whether so much lies on the base, or for so long, that it should be built anew."""
    if not meta.changed:
        return False
    fewest, most = WORN_BY
    age = at - (meta.base_built_at or meta.built_at)
    return meta.changed > max(fewest, min(most, WORN_SHARE * meta.suppliers)) or age > WORN_AFTER


def _in_place(index_dir: Path) -> tuple[Meta, Meta | None]:
    """The base and, if it can be served, the generation on it. Raises IndexMissing, IndexOutdated."""
    name = generations.current(index_dir)
    base = generations.read_meta(index_dir, generations.base_of(name))
    try:
        return base, generations.read_meta(index_dir, name)
    except IndexProblem:
        return base, None


async def on_top(index_dir: Path, base: Meta, news: News, clock: Callable[[], datetime]) -> Built:
    """Write the news on the base and serve both. For who holds the updater's lock."""
    started, name = perf_counter(), generations.new_on(base.generation)
    try:
        writing = await in_thread(index_dir, _begin, index_dir, base.generation, name, news.changed)
        try:
            await writing.take(index_dir, news.suppliers)
            suppliers = await in_thread(index_dir, writing.finish)
        finally:
            await in_thread(index_dir, writing.abandon)
        await in_thread(index_dir, _serve, index_dir, name, base, news, suppliers, utc(clock()))
    finally:
        await in_thread(index_dir, generations.sweep_on_top, index_dir)
    return writing.built(name, suppliers, perf_counter() - started, len(news.changed))


def _begin(index_dir: Path, base: str, name: str, changed: frozenset[int]) -> Writing:
    return Writing.on_top(generations.share(index_dir, base, name), changed)


def _serve(index_dir: Path, name: str, base: Meta, news: News, suppliers: int, at: datetime) -> None:
    generations.described(
        index_dir,
        name,
        suppliers=suppliers,
        revision=news.revision,
        mark=news.mark,
        built_at=at,
        on=base,
        changed=len(news.changed),
    )
    generations.publish(index_dir, name)
