"""Generations: built beside, swapped whole, swept away; and what is said of a directory that is not in order."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from directory.records import Disclosure
from directory.search import analysis, generations, layout, writer
from directory.search import engine as engines
from directory.search.build import build
from directory.search.engine import TantivyEngine
from directory.search.errors import IndexBusy, IndexMissing, IndexNotBuilt, IndexOutdated
from directory.search.query import FacetField, Near, Order, OrderField, SearchQuery, Window
from tests.directory.search.search_kit import NOW, Stored, built, folders, ids, opened, site, stream, supplier

TEN = [
    supplier(number, establishments=(site("13005", (43.3, 5.5)), site("13005", (43.31, 5.5))))
    for number in range(1, 11)
]


async def test_what_a_build_tells(tmp_path: Path) -> None:
    told: list[int] = []
    hidden = supplier(11, disclosure=Disclosure.OPTED_OUT)
    too_large = supplier(2**32)
    given = [*TEN, hidden, too_large, TEN[0]]
    report = await build(tmp_path, stream(given), clock=lambda: NOW, progress=told.append)
    assert (report.suppliers, report.withheld) == (10, 1)
    assert report.skipped == (
        (2**32, "The supplier's id is outside 0…4294967295."),
        (1, "The supplier came twice."),
    )
    assert told == [13]
    assert report.generation.startswith("20261123T120000Z-")
    assert report.seconds > 0
    engine = TantivyEngine.open(tmp_path)
    assert (engine.generation, engine.supplier_count, engine.built_at) == (report.generation, 10, NOW)
    assert ids(engine, SearchQuery()) == list(range(1, 11))


async def test_a_reader_keeps_what_it_has_until_it_refreshes(tmp_path: Path) -> None:
    engine = await opened(tmp_path, TEN)
    held, before = engine.snapshot, engine.generation
    assert not engine.refresh()
    await built(tmp_path, TEN[:3])
    assert before not in folders(tmp_path)
    near = SearchQuery(text="entreprise", near=Near(43.3, 5.5, 3), order=Order(OrderField.NAME))
    assert (engine.generation, engine.search(near).total) == (before, 10)
    assert engine.facets(near, (FacetField.COMMUNE,))[0].buckets[0].count == 10
    assert [hit.distance_km for hit in engine.search(near).hits] == [0.0] * 10
    assert engine.refresh()
    assert not engine.refresh()
    assert engine.generation != before
    assert engine.search(SearchQuery()).total == 3
    assert held.search(SearchQuery()).total == 10


async def test_readers_in_other_threads_never_wait_nor_fail(tmp_path: Path) -> None:
    engine = await opened(tmp_path, TEN)
    stop = asyncio.Event()

    def read() -> int:
        engine.refresh()
        found = engine.snapshot
        total = found.search(SearchQuery(text="entreprise"), Window(first=5)).total
        assert found.facets(SearchQuery(), (FacetField.STATUS,))[0].buckets[0].count == total
        return total or 0

    async def keep_reading() -> set[int]:
        seen = set()
        while not stop.is_set():
            seen.add(await asyncio.to_thread(read))
        return seen

    readers = [asyncio.create_task(keep_reading()) for _ in range(3)]
    for size in (3, 7, 10, 5):
        await built(tmp_path, TEN[:size])
        await asyncio.sleep(0.02)
    stop.set()
    assert set.union(*await asyncio.gather(*readers)) <= {3, 5, 7, 10}
    assert len(folders(tmp_path)) == 1


async def test_a_large_index_is_searched_in_a_thread_and_a_small_one_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = (await opened(tmp_path, TEN)).snapshot

    def where(query: SearchQuery) -> tuple[int | None, int]:
        return index.search(query).total, threading.get_ident()

    assert await index.answer(where, SearchQuery()) == (10, threading.get_ident())
    monkeypatch.setattr(engines, "INLINE_UP_TO", 9)
    total, thread = await index.answer(where, SearchQuery())
    assert total == 10
    assert thread != threading.get_ident()


async def _breaks_off() -> AsyncIterator[Stored]:
    yield TEN[0], NOW
    raise LookupError("The store went away.")


async def test_a_build_whose_source_fails_leaves_all_as_it_was(tmp_path: Path) -> None:
    engine = await opened(tmp_path, TEN)
    with pytest.raises(LookupError, match="The store went away"):
        await build(tmp_path, _breaks_off(), clock=lambda: NOW)
    assert folders(tmp_path) == [engine.generation]
    assert TantivyEngine.open(tmp_path).generation == engine.generation
    await built(tmp_path, TEN[:1])
    assert engine.refresh()


async def test_a_cancelled_build_leaves_all_as_it_was(tmp_path: Path) -> None:
    engine = await opened(tmp_path, TEN)

    async def endless() -> AsyncIterator[Stored]:
        while True:
            yield TEN[0], NOW
            await asyncio.sleep(0)

    task = asyncio.create_task(build(tmp_path, endless(), clock=lambda: NOW))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert folders(tmp_path) == [engine.generation]


def _build_and_hang(index_dir: str, started: "multiprocessing.synchronize.Event") -> None:
    async def hanging() -> AsyncIterator[Stored]:
        for one in TEN * 50:
            yield one, NOW
        started.set()
        await asyncio.sleep(60)

    asyncio.run(build(Path(index_dir), hanging(), clock=lambda: NOW))


async def test_what_a_killed_build_leaves_is_swept_by_the_next(tmp_path: Path) -> None:
    engine = await opened(tmp_path, TEN)
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    builder = context.Process(target=_build_and_hang, args=(str(tmp_path), started))
    builder.start()
    assert await asyncio.to_thread(started.wait, 30)
    with pytest.raises(IndexBusy) as busy:
        await built(tmp_path, TEN)
    assert str(busy.value) == f"Another process is building the search index in {tmp_path}: wait for it."
    assert builder.pid
    os.kill(builder.pid, signal.SIGKILL)
    builder.join()
    assert len(folders(tmp_path)) == 2
    assert not engine.refresh()
    assert TantivyEngine.open(tmp_path).generation == engine.generation
    report = await built(tmp_path, TEN[:2])
    assert folders(tmp_path) == [report.generation]


async def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = await opened(tmp_path, TEN)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generations, "publish", full)
    with pytest.raises(IndexNotBuilt) as refused:
        await built(tmp_path, TEN)
    assert str(refused.value) == (
        f"The search index could not be written to {tmp_path} ([Errno 28] No space left on device): free space or mend "
        'the permissions there, then run "circuit index".'
    )
    assert folders(tmp_path) == [engine.generation]


async def test_a_place_that_is_no_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexNotBuilt) as refused:
        await built(tmp_path / "file", TEN)
    assert str(refused.value) == (
        f"The search index could not be written to {tmp_path}/file ([Errno 17] File exists: '{tmp_path}/file'): "
        'free space or mend the permissions there, then run "circuit index".'
    )


async def test_an_index_too_large_for_its_buffer_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MEMORY_BYTES", 15_000_000)
    many = [supplier(number, description=f"mot{number} " * 100 + str(number) * 50) for number in range(1, 9_001)]
    with pytest.raises(IndexNotBuilt, match="segments"):
        await built(tmp_path, many)
    assert folders(tmp_path) == []


def test_no_index_is_said_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing) as missing:
        TantivyEngine.open(tmp_path / "nowhere")
    assert str(missing.value) == f'There is no search index in {tmp_path / "nowhere"}: run "circuit index".'


def _truncate(generation: Path) -> None:
    largest = max((generation / "index").iterdir(), key=lambda found: found.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-20])


def _flip_a_bit(generation: Path) -> None:
    largest = max((generation / "index").iterdir(), key=lambda found: found.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)


def _lose_a_file(generation: Path) -> None:
    next((generation / "index").glob("*.term")).unlink()


def _scribble(generation: Path) -> None:
    (generation / "meta.json").write_text("{")


def _lose_meta(generation: Path) -> None:
    (generation / "meta.json").unlink()


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (_truncate, 'The search index {} in {} lacks files or has damaged ones: run "circuit index".'),
        (_flip_a_bit, 'The search index {} in {} lacks files or has damaged ones: run "circuit index".'),
        (_lose_a_file, 'The search index {} in {} lacks files or has damaged ones: run "circuit index".'),
        (_scribble, 'The search index {} in {} is damaged: run "circuit index".'),
        (_lose_meta, 'The search index {} in {} is damaged: run "circuit index".'),
    ],
)
async def test_a_damaged_index_is_said_and_mended_by_a_build(
    tmp_path: Path, harm: Callable[[Path], None], sentence: str
) -> None:
    report = await built(tmp_path, TEN)
    harm(tmp_path / report.generation)
    with pytest.raises(IndexMissing) as damaged:
        TantivyEngine.open(tmp_path)
    assert str(damaged.value) == sentence.format(report.generation, tmp_path)
    assert (await opened(tmp_path, TEN)).supplier_count == 10


@pytest.mark.parametrize("content", ["", "../../etc", "a/b", "é"])
async def test_a_damaged_pointer_is_said(tmp_path: Path, content: str) -> None:
    await built(tmp_path, TEN)
    (tmp_path / "current").write_text(content)
    with pytest.raises(IndexMissing):
        TantivyEngine.open(tmp_path)


async def test_an_index_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = await built(tmp_path, TEN)
    monkeypatch.setattr(layout, "VERSION", layout.VERSION + 1)
    with pytest.raises(IndexOutdated) as outdated:
        TantivyEngine.open(tmp_path)
    assert str(outdated.value) == (
        f'The search index {report.generation} was built by another version of the hub: run "circuit index".'
    )


async def test_an_index_of_another_analysis_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = await built(tmp_path, TEN)
    monkeypatch.setattr(analysis, "digest", lambda: "another")
    with pytest.raises(IndexOutdated) as outdated:
        TantivyEngine.open(tmp_path)
    assert str(outdated.value) == (
        f'The search index {report.generation} was built with another text analysis: run "circuit index".'
    )


async def test_a_next_generation_that_cannot_be_served_leaves_the_last_and_is_tried_again(tmp_path: Path) -> None:
    engine = await opened(tmp_path, TEN)
    before = engine.generation
    report = await built(tmp_path, TEN[:2])
    meta = tmp_path / report.generation / "meta.json"
    whole = meta.read_bytes()
    meta.write_bytes(msgspec.json.encode(msgspec.json.decode(whole) | {"version": 99}))
    for _ in range(2):
        with pytest.raises(IndexOutdated):
            engine.refresh()
        assert (engine.generation, engine.search(SearchQuery()).total) == (before, 10)
    # What was in the way passes without another build.
    meta.write_bytes(whole)
    assert engine.refresh()
    assert (engine.generation, engine.search(SearchQuery()).total) == (report.generation, 2)
    assert not engine.refresh()


async def test_a_generation_swept_away_while_it_is_being_opened_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await built(tmp_path, TEN)
    read_meta = generations.read_meta
    newer: list[str] = []

    def swept(index_dir: Path, generation: str) -> generations.Meta:
        if not newer:
            newer.append(asyncio.run_coroutine_threadsafe(_rebuilt(index_dir), loop).result(30))
        return read_meta(index_dir, generation)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(generations, "read_meta", swept)
    engine = await asyncio.to_thread(TantivyEngine.open, tmp_path)
    assert [engine.generation] == newer


async def _rebuilt(index_dir: Path) -> str:
    return (await built(index_dir, TEN)).generation


async def test_two_builds_at_once_in_one_process_do_not_mix(tmp_path: Path) -> None:
    outcomes = await asyncio.gather(built(tmp_path, TEN), built(tmp_path, TEN[:1]), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(IndexBusy) == 1
