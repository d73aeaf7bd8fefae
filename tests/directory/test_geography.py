"""Communes, areas, distances."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory import geography
from directory.geography import Area, AreaKind
from directory.records import Location


def test_a_commune() -> None:
    aubagne = geography.commune("13005")
    assert aubagne is not None
    assert (aubagne.name, aubagne.department, aubagne.region, aubagne.epci) == ("Aubagne", "13", "93", "200054807")
    assert (aubagne.parent, aubagne.postcodes) == (None, ("13400",))
    assert aubagne.location == Location(43.29231, 5.56947, approximate=True)
    assert geography.commune("75056") is None


@pytest.mark.parametrize(
    ("code", "latitude", "longitude"),
    [
        ("05061", 44.56, 6.08),
        ("13004", 43.68, 4.63),
        ("13055", 43.30, 5.37),
        ("06088", 43.70, 7.27),
        ("84007", 43.95, 4.81),
    ],
)
def test_a_commune_is_where_its_town_is(code: str, latitude: float, longitude: float) -> None:
    commune = geography.commune(code)
    assert commune is not None
    assert geography.distance_km(commune.location, Location(latitude, longitude)) < 2


def test_communes_are_those_of_the_region() -> None:
    communes = geography.communes()
    counts = {
        code: sum(each.department == code and not each.parent for each in communes) for code in geography.DEPARTMENTS
    }
    assert counts == {"04": 198, "05": 162, "06": 163, "13": 119, "83": 153, "84": 151}
    assert [each.code for each in communes if each.parent == "13055"] == [str(code) for code in range(13201, 13217)]
    assert all(42.9 < each.location.latitude < 45.2 and 4.2 < each.location.longitude < 7.8 for each in communes)
    assert all(each.postcodes for each in communes)


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        ("13005", "Aubagne", AreaKind.COMMUNE),
        ("13206", "Marseille 6e Arrondissement", AreaKind.COMMUNE),
        ("200054807", "Métropole d'Aix-Marseille-Provence", AreaKind.EPCI),
        ("13", "Bouches-du-Rhône", AreaKind.DEPARTMENT),
        ("84", "Vaucluse", AreaKind.DEPARTMENT),  # also the code of Auvergne-Rhône-Alpes
        ("93", "Provence-Alpes-Côte d'Azur", AreaKind.REGION),  # also the code of Seine-Saint-Denis
        ("69", "Rhône", AreaKind.DEPARTMENT),
        ("2A", "Corse-du-Sud", AreaKind.DEPARTMENT),
        ("76", "Occitanie", AreaKind.REGION),
    ],
)
def test_area(code: str, name: str, kind: AreaKind) -> None:
    assert geography.area(code) == Area(code, name, kind)


def test_an_unknown_area_is_none() -> None:
    assert geography.area("00") is None


def test_areas_of_a_commune_are_all_areas() -> None:
    assert geography.areas_of("13206") == ("13206", "13055", "200054807", "13", "93")
    assert geography.areas_of("05061") == ("05061", "200067825", "05", "93")
    assert geography.areas_of("75056") == ()
    assert all(geography.area(code) for commune in geography.communes() for code in geography.areas_of(commune.code))


def test_distance() -> None:
    marseille, nice = Location(43.2965, 5.3698), Location(43.7102, 7.2620)
    assert geography.distance_km(marseille, nice) == pytest.approx(159.4, abs=0.5)
    assert geography.distance_km(marseille, marseille) == 0


POINTS = st.builds(Location, st.floats(-90, 90), st.floats(-180, 180))


@settings(deadline=None)
@given(POINTS, POINTS)
def test_distance_is_the_same_both_ways_and_at_most_half_way_round(a: Location, b: Location) -> None:
    assert geography.distance_km(a, b) == pytest.approx(geography.distance_km(b, a))
    assert 0 <= geography.distance_km(a, b) <= 20_016


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("13", "13"),
        ("Bouches-du-Rhône", "13"),
        ("BOUCHES DU RHONE", "13"),
        ("alpes de haute provence", "04"),
        ("13400", "13"),
        ("2A004", "2A"),
        ("97411", "974"),
    ],
)
def test_a_department_by_code_name_or_postcode(text: str, code: str) -> None:
    found = geography.department(text)
    assert found is not None
    assert (found.code, found.kind) == (code, AreaKind.DEPARTMENT)


@pytest.mark.parametrize("text", ["", "Provence", "20000", "99999", "1"])
def test_what_names_no_department(text: str) -> None:
    assert geography.department(text) is None
