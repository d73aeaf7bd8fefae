"""Updates: what changed on top of a base answers as a whole index would, whatever came in which order."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from directory.records import Disclosure, Quality, SupplierStatus
from directory.search import generations
from directory.search import update as updating
from directory.search.build import build
from directory.search.engine import Snapshot, TantivyEngine
from directory.search.errors import IndexBusy, IndexMissing, IndexOutdated
from directory.search.generations import read_meta
from directory.search.query import Direction, FacetField, Near, Order, OrderField, SearchQuery, Where, Window
from directory.search.update import News, update, worn
from tests.directory.search.search_kit import NOW, Shelf, Stored, folders, ids, site, stream, supplier, walked

WORDS = ("plomberie", "chauffage", "dépannage", "rénovation", "toiture", "zinguerie", "façade")
RARE = ("serrurerie", "vitrerie", "maçonnerie")
ASC, DESC = Direction.ASC, Direction.DESC
AROUND = Near(43.3, 5.4, 25)
QUERIES = [
    SearchQuery(order=Order(OrderField.NAME, ASC)),
    SearchQuery(order=Order(OrderField.NAME, DESC)),
    SearchQuery(order=Order(OrderField.QUALITY, ASC)),
    SearchQuery(order=Order(OrderField.UPDATED_AT, DESC)),
    SearchQuery(order=Order(OrderField.DISTANCE, ASC), near=AROUND),
    SearchQuery(order=Order(OrderField.DISTANCE, DESC), near=AROUND),
    SearchQuery(),
    SearchQuery(text="plombier chauffagiste"),
    SearchQuery(text="plombier chauffagiste", near=AROUND),
    SearchQuery(text="plomberie toiture façade serrurerie vitrerie maçonnerie zinguerie dépannage"),
    SearchQuery(text="serrurerie", where=Where(partners=("cmar",))),
    SearchQuery(where=Where(not_=Where(status=(SupplierStatus.CLOSED,)), status=())),
]
FIELDS = tuple(FacetField)


def some(number: int, seed: int) -> Stored:
    """A supplier of this id; names, qualities, instants and points are few, so that ties are many."""
    random = Random(seed * 10_000 + number)
    places = [(43.3 + random.randrange(4) / 10, 5.4) for _ in range(random.randrange(3))]
    one = supplier(
        number,
        random.choice(("Étoile", "ÉTOILE", "Arc", "Zénith 2", "Żur")),
        naf=random.sample(("43.22A", "43.21A", "47.11B"), random.randrange(3)),
        labels=random.sample(("rge", "artisan"), random.randrange(2)),
        partners=tuple(random.sample(("cmar", "chambre", "cpme13"), random.randrange(1, 4))),
        description=" ".join((*random.sample(WORDS, 3), *random.sample(RARE, random.randrange(2)))),
        quality=Quality(score=random.choice((0.25, 0.5, 0.75)), completeness=0.5),
        establishments=tuple(site(random.choice(("13005", "13201", "83137")), place) for place in places),
        status=random.choice((SupplierStatus.ACTIVE, SupplierStatus.ACTIVE, SupplierStatus.CLOSED)),
        disclosure=Disclosure.OPTED_OUT if random.random() < 0.1 else Disclosure.FULL,
    )
    return one, NOW - timedelta(seconds=random.randrange(4))


def many(numbers: Iterable[int], seed: int = 0) -> list[Stored]:
    return [some(number, seed) for number in numbers]


def told(index: Snapshot) -> Iterator[object]:
    """All that can be seen of an index, but for its name."""
    for query in QUERIES:
        cursor = None
        while True:
            page = index.search(query, Window(first=7, after=cursor))
            yield query, page
            if not page.has_next:
                break
            cursor = page.hits[-1].cursor
        back = index.search(query, Window(last=9))
        yield query, back
        yield query, index.search(query, Window(last=9, before=back.hits[-1].cursor)) if back.hits else None
        yield query, index.facets(query, FIELDS, top=100)


async def whole(shelf: Shelf) -> list[object]:
    """What an index built at once of the same suppliers tells."""
    with TemporaryDirectory() as folder:
        await shelf.build(Path(folder))
        return list(told(TantivyEngine.open(Path(folder)).snapshot))


STEP = st.tuples(st.sampled_from(("put", "put", "remove", "build")), st.sets(st.integers(1, 60), max_size=12))


@settings(max_examples=40, deadline=None)
@given(first=st.sets(st.integers(1, 60)), steps=st.lists(STEP, min_size=1, max_size=6))
async def test_after_any_changes_it_answers_as_an_index_built_whole(
    first: set[int], steps: list[tuple[str, set[int]]]
) -> None:
    shelf = Shelf(many(sorted(first)))
    with TemporaryDirectory() as name:
        folder = Path(name)
        await shelf.build(folder)
        engine = TantivyEngine.open(folder)
        for seed, (act, numbers) in enumerate(steps, 1):
            if act == "remove":
                shelf.remove(*numbers)
            else:
                shelf.put(*many(sorted(numbers), seed))
            await (shelf.build(folder) if act == "build" else shelf.update(folder))
            engine.refresh()
            assert engine.supplier_count == engine.search(SearchQuery(where=Where(status=()))).total
        assert list(told(engine.snapshot)) == await whole(shelf)


@pytest.mark.parametrize("query", QUERIES[:10])
@pytest.mark.parametrize("forward", [True, False])
async def test_an_update_between_any_two_pages_neither_doubles_nor_loses_who_does_not_change(
    tmp_path: Path, query: SearchQuery, forward: bool
) -> None:
    stable = range(1, 81)
    shelf = Shelf(many(range(1, 141)))
    await shelf.build(tmp_path)
    engine = TantivyEngine.open(tmp_path)
    expected = [number for number in walked(engine, query, 50) if number in stable]
    seen: list[int] = []
    cursor, turn = None, 0
    while True:
        page = engine.search(query, Window(first=11, after=cursor) if forward else Window(last=11, before=cursor))
        numbers = [hit.id for hit in page.hits]
        seen = seen + numbers if forward else numbers + seen
        if not (page.has_next if forward else page.has_previous):
            break
        cursor = page.hits[-1 if forward else 0].cursor
        turn += 1
        shelf.put(*many(range(81 + turn, 141, 3), seed=turn))
        shelf.remove(*range(82 + turn, 141, 5))
        await shelf.update(tmp_path)
        assert engine.refresh()
    assert turn >= 2
    assert [number for number in seen if number in stable] == expected


async def test_what_an_update_tells(tmp_path: Path) -> None:
    shelf = Shelf(many(range(1, 11), seed=2))
    base = await shelf.build(tmp_path)
    shown = base.suppliers
    hidden = supplier(13, disclosure=Disclosure.OPTED_OUT)
    shelf.put(supplier(11), supplier(12), hidden, supplier(2**32))
    report = await shelf.update(tmp_path)
    assert report is not None
    assert (report.suppliers, report.changed, report.withheld) == (shown + 2, 4, 1)
    assert report.skipped == ((2**32, "The supplier's id is outside 0…4294967295."),)
    assert report.generation.startswith(f"{base.generation}+")
    meta = read_meta(tmp_path, report.generation)
    assert (meta.base, meta.changed, meta.mark, meta.revision) == (base.generation, 4, "14", 14)
    assert folders(tmp_path) == [base.generation, report.generation]


async def test_who_left_is_found_by_no_word_of_theirs_and_weighs_nothing(tmp_path: Path) -> None:
    shelf = Shelf([supplier(1, "Ferronnerie Fabre"), supplier(2, "Plomberie Fabre")])
    await shelf.build(tmp_path)
    shelf.remove(1)
    await shelf.update(tmp_path)
    engine = TantivyEngine.open(tmp_path)
    assert engine.search(SearchQuery(text="ferronnerie")).total == 0
    # Three words, of which two are needed: one that nobody has any more is left aside.
    assert ids(engine, SearchQuery(text="ferronnerie plomberie menuiserie")) == [2]


async def test_all_can_change_and_all_can_go(tmp_path: Path) -> None:
    shelf = Shelf([supplier(number) for number in range(1, 6)])
    await shelf.build(tmp_path)
    shelf.put(*(supplier(number, "Autre") for number in range(1, 6)))
    await shelf.update(tmp_path)
    engine = TantivyEngine.open(tmp_path)
    assert ids(engine, SearchQuery(text="autre")) == [1, 2, 3, 4, 5]
    shelf.remove(*range(1, 6))
    await shelf.update(tmp_path)
    assert engine.refresh()
    assert (engine.supplier_count, ids(engine, SearchQuery())) == (0, [])


async def test_nothing_new_makes_no_generation_and_a_revision_is_noted(tmp_path: Path) -> None:
    shelf = Shelf([supplier(1)])
    base = await shelf.build(tmp_path)
    assert await shelf.update(tmp_path) is None

    @asynccontextmanager
    async def later(mark: str) -> AsyncIterator[News | None]:
        yield News(revision=7, mark=mark, changed=frozenset(), suppliers=stream([]))

    assert await update(tmp_path, later, clock=lambda: NOW) is None
    assert generations.current(tmp_path) == base.generation
    assert read_meta(tmp_path, base.generation).revision == 7
    assert TantivyEngine.open(tmp_path).supplier_count == 1


async def test_another_stores_index_needs_a_base(tmp_path: Path) -> None:
    await Shelf([supplier(1)]).build(tmp_path)

    @asynccontextmanager
    async def another(_: str) -> AsyncIterator[None]:
        yield None

    with pytest.raises(IndexOutdated, match="from another store"):
        await update(tmp_path, another, clock=lambda: NOW)


async def test_too_many_changes_need_a_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updating, "MOST_CHANGED", 3)
    shelf = Shelf([supplier(1)])
    await shelf.build(tmp_path)
    shelf.put(*(supplier(number) for number in range(2, 6)))
    with pytest.raises(IndexOutdated, match="4 suppliers have changed"):
        await shelf.update(tmp_path)


async def test_without_a_base_there_is_nothing_to_update(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        await Shelf([supplier(1)]).update(tmp_path)


async def test_a_base_is_worn_by_number_by_share_and_by_age(tmp_path: Path) -> None:
    report = await Shelf([supplier(1)]).build(tmp_path)
    meta = read_meta(tmp_path, report.generation)

    def is_worn(changed: int, suppliers: int, days: float = 0.5) -> bool:
        return worn(replace(meta, changed=changed, suppliers=suppliers), NOW + timedelta(days=days))

    assert [is_worn(each, 1_000) for each in (0, 100, 101)] == [False, False, True]
    assert [is_worn(each, 20_000) for each in (1_000, 1_001)] == [False, True]
    assert [is_worn(each, 300_000) for each in (2_000, 2_001)] == [False, True]
    assert [is_worn(each, 300_000, days=2) for each in (0, 1)] == [False, True]


async def test_a_file_system_without_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    shelf = Shelf([supplier(1)])
    await shelf.build(tmp_path)
    shelf.put(supplier(2))
    await shelf.update(tmp_path)
    assert ids(TantivyEngine.open(tmp_path), SearchQuery()) == [1, 2]


async def test_updates_go_on_beside_a_build_and_nothing_they_showed_goes_back(tmp_path: Path) -> None:
    shelf = Shelf([supplier(number) for number in range(1, 301)])
    await shelf.build(tmp_path)
    engine = TantivyEngine.open(tmp_path)
    totals: list[int | None] = []
    stored = list(shelf.kept.values())

    async def slowly() -> AsyncIterator[Stored]:
        for place, each in enumerate(stored):
            if place in {100, 200}:
                shelf.put(supplier(1_000 + place))
                await shelf.update(tmp_path)
                assert engine.refresh()
                totals.append(engine.search(SearchQuery()).total)
            yield each

    before = shelf.mark
    report = await build(
        tmp_path, slowly(), clock=lambda: NOW + timedelta(hours=1), revision=1, mark=before, since=shelf.since
    )
    assert engine.refresh()
    totals.append(engine.search(SearchQuery()).total)
    assert totals == [301, 302, 302]
    assert (report.suppliers, report.changed) == (302, 2)
    assert folders(tmp_path) == sorted([report.generation, generations.base_of(report.generation)])


async def test_two_updates_at_once_do_not_mix(tmp_path: Path) -> None:
    shelf = Shelf([supplier(1)])
    await shelf.build(tmp_path)
    shelf.put(supplier(2))
    outcomes = await asyncio.gather(shelf.update(tmp_path), shelf.update(tmp_path), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(IndexBusy) == 1
    assert ids(TantivyEngine.open(tmp_path), SearchQuery()) == [1, 2]
