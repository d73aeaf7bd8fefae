"""One directory of generations and many processes: readers elsewhere, writers that die, files that are damaged."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from directory.search import analysis, generations
from directory.search.engine import TantivyEngine
from directory.search.errors import IndexBusy, IndexMissing, IndexOutdated
from directory.search.query import FacetField, SearchQuery
from directory.search.update import News, update
from tests.directory.search.search_kit import NOW, Shelf, Stored, folders, ids, supplier

PATIENCE = 30.0
SPAWN = multiprocessing.get_context("spawn")


def _read(index_dir: str, asked: "multiprocessing.connection.Connection") -> None:
    """Until told to end, look as a server does and tell each new answer with the moment it was first given."""
    engine, last = TantivyEngine.open(Path(index_dir)), None
    while not asked.poll(0.05):
        engine.refresh()
        found = engine.snapshot
        total = found.search(SearchQuery()).total
        counted = found.facets(SearchQuery(), (FacetField.STATUS,))[0].buckets[0].count
        if (total, counted) != last:
            last = total, counted
            asked.send((total, counted, time.time()))
    asked.close()


async def test_readers_in_other_processes_see_each_update_within_a_second(tmp_path: Path) -> None:
    shelf = Shelf([supplier(1)])
    await shelf.build(tmp_path)
    readers = []
    for _ in range(2):
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=_read, args=(str(tmp_path), theirs))
        process.start()
        readers.append((process, ours))
    for _, ours in readers:
        assert (await asyncio.to_thread(ours.recv))[:2] == (1, 1)
    for number in (2, 3, 4):
        shelf.put(supplier(number))
        await shelf.update(tmp_path)
        swapped = time.time()
        for _, ours in readers:
            total, counted, at = await asyncio.to_thread(ours.recv)
            assert (total, counted) == (number, number)
            assert at - swapped < 1
    for process, ours in readers:
        ours.send("enough")
        process.join(PATIENCE)
        assert process.exitcode == 0


def _update_and_hang(index_dir: str, started: "multiprocessing.synchronize.Event") -> None:
    async def hanging() -> AsyncIterator[Stored]:
        yield supplier(7), NOW
        started.set()
        await asyncio.sleep(60)

    @asynccontextmanager
    async def since(_: str) -> AsyncIterator[News]:
        yield News(revision=9, mark="9", changed=frozenset({1, 7}), suppliers=hanging())

    asyncio.run(update(Path(index_dir), since, clock=lambda: NOW))


async def test_an_update_that_is_killed_changes_nothing_and_the_next_does_its_work(tmp_path: Path) -> None:
    shelf = Shelf([supplier(1), supplier(2)])
    base = await shelf.build(tmp_path)
    shelf.put(supplier(3))
    first = await shelf.update(tmp_path)
    assert first is not None
    engine = TantivyEngine.open(tmp_path)
    started = SPAWN.Event()
    writer = SPAWN.Process(target=_update_and_hang, args=(str(tmp_path), started))
    writer.start()
    assert await asyncio.to_thread(started.wait, PATIENCE)
    shelf.put(supplier(4))
    with pytest.raises(IndexBusy) as busy:
        await shelf.update(tmp_path)
    assert str(busy.value) == f"Another process is bringing the search index in {tmp_path} up to date: wait for it."
    assert writer.pid
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert len(folders(tmp_path)) == 3
    assert not engine.refresh()
    assert ids(TantivyEngine.open(tmp_path), SearchQuery()) == [1, 2, 3]
    second = await shelf.update(tmp_path)
    assert second is not None
    assert folders(tmp_path) == [base.generation, second.generation]
    assert engine.refresh()
    assert ids(engine, SearchQuery()) == [1, 2, 3, 4]


def _flip_a_bit(folder: Path, suffix: str) -> None:
    found = max(folder.glob(f"*{suffix}"), key=lambda each: each.stat().st_mtime_ns)
    content = bytearray(found.read_bytes())
    content[len(content) // 2] ^= 1
    found.unlink()
    found.write_bytes(content)


def _scribble(folder: Path, _: str) -> None:
    (folder.parent / "meta.json").write_text("{")


@pytest.mark.parametrize(("harm", "suffix"), [(_flip_a_bit, ".term"), (_flip_a_bit, ".del"), (_scribble, "")])
async def test_a_damaged_update_is_said_its_base_is_served_and_the_next_mends_it(
    tmp_path: Path, harm: Callable[[Path, str], None], suffix: str
) -> None:
    shelf = Shelf([supplier(number) for number in range(1, 4)])
    base = await shelf.build(tmp_path)
    shelf.put(supplier(1, "Autre"), supplier(4))
    damaged = await shelf.update(tmp_path)
    assert damaged is not None
    held = TantivyEngine.open(tmp_path)
    harm(generations.files_in(tmp_path, damaged.generation), suffix)
    late = TantivyEngine.open(tmp_path)
    assert (late.generation, ids(late, SearchQuery())) == (base.generation, [1, 2, 3])
    for _ in range(2):
        with pytest.raises(IndexMissing, match="damaged"):
            late.refresh()
    assert ids(held, SearchQuery()) == [1, 2, 3, 4]
    # Nothing more has changed; the generation itself is reason enough.
    mended = await shelf.update(tmp_path)
    assert mended is not None
    for engine in (late, held):
        assert engine.refresh()
        assert (engine.generation, ids(engine, SearchQuery())) == (mended.generation, [1, 2, 3, 4])


async def test_a_damaged_base_is_said_what_is_open_stays_served_and_a_build_mends_it(tmp_path: Path) -> None:
    shelf = Shelf([supplier(number) for number in range(1, 4)])
    base = await shelf.build(tmp_path)
    shelf.put(supplier(4))
    await shelf.update(tmp_path)
    held = TantivyEngine.open(tmp_path)
    _flip_a_bit(generations.files_in(tmp_path, base.generation), ".idx")
    shelf.put(supplier(5))
    with pytest.raises(IndexMissing) as damaged:
        await shelf.update(tmp_path)
    assert str(damaged.value) == (
        f'The search index {base.generation} in {tmp_path} lacks files or has damaged ones: run "circuit index".'
    )
    assert not held.refresh()
    assert ids(held, SearchQuery()) == [1, 2, 3, 4]
    mended = await shelf.build(tmp_path)
    assert held.refresh()
    assert ids(held, SearchQuery()) == [1, 2, 3, 4, 5]
    assert folders(tmp_path) == [mended.generation]


async def test_a_base_of_another_version_takes_no_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf([supplier(1)])
    await shelf.build(tmp_path)
    monkeypatch.setattr(analysis, "digest", lambda: "another")
    with pytest.raises(IndexOutdated, match="another text analysis"):
        await shelf.update(tmp_path)
    with pytest.raises(IndexOutdated):
        TantivyEngine.open(tmp_path)
