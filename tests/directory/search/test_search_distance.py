"""Discs, totals, facets and orders by distance, against measuring every supplier."""

from collections import Counter
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory import geography
from directory.geography import distance_km
from directory.records import Establishment, Location, Supplier
from directory.search.engine import TantivyEngine
from directory.search.errors import InvalidQuery
from directory.search.query import Box, Direction, FacetField, Near, Order, OrderField, SearchQuery, Where, Window
from tests.directory.search.search_kit import ids, indexed, site, supplier, walked

CENTRE = (43.2965, 5.3698)
PILED = (43.2907, 5.5703)  # half of the suppliers of a commune are only known by its centre
NEAREST_FIRST = Order(OrderField.DISTANCE, Direction.ASC)
FARTHEST_FIRST = Order(OrderField.DISTANCE, Direction.DESC)
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _suppliers() -> list[Supplier]:
    random = Random(4)
    codes = ["13005", "13201", "13202", "83137", "84007"]
    found = []
    for number in range(1, 1201):
        count = random.choice((0, 1, 1, 1, 1, 2, 3))
        sites = tuple(_site(random, random.choice(codes)) for _ in range(count))
        found.append(supplier(number, f"{random.choice(('Plomberie', 'Café'))} {number}", establishments=sites))
    return found


def _site(random: Random, commune: str) -> Establishment:
    if random.random() < 0.3:
        return site(commune, PILED)
    known = geography.commune(commune)
    assert known
    spread = random.choice((0.001, 0.03, 0.3))
    return site(
        commune, (random.gauss(known.location.latitude, spread), random.gauss(known.location.longitude, spread))
    )


SUPPLIERS = _suppliers()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TantivyEngine:
    return indexed(tmp_path_factory.mktemp("distance"), SUPPLIERS)


def _expected(near: Near) -> list[tuple[float, int]]:
    """Distance and id of every supplier in the disc, nearest first: the slow way."""
    middle = Location(near.latitude, near.longitude)
    found = []
    for one in SUPPLIERS:
        away = [distance_km(middle, place.location) for place in one.establishments if place.location]
        if away and min(away) <= near.radius_km:
            found.append((min(away), one.id))
    return sorted(found)


NEARS = st.builds(
    Near,
    st.one_of(st.sampled_from([CENTRE[0], PILED[0]]), st.floats(42.8, 44.2)),
    st.one_of(st.sampled_from([CENTRE[1], PILED[1]]), st.floats(4.5, 6.2)),
    st.one_of(st.floats(0.01, 3), st.floats(3, 120)),
)


@SETTINGS
@given(near=NEARS)
def test_totals_and_facets_of_a_disc_are_exact(engine: TantivyEngine, near: Near) -> None:
    expected = {number for _, number in _expected(near)}
    query = SearchQuery(near=near)
    assert engine.search(query, Window(first=0)).total == len(expected)
    counts: Counter[str] = Counter()
    for one in SUPPLIERS:
        if one.id in expected:
            counts.update({(place.address.commune_code or "")[:2] for place in one.establishments})
    (facet,) = engine.facets(query, (FacetField.DEPARTMENT,))
    assert {bucket.value: bucket.count for bucket in facet.buckets} == dict(counts)


@SETTINGS
@given(near=NEARS, size=st.integers(1, 40))
def test_the_nearest_come_first_and_are_exact(engine: TantivyEngine, near: Near, size: int) -> None:
    expected = _expected(near)
    page = engine.search(SearchQuery(near=near, order=NEAREST_FIRST), Window(first=size))
    assert [(hit.distance_km, hit.id) for hit in page.hits] == expected[:size]
    assert (page.total, page.has_next) == (len(expected), len(expected) > size)
    farthest = engine.search(SearchQuery(near=near, order=FARTHEST_FIRST), Window(first=size))
    assert [(hit.distance_km, hit.id) for hit in farthest.hits] == expected[::-1][:size]


@pytest.mark.parametrize("near", [Near(*CENTRE, 15), Near(*PILED, 100), Near(*PILED, 0.5)])
@pytest.mark.parametrize("size", [7, 100])
@pytest.mark.parametrize("forward", [True, False])
def test_pages_by_distance_hold_everyone_once(engine: TantivyEngine, near: Near, size: int, forward: bool) -> None:
    expected = [number for _, number in _expected(near)]
    assert walked(engine, SearchQuery(near=near, order=NEAREST_FIRST), size, forward=forward) == expected
    assert walked(engine, SearchQuery(near=near, order=FARTHEST_FIRST), size, forward=forward) == expected[::-1]


@pytest.mark.parametrize("crowd", [3, 100])
@pytest.mark.parametrize("order", [NEAREST_FIRST, FARTHEST_FIRST])
@pytest.mark.parametrize("forward", [True, False])
def test_those_equally_far_come_by_id_wherever_they_are(
    tmp_path_factory: pytest.TempPathFactory, crowd: int, order: Order, forward: bool
) -> None:
    """Two spots as far in the east as in the west, some suppliers with a site at both."""
    east, west = site(at=(43.0, 0.1)), site(at=(43.0, -0.1))
    homes = ((east,), (west,), (east, west), (site(at=(43.0, 0.2)), west))
    stored = [supplier(number, establishments=homes[number % 4]) for number in range(1, 2 * crowd)]
    engine = indexed(tmp_path_factory.mktemp("equal"), stored)
    expected = sorted((one.id for one in stored), reverse=order is FARTHEST_FIRST)
    query = SearchQuery(near=Near(43.0, 0.0, 50), order=order)
    assert walked(engine, query, 4, forward=forward) == expected


def test_distance_works_together_with_text_and_filters(engine: TantivyEngine) -> None:
    near = Near(*CENTRE, 40)
    plumbers = {one.id for one in SUPPLIERS if one.name.startswith("Plomberie")}
    expected = [number for _, number in _expected(near) if number in plumbers]
    assert walked(engine, SearchQuery(text="plombier", near=near, order=NEAREST_FIRST), 50) == expected
    found = engine.search(SearchQuery(text="plombier", near=near))
    assert found.total == len(expected)
    assert all(hit.distance_km is not None and hit.score for hit in found.hits)
    elsewhere = SearchQuery(near=near, order=NEAREST_FIRST, where=Where(not_=Where(located_in=("13005",))))
    inside = {one.id for one in SUPPLIERS if any(s.address.commune_code == "13005" for s in one.establishments)}
    assert ids(engine, elsewhere) == [number for _, number in _expected(near) if number not in inside][:100]


def test_every_order_tells_the_distance(engine: TantivyEngine) -> None:
    near = Near(*CENTRE, 10)
    away = {number: far for far, number in _expected(near)}
    for field in (OrderField.NAME, OrderField.QUALITY, OrderField.UPDATED_AT, OrderField.RELEVANCE):
        for hit in engine.search(SearchQuery(near=near, order=Order(field))).hits:
            assert hit.distance_km == away[hit.id]


def test_a_total_that_is_not_asked_for_is_not_counted(engine: TantivyEngine) -> None:
    found = engine.search(SearchQuery(near=Near(*CENTRE, 10), order=NEAREST_FIRST), Window(first=3, count=False))
    assert found.total is None
    assert len(found.hits) == 3


def _corners(south: float, west: float, height: float, width: float) -> Box:
    return Box(south, west, south + height, west + width)


PLACES = [place.location for one in SUPPLIERS for place in one.establishments if place.location]
BOXES = st.one_of(
    st.builds(_corners, st.floats(42.8, 44.2), st.floats(4.5, 6.2), st.floats(0, 1.5), st.floats(0, 1.5)),
    # Its edges run through suppliers, and through the corners of cells.
    st.builds(
        lambda one, other: Box(
            min(one.latitude, other.latitude),
            min(one.longitude, other.longitude),
            max(one.latitude, other.latitude),
            max(one.longitude, other.longitude),
        ),
        st.sampled_from(PLACES),
        st.sampled_from(PLACES),
    ),
    st.builds(_corners, st.sampled_from([42.890625, 43.2421875]), st.just(5.2734375), *[st.just(360 / 2**10)] * 2),
    st.sampled_from([Box(-90, -180, 90, 180), Box(*PILED, *PILED), Box(0, 0, 0, 0)]),
)


def _inside(one: Supplier, box: Box) -> bool:
    places = (place.location for place in one.establishments if place.location)
    return any(box.south <= place.latitude <= box.north and box.west <= place.longitude <= box.east for place in places)


@SETTINGS
@given(box=BOXES)
def test_totals_and_facets_of_a_box_are_exact(engine: TantivyEngine, box: Box) -> None:
    inside = [one for one in SUPPLIERS if _inside(one, box)]
    query = SearchQuery(where=Where(within=box))
    assert engine.search(query, Window(first=0)).total == len(inside)
    assert engine.search(SearchQuery(where=Where(not_=Where(within=box))), Window(first=0)).total == len(
        SUPPLIERS
    ) - len(inside)
    counts = Counter(
        code for one in inside for code in {(s.address.commune_code or "")[:2] for s in one.establishments}
    )
    (facet,) = engine.facets(query, (FacetField.DEPARTMENT,))
    assert {bucket.value: bucket.count for bucket in facet.buckets} == dict(counts)


@SETTINGS
@given(box=BOXES, near=NEARS)
def test_a_box_and_a_disc_hold_together(engine: TantivyEngine, box: Box, near: Near) -> None:
    expected = [number for _, number in _expected(near) if _inside(SUPPLIERS[number - 1], box)]
    query = SearchQuery(near=near, where=Where(within=box), order=NEAREST_FIRST)
    assert ids(engine, query) == expected[:100]


@pytest.mark.parametrize(
    ("box", "sentence"),
    [
        (Box(43, 5, 91, 6), "The latitude 91 is not on Earth: give -90 to 90 degrees."),
        (Box(float("nan"), 5, 44, 6), "The latitude nan is not on Earth: give -90 to 90 degrees."),
        (Box(43, -181, 44, 6), "The longitude -181 is not on Earth: give -180 to 180 degrees."),
        (Box(44, 5, 43, 6), "The south of the box, 44, is above its north, 43: exchange them."),
        (
            Box(43, 179, 44, -179),
            "The west of the box, 179, is above its east, -179: exchange them; for one across the date line ask twice, "
            "up to 180 and from -180.",
        ),
    ],
)
def test_a_box_that_is_none_is_refused(engine: TantivyEngine, box: Box, sentence: str) -> None:
    for where in (Where(within=box), Where(not_=Where(within=box))):
        with pytest.raises(InvalidQuery) as refused:
            engine.search(SearchQuery(where=where))
        assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("near", "sentence"),
    [
        (Near(91, 5), "The latitude 91 is not on Earth: give -90 to 90 degrees."),
        (Near(float("nan"), 5), "The latitude nan is not on Earth: give -90 to 90 degrees."),
        (Near(43, -181), "The longitude -181 is not on Earth: give -180 to 180 degrees."),
        (Near(43, 5, 0), "The radius is 0 km: give more than 0, at most 500."),
        (Near(43, 5, 501), "The radius is 501 km: give more than 0, at most 500."),
        (Near(43, 5, float("inf")), "The radius is inf km: give more than 0, at most 500."),
    ],
)
def test_a_disc_that_is_none_is_refused(engine: TantivyEngine, near: Near, sentence: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        engine.search(SearchQuery(near=near))
    assert str(refused.value) == sentence


def test_distance_needs_a_place(engine: TantivyEngine) -> None:
    with pytest.raises(InvalidQuery) as refused:
        engine.search(SearchQuery(order=NEAREST_FIRST))
    assert str(refused.value) == "The DISTANCE order needs `near`: say from where."


def test_a_closed_site_does_not_count_unless_all_are(tmp_path_factory: pytest.TempPathFactory) -> None:
    closed, elsewhere = site("13005", PILED, is_open=False), site("84007", (43.95, 4.8))
    engine = indexed(
        tmp_path_factory.mktemp("closed"),
        [supplier(1, establishments=(closed, elsewhere)), supplier(2, establishments=(closed,))],
    )
    assert ids(engine, SearchQuery(near=Near(*PILED, 5))) == [2]
