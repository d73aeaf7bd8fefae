"""Cells hold what they say they hold."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from directory.geography import distance_km
from directory.records import Location
from directory.search import cells

EVERYWHERE = st.builds(Location, st.floats(-90, 90), st.floats(-180, 180))
AROUND = st.builds(Location, st.floats(42.5, 45.0), st.floats(4.0, 8.0))


def _many(_: str) -> int:
    return 1_000


def _few(key: str) -> int:
    return 1 if len(key) > 11 else 1_000


@given(EVERYWHERE)
def test_a_point_lies_in_one_cell_of_each_level_and_each_lies_in_the_one_before(place: Location) -> None:
    keys = cells.keys(place)
    assert [len(key) for key in keys] == list(cells.LEVELS)
    assert all(deeper.startswith(key) for key, deeper in pairwise(keys))


@given(EVERYWHERE)
def test_a_point_is_read_back_to_the_last_bit(place: Location) -> None:
    assert cells.point(cells.point_term(place)) == place


@given(AROUND, AROUND, st.floats(0.05, 60), st.floats(0, 0.95), st.sampled_from([_many, _few]))
def test_a_ring_is_covered_and_inner_cells_lie_inside_it(
    centre: Location, place: Location, farthest: float, hole: float, held: object
) -> None:
    cover = cells.cover(centre, farthest * hole, farthest, _few if held is _few else _limited)
    away, keys = distance_km(centre, place), set(cells.keys(place))
    inner, border = keys & set(cover.inner), keys & set(cover.border)
    if farthest * hole <= away <= farthest:
        assert inner or border
    else:
        assert not inner
    assert len(inner) + len(border) <= 1


@given(AROUND, st.floats(0.01, 2), st.floats(0.01, 2), AROUND, st.sampled_from([_many, _few]))
def test_a_box_is_covered_and_inner_cells_lie_inside_it(
    corner: Location, height: float, width: float, place: Location, held: object
) -> None:
    north, east = corner.latitude + height, corner.longitude + width
    cover = cells.cover_box(corner, Location(north, east), _few if held is _few else _limited)
    keys = set(cells.keys(place))
    inner, border = keys & set(cover.inner), keys & set(cover.border)
    if corner.latitude <= place.latitude <= north and corner.longitude <= place.longitude <= east:
        assert inner or border
    else:
        assert not inner
    assert len(inner) + len(border) <= 1


def _limited(key: str) -> int:
    """Crowded down to level 13: deeper covers of large discs would be slow to test."""
    return 1_000 if len(key) < 13 else 1


def test_cells_without_suppliers_are_left_out() -> None:
    home = Location(43.29, 5.57)
    own = set(cells.keys(home))
    cover = cells.cover(home, 0, 20, lambda key: int(key in own))
    assert len(cover.inner) + len(cover.border) == 1


def test_a_disc_over_the_date_line_is_covered_on_both_sides() -> None:
    cover = cells.cover(Location(0, 180), 0, 50, _limited)
    east, west = cells.keys(Location(0.1, -179.9)), cells.keys(Location(0.1, 179.9))
    held = set(cover.inner + cover.border)
    assert held & set(east)
    assert held & set(west)


def test_the_side_of_a_cell() -> None:
    assert round(cells.side_km("0" * 15), 2) == 1.22
