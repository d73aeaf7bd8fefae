"""Pages in every order, forwards and backwards, while the index changes."""

import json
import shutil
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from directory.disclosure import Role
from directory.normalise import fold
from directory.records import Quality, Supplier
from directory.search import generations, orders
from directory.search.engine import TantivyEngine
from directory.search.errors import InvalidCursor, InvalidQuery, SearchError
from directory.search.query import Direction, Near, Order, OrderField, SearchQuery, Where, Window
from tests.directory.search.search_kit import NOW, Stored, built, ids, indexed, site, supplier, walked

STABLE = range(1, 121)  # those who do not change while the others do
WORDS = ("plomberie", "chauffage", "dépannage", "rénovation", "toiture", "zinguerie", "façade")
AROUND = Near(43.3, 5.4, 200)
ASC, DESC = Direction.ASC, Direction.DESC
QUERIES = [
    SearchQuery(order=Order(OrderField.NAME, ASC)),
    SearchQuery(order=Order(OrderField.NAME, DESC)),
    SearchQuery(order=Order(OrderField.QUALITY, ASC)),
    SearchQuery(order=Order(OrderField.UPDATED_AT, DESC)),
    SearchQuery(order=Order(OrderField.DISTANCE, ASC), near=AROUND),
    SearchQuery(order=Order(OrderField.DISTANCE, DESC), near=AROUND),
    SearchQuery(),
    SearchQuery(text="plombier chauffagiste"),
    SearchQuery(text="plomberie toiture façade", where=Where(partners=("cmar",))),
    SearchQuery(text="plombier", near=AROUND),
]


def _name(query: SearchQuery) -> str:
    return f"{query.order.field}-{query.order.direction}-{query.text}-{bool(query.near)}"


EVERY_ORDER = pytest.mark.parametrize("query", QUERIES, ids=_name)


def _one(number: int, random: Random) -> Supplier:
    """Names, qualities, instants and points are few: ties are many."""
    return supplier(
        number,
        random.choice(("Étoile", "ÉTOILE", "Arc", "Zénith 2", "Zénith 10", "L'Olivier", "Żur")),
        description=" ".join(random.sample(WORDS, random.randrange(1, 5))),
        quality=Quality(score=random.choice((0.25, 0.5, 0.75)), completeness=0.5),
        establishments=(site("13005", (43.3 + random.randrange(3) / 10, 5.4)),),
    )


def _stored(numbers: range, seed: int = 3) -> list[Stored]:
    return [(_one(number, Random(seed * 10_000 + number)), NOW - timedelta(seconds=number % 5)) for number in numbers]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("cursors"), _stored(range(1, 241)))


@EVERY_ORDER
@pytest.mark.parametrize("size", [3, 20, 100])
def test_pages_hold_every_hit_once_and_in_order(engine: TantivyEngine, query: SearchQuery, size: int) -> None:
    forwards = walked(engine, query, size)
    assert len(forwards) == len(set(forwards)) == engine.search(query, Window(first=0)).total
    assert forwards[:100] == ids(engine, query)
    assert walked(engine, query, size, forward=False) == forwards


@EVERY_ORDER
def test_flags_say_whether_there_is_more(engine: TantivyEngine, query: SearchQuery) -> None:
    first = engine.search(query, Window(first=10))
    assert (first.has_previous, first.has_next) == (False, True)
    second = engine.search(query, Window(first=10, after=first.hits[-1].cursor))
    assert (second.has_previous, second.has_next) == (True, True)
    back = engine.search(query, Window(last=10, before=second.hits[0].cursor))
    assert [hit.id for hit in back.hits] == [hit.id for hit in first.hits]
    assert (back.has_previous, back.has_next) == (False, True)
    end = engine.search(query, Window(last=10))
    assert (end.has_previous, end.has_next) == (True, False)


def test_equals_come_by_id(engine: TantivyEngine) -> None:
    known = {one.id: one for one, _ in _stored(range(1, 241))}
    by_name = walked(engine, SearchQuery(order=Order(OrderField.NAME, ASC)), 50)
    assert by_name == sorted(by_name, key=lambda number: (FOLDED.index(fold(known[number].name)), number))
    by_quality = walked(engine, SearchQuery(order=Order(OrderField.QUALITY, DESC)), 50)
    assert by_quality == sorted(by_quality, key=lambda number: (-known[number].quality.score, number))


FOLDED = ("arc", "etoile", "l'olivier", "zenith 10", "zenith 2", "zur")


class Bases:
    """What the index changes to, each built once: what a base holds depends on its number alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def serve(self, index_dir: Path, number: int) -> None:
        """Have a copy of this one served from now on, as a builder does it."""
        made = self._folder / str(number)
        if not made.exists():
            others = range(121 + 40 * (number % 3), 200 + 60 * (number % 4))
            await built(made, [*_stored(others, seed=number), *_stored(STABLE)] if number else _stored(range(1, 200)))
        name = generations.current(made)
        shutil.copytree(made / name, index_dir / name)
        generations.publish(index_dir, name)
        generations.sweep_bases(index_dir)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return Bases(tmp_path_factory.mktemp("bases"))


@EVERY_ORDER
@pytest.mark.parametrize("forward", [True, False])
async def test_a_changing_index_neither_doubles_nor_loses_who_does_not_change(
    tmp_path: Path, bases: Bases, query: SearchQuery, forward: bool
) -> None:
    """Between any two pages some come, some go and some change; the weights of words change with them."""
    await bases.serve(tmp_path, 0)
    engine = TantivyEngine.open(tmp_path)
    expected = [number for number in walked(engine, query, 100) if number in STABLE]
    seen: list[int] = []
    cursor, base = None, 0
    while True:
        page = engine.search(query, Window(first=25, after=cursor) if forward else Window(last=25, before=cursor))
        numbers = [hit.id for hit in page.hits]
        seen = seen + numbers if forward else numbers + seen
        if not (page.has_next if forward else page.has_previous):
            break
        cursor = page.hits[-1 if forward else 0].cursor
        base += 1
        await bases.serve(tmp_path, base)
        assert engine.refresh()
    assert [number for number in seen if number in STABLE] == expected


def test_a_cursor_belongs_to_its_query_whoever_asks(engine: TantivyEngine) -> None:
    cursor = engine.search(QUERIES[0]).hits[3].cursor
    for other in QUERIES[1:]:
        with pytest.raises(InvalidCursor) as refused:
            engine.search(other, Window(first=5, after=cursor))
        assert str(refused.value) == "The cursor belongs to another query: begin again without it."
    known = replace(QUERIES[0], role=Role.STEWARD)
    assert engine.search(known, Window(first=5, after=cursor)) == engine.search(
        QUERIES[0], Window(first=5, after=cursor)
    )


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.sampled_from(QUERIES),
    key=st.tuples(
        st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=30), st.none()),
        st.one_of(st.integers(), st.text(max_size=3)),
        st.integers(),
        st.lists(st.integers(), max_size=4),
    ),
    forward=st.booleans(),
)
def test_a_forged_cursor_gives_a_page_or_a_sentence(
    engine: TantivyEngine, query: SearchQuery, key: tuple[object, ...], forward: bool
) -> None:
    honest = engine.search(query).hits[0].cursor
    digest = json.loads(urlsafe_b64decode(honest + "=" * (-len(honest) % 4)))[0]
    forged = urlsafe_b64encode(json.dumps([digest, key]).encode()).decode().rstrip("=")
    window = Window(first=5, after=forged) if forward else Window(last=5, before=forged)
    try:
        assert len(engine.search(query, window).hits) <= 5
    except SearchError as refused:
        assert isinstance(refused, InvalidQuery)


@pytest.mark.parametrize("cursor", ["", "x", "é", "====", "bnVsbA", "W10", "a" * 2_000, "\ud800"])
def test_what_is_no_cursor_is_refused(engine: TantivyEngine, cursor: str) -> None:
    for query in QUERIES:
        with pytest.raises(InvalidCursor):
            engine.search(query, Window(first=5, after=cursor))


BOTH_WAYS = "Give `first` and `after`, or `last` and `before`, not both ways at once."


def test_relevance_ends_somewhere_and_says_so(engine: TantivyEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "DEEPEST", 30)
    query = SearchQuery(text="plomberie chauffage")
    first = engine.search(query, Window(first=20))
    second = engine.search(query, Window(first=10, after=first.hits[-1].cursor))
    assert second.has_next
    sentence = "Pages by RELEVANCE end after 30 suppliers: narrow the query, or order by NAME, which has no end."
    for window in (Window(first=1, after=second.hits[-1].cursor), Window(last=5)):
        with pytest.raises(InvalidQuery) as refused:
            engine.search(query, window)
        assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        (Window(first=101), "A page of 101 was asked for: give 0 to 100."),
        (Window(last=-1), "A page of -1 was asked for: give 0 to 100."),
        (Window(first=5, last=5), "Give `first` and `after`, or `last` and `before`, not both ways at once."),
        (
            Window(after="x", before="y", last=3),
            "Give `first` and `after`, or `last` and `before`, not both ways at once.",
        ),
        (Window(before="x"), "`before` needs `last`: say how many."),
    ],
)
def test_a_window_that_is_none_is_refused(engine: TantivyEngine, window: Window, sentence: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        engine.search(SearchQuery(), window)
    assert str(refused.value) == sentence


def test_twenty_are_given_where_no_number_is(engine: TantivyEngine) -> None:
    assert len(engine.search(SearchQuery()).hits) == 20
    assert engine.search(SearchQuery(), Window(first=0)).hits == ()


def test_relevance_is_best_first_only(engine: TantivyEngine) -> None:
    with pytest.raises(InvalidQuery) as refused:
        engine.search(SearchQuery(text="x", order=Order(OrderField.RELEVANCE, ASC)))
    assert str(refused.value) == "RELEVANCE is only to be had DESC, the best first."
