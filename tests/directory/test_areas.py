"""Areas as people write them, and what holds what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory import areas, geography
from directory.geography import Area, AreaKind

AUBAGNE = "COMMUNE:13005"
METROPOLE = "EPCI:200054807"
REGION = "REGION:93"


def keys(text: str) -> list[str]:
    return [areas.key(area) for area in areas.find(text)]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("13", "DEPARTMENT:13"),
        ("93", REGION),  # this region's code, not Seine-Saint-Denis
        ("84", "DEPARTMENT:84"),
        ("11", "DEPARTMENT:11"),  # people number departments, not regions
        ("2a", "DEPARTMENT:2A"),
        ("Bouches-du-Rhône", "DEPARTMENT:13"),
        ("BOUCHES DU RHONE", "DEPARTMENT:13"),
        ("Département Var (83)", "DEPARTMENT:83"),
        ("dept 04", "DEPARTMENT:04"),
        ("83 Var", "DEPARTMENT:83"),
        ("sur tout le département des Alpes-Maritimes", "DEPARTMENT:06"),
        ("200054807", METROPOLE),
        ("Métropole Aix-Marseille-Provence", METROPOLE),
        ("AMP", METROPOLE),
        ("Toulon Provence Méditerranée", "EPCI:248300543"),
        ("Communauté d'agglomération du Grand Avignon", "EPCI:248400251"),
        ("PACA", REGION),
        ("Toute la région PACA", REGION),
        ("Région Sud", REGION),
        ("Provence-Alpes-Côte d'Azur", REGION),
        ("Auvergne-Rhône-Alpes", "REGION:84"),
        ("Aubagne", AUBAGNE),
        ("13400 Aubagne", AUBAGNE),
        ("13005", AUBAGNE),  # INSEE's code before the postcode of Marseille 5e
        ("13400", AUBAGNE),
        ("Marseille", "COMMUNE:13055"),
        ("Marseille 8e", "COMMUNE:13208"),
    ],
)
def test_an_area_is_found(text: str, key: str) -> None:
    assert keys(text) == [key]


@pytest.mark.parametrize("text", ["", "nous consulter", "Lyon", "Vitrolles ou pas", "99", "00000", "(13)x", "le de la"])
def test_what_names_none_is_none(text: str) -> None:
    assert keys(text) == []


def test_all_of_france_is_every_region() -> None:
    everywhere, mainland = keys("France entière"), keys("France métropolitaine")
    assert len(everywhere) == 18
    assert set(everywhere) - set(mainland) == {f"REGION:{code}" for code in ("01", "02", "03", "04", "06")}
    assert REGION in mainland


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bouches-du-Rhône", ("Bouches-du-Rhône",)),
        ("13, 83 et 84", ("13", "83", "84")),
        ("Vaucluse et Var", ("Vaucluse", "Var")),
        ("Aubagne/Gémenos|partout", ("Aubagne", "Gémenos", "partout")),
        # A name with a word between names in it is one area.
        ("Pays Forcalquier et Montagne de Lure", ("Pays Forcalquier et Montagne de Lure",)),
        ("", ()),
        ("," * 500, ()),
    ],
)
def test_a_list_is_taken_apart(text: str, found: tuple[str, ...]) -> None:
    assert areas.parts(text) == found


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    parts = areas.parts(text)
    assert len(parts) <= areas.MOST_PARTS
    for area in (area for part in parts for area in areas.find(part)):
        assert areas.of_key(areas.key(area)) == area


@pytest.mark.parametrize(
    ("key", "holders"),
    [
        ("COMMUNE:13206", {"COMMUNE:13206", "COMMUNE:13055", METROPOLE, "DEPARTMENT:13", REGION}),
        (AUBAGNE, {AUBAGNE, METROPOLE, "DEPARTMENT:13", REGION}),
        (METROPOLE, {METROPOLE, REGION}),  # Pertuis is in the Vaucluse, Saint-Zacharie in the Var
        ("EPCI:200035319", {"EPCI:200035319", "DEPARTMENT:83", REGION}),
        ("DEPARTMENT:13", {"DEPARTMENT:13", REGION}),
        ("DEPARTMENT:11", {"DEPARTMENT:11", "REGION:76"}),
        (REGION, {REGION}),
    ],
)
def test_what_holds_an_area(key: str, holders: set[str]) -> None:
    area = areas.of_key(key)
    assert area is not None
    assert {areas.key(each) for each in areas.around(area)} == holders


def test_an_area_is_held_by_what_holds_all_its_communes() -> None:
    communes = {Area(commune.code, commune.name, AreaKind.COMMUNE) for commune in geography.communes()}
    inside: dict[Area, set[Area]] = {}
    for commune in communes:
        for area in areas.around(commune):
            inside.setdefault(area, set()).add(commune)
    for area, members in inside.items():
        wider = {each for each in areas.around(area) if each.kind is not AreaKind.COMMUNE} | {area}
        for other in wider:
            assert members <= inside[other]


def test_an_unknown_key_is_no_area() -> None:
    assert areas.of_key("DEPARTMENT:999") is None
