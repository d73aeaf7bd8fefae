"""Places named in a need, and words that only look like places."""

import pytest

from directory import geography
from directory.nomenclature import naf
from directory.normalise import words
from directory.understanding import gazetteer, place_words
from directory.understanding.places import NEARBY_KM
from tests.directory.understanding.understanding_kit import left, reading

AREAS = [
    ("plombier aubagne", ("13005",)),
    ("plombier à Aubagne (13)", ("13005",)),
    ("plombier 13400 Aubagne", ("13005",)),
    ("plombier 13400", ("13005",)),
    ("traiteur Aix", ("13001",)),
    ("Aix en Provence traiteur", ("13001",)),
    ("AIX-EN-PROVENCE", ("13001",)),
    ("comptable à st cyr", ("83112",)),
    ("comptable St-Cyr-sur-Mer", ("83112",)),
    ("chauffagiste au Lavandou", ("83070",)),
    ("maçon à l’Isle sur la Sorgue", ("84054",)),
    ("nettoyage, la Ciotat", ("13028",)),
    ("plombier Marseille", ("13055",)),
    ("plombier Marseille 8e", ("13208",)),
    ("plombier Marseille 8", ("13208",)),
    ("plombier Marseille 8ème arrondissement", ("13208",)),
    ("plombier Marseille 13008", ("13208",)),
    ("plombier 13008 Marseille", ("13208",)),
    ("plombier dans le 8ème arrondissement", ("13208",)),
    ("plombier dans le 8e", ("13208",)),
    ("plombier Marseille 1er, 2e et 6e arrondissements", ("13201", "13202", "13206")),
    ("plombier Marseille 13", ("13055",)),
    ("plombier Marseille 13e", ("13213",)),
    ("plombier Marseille (13)", ("13055",)),
    ("plombier à l'Estaque", ("13216",)),
    ("plombier Marseille cedex 20", ("13055",)),
    ("maçon Vitrolles", ("13117",)),
    ("maçon Vitrolles (05)", ("05184",)),
    ("maçon 05110 Vitrolles", ("05184",)),
    ("maçon à Mirabeau", ("84076", "04122")),
    ("maçon dans le 83", ("83",)),
    ("maçon le 13", ("13",)),
    ("maçon département 84", ("84",)),
    ("maçon 06", ("06",)),
    ("maçon (04)", ("04",)),
    ("maçon 13/83", ("13", "83")),
    ("maçon 13, 83 et 84", ("13", "83", "84")),
    ("maçon dans les Bouches du Rhône", ("13",)),
    ("maçon Var et Vaucluse", ("83", "84")),
    ("maçon Alpes-de-Haute-Provence", ("04",)),
    ("maçon dans le Gard", ("30",)),
    ("maçon PACA", ("93",)),
    ("maçon région sud", ("93",)),
    ("maçon Provence Alpes Côte d'Azur", ("93",)),
    ("maçon métropole Aix-Marseille", ("200054807",)),
    ("maçon Métropole d'Aix-Marseille-Provence", ("200054807",)),
    ("maçon dans le pays de Grasse", ("200039857",)),
    ("maçon à Aubagne, Toulon ou Gap", ("13005", "83137", "05061")),
    ("maçon Marseille, Bouches-du-Rhône", ("13055",)),
    ("maçon Aubagne ou dans le 83", ("13005", "83")),
    ("maçon sur Toulon", ("83137",)),
    ("maçon ville de Gap", ("05061",)),
    ("plombier bandol", ("83009",)),
    ("plombier à La Seyne", ("83126",)),
    ("plombier à Seyne", ("04205",)),
    ("coiffeur à Salon", ("13103",)),
    ("livraison à Orange", ("84087",)),
    ("interprète Signes", ("83127",)),
    ("pose d'ongles à Ongles", ("04141",)),
    ("garde d'enfants à La Garde", ("83062",)),
    ("ramonage, la garde 83130", ("83062",)),
    ("magasin de cannes à pêche à Cannes", ("06029",)),
    ("savon de Marseille à Salon-de-Provence", ("13103",)),
]


@pytest.mark.parametrize(("text", "areas"), AREAS)
def test_areas_are_read(text: str, areas: tuple[str, ...]) -> None:
    place = reading(text).place
    assert place is not None
    assert place.areas == areas
    assert place.centre is None


@pytest.mark.parametrize(
    ("text", "centre", "radius", "label"),
    [
        ("traiteur autour d'Aubagne", "13005", NEARBY_KM, "15 km autour d'Aubagne"),
        ("traiteur près de Gap", "05061", NEARBY_KM, "15 km autour de Gap"),
        ("traiteur secteur Vitrolles", "13117", NEARBY_KM, "15 km autour de Vitrolles"),
        ("traiteur vers le Lavandou", "83070", NEARBY_KM, "15 km autour du Lavandou"),
        ("traiteur Toulon et alentours", "83137", NEARBY_KM, "15 km autour de Toulon"),
        ("traiteur pays d'Aix", "13001", NEARBY_KM, "15 km autour d'Aix-en-Provence"),
        ("traiteur à moins de 20 km d'Aubagne", "13005", 20.0, "20 km autour d'Aubagne"),
        (
            "traiteur dans un rayon de 10 km autour de Marseille 8e",
            "13208",
            10.0,
            "10 km autour de Marseille 8e Arrondissement",
        ),
        ("traiteur 10km autour d'Aubagne", "13005", 10.0, "10 km autour d'Aubagne"),
        ("traiteur Aubagne (20 km)", "13005", 20.0, "20 km autour d'Aubagne"),
        ("traiteur Aubagne + 20 km", "13005", 20.0, "20 km autour d'Aubagne"),
        ("traiteur à 2,5 km de Gap", "05061", 2.5, "2,5 km autour de Gap"),
        ("traiteur à 30 minutes de Gap", "05061", 30.0, "30 km autour de Gap"),
        ("traiteur Gap, déplacement possible, rayon de 40 km", "05061", 40.0, "40 km autour de Gap"),
        ("traiteur autour de 13008", "13208", NEARBY_KM, "15 km autour de Marseille 8e Arrondissement"),
        ("traiteur à 99999 km de Gap", "05061", 300.0, "300 km autour de Gap"),
        ("Aix, 20 km autour de Gap", "05061", 20.0, "20 km autour de Gap"),
    ],
)
def test_a_disc_is_read(text: str, centre: str, radius: float, label: str) -> None:
    place, commune = reading(text).place, geography.commune(centre)
    assert place is not None
    assert commune is not None
    assert (place.centre, place.radius_km, place.label, place.areas) == (commune.location, radius, label, ())


@pytest.mark.parametrize(
    "text",
    [
        "cannes à pêche",
        "matière grasse végétale",
        "salon de coiffure",
        "stand pour salon professionnel",
        "interprète en langue des signes",
        "jus d'orange",
        "peinture orange",
        "PEINTURE ORANGE",
        "vernis à ongles",
        "viens nettoyer mes murs",
        "peinture sur murs",
        "la garde de nos enfants",
        "savon de Marseille en gros",
        "crème de cassis",
        "vin de Bandol",
        "vente de cheval blanc",
        "Boulangerie Marie",
        "spectacle de contes pour enfants",
        "serres agricoles",
        "drap housse",
        "tour à métaux",
        "le Nord",
        "formation permis 125",
        "traiteur pour le 13",
        "livraison du 13 au 15 mai",
        "traiteur pour 13 personnes",
        "ménage 13h par semaine",
        "rue de Toulon",
        "transport vers Lyon",
        "maçon 75001 Paris",
        "maçon 99999",
    ],
)
def test_a_word_is_no_place(text: str) -> None:
    assert reading(text).place is None


@pytest.mark.parametrize("commune", geography.communes(), ids=lambda commune: commune.code)
def test_every_commune_is_recognised_after_a_preposition(commune: geography.Commune) -> None:
    name = commune.name
    led = {"Le ": "au ", "Les": "aux"}.get(name[:3])
    text = f"plombier {led}{name[3:]}" if led else f"plombier à {name}"
    place = reading(text).place
    assert place is not None
    expected = {each.code for each in gazetteer.far_larger(list(gazetteer.namesakes((commune.code,))))}
    assert set(place.areas) == expected
    assert left(text) == "plombier"


@pytest.mark.parametrize("commune", geography.communes(), ids=lambda commune: commune.code)
def test_every_commune_is_recognised_beside_its_postcode(commune: geography.Commune) -> None:
    for postcode in commune.postcodes[:1]:
        place = reading(f"plombier {postcode} {commune.name}").place
        assert place is not None
        assert commune.code in place.areas or commune.code == "13055"


def test_short_names_stand_for_areas_that_exist() -> None:
    assert [code for codes in place_words.SHORT_NAMES.values() for code in codes if geography.area(code) is None] == []


def test_no_word_of_an_official_activity_is_a_place_by_itself() -> None:
    of_trades = {word for code in naf.codes() for word in words((naf.label(code) or "").replace("'", " "))}
    places = {word for word in of_trades if (place := reading(f"plombier {word}").place) and place.areas}
    assert places <= {"marseille"}


def test_a_place_that_was_clicked_away_is_looked_for_as_words() -> None:
    place = reading("plombier à Aubagne").place
    assert place is not None
    assert place.key == "place:à Aubagne"
    assert reading("plombier à Aubagne", place.key).place is None
    assert left("plombier à Aubagne", place.key) == "plombier aubagne"
