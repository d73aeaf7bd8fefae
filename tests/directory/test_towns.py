"""Communes found from addresses as partners write them, with the real nomenclature."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory import geography, towns
from directory.nomenclature._files import rows


@pytest.mark.parametrize(
    ("name", "postcode", "code"),
    [
        ("Aubagne", "13400", "13005"),
        ("AUBAGNE", None, "13005"),
        ("Aubagne (13)", "13400", "13005"),
        (None, "13400", "13005"),  # the postcode's only commune
        ("LA CIOTAT", "13600", "13028"),
        ("CIOTAT (LA)", "", "13028"),
        ("JUAN LES PINS", "06160", "06004"),  # places that La Poste knows
        ("Les Milles", "13290", "13001"),
        ("La Valentine Marseille", "13011", "13211"),  # and others beside their town
        ("Valbonne Sophia Antipolis", "06560", "06152"),
        ("Entraigues-sur-la-Sorgues", "84320", "84043"),  # slips
        ("Aubgane", "13400", "13005"),
        ("Marselle", "13008", "13208"),
        ("La Motte", "04250", "04134"),  # the name of another, but the beginning of one here
        ("Le Cannet", "83340", "83031"),
        ("ST MARTIN DE CRAU", "13310", "13097"),
        ("STE MAXIME", None, "83115"),
        ("L ISLE S/ SORGUE", "84800", "84054"),
        ("L’Isle-sur-la-Sorgue", None, "84054"),
        ("St Paul les Durance", "13115", "13099"),
        ("Aix", "13100", "13001"),  # the beginning of one name under this postcode
        ("AIX EN PROVENCE CEDEX 3", "13594", "13001"),  # no list has this CEDEX
        ("Nice Cedex 1", "06203", "06088"),
        ("Istres Cedex", "13890", "13047"),  # nor is a CEDEX in Mouriès, which has this postcode
        ("GAP", "5000", "05061"),
        ("Gap", "05 000", "05061"),
        ("13400 Aubagne", None, "13005"),
        ("Vitrolles", "13127", "13117"),
        ("Vitrolles", "05110", "05184"),
        ("Vitrolles", "13999", "13117"),  # a CEDEX still tells the department
        ("Ribiers", "05300", "05118"),  # joined Val Buëch-Méouge in 2016
    ],
)
def test_a_commune_is_found(name: str | None, postcode: str | None, code: str) -> None:
    found = towns.find(name, postcode)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("name", "postcode", "code"),
    [
        ("MARSEILLE", "13006", "13206"),
        ("MARSEILLE 06", "13006", "13206"),
        ("Marseille 6e", None, "13206"),
        ("Marseille 6ème arrondissement", "", "13206"),
        ("MARSEILLE 1ER", "13001", "13201"),
        (None, "13016", "13216"),
        ("Marseille", "13000", "13055"),
        ("Marseille", None, "13055"),
        ("MARSEILLE CEDEX 20", "13233", "13055"),
        ("Marseille Cedex 06", "13006", "13206"),
        ("Marseille 17e", None, "13055"),
        ("Marseille 6e", "13008", "13055"),  # the city is what both say
        ("Le Panier, Marseille", "13002", "13202"),
    ],
)
def test_an_arrondissement_of_marseille_is_found_where_it_is_said(
    name: str | None, postcode: str | None, code: str
) -> None:
    found = towns.find(name, postcode)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("name", "postcode"),
    [
        (None, None),
        ("", ""),
        ("Vitrolles", None),  # two of them
        (None, "04200"),  # a postcode of several communes
        ("Paris", "75001"),
        ("Montpezat", "82270"),  # not the Montpezat that joined Montagnac
        ("Atlantis", None),
        ("Atlantis", "13999"),
    ],
)
def test_what_stays_unclear_or_lies_elsewhere_is_not_guessed(name: str | None, postcode: str | None) -> None:
    assert towns.find(name, postcode) is None


@pytest.mark.parametrize("writing", [str, str.upper, lambda name: name.replace("Saint", "St").replace("-", " ")])
def test_every_commune_is_found_under_its_own_name_and_postcodes(writing: Callable[[str], str]) -> None:
    lost = [
        (commune.name, postcode)
        for commune in geography.communes()
        if commune.code != "13055"  # gives its arrondissements
        for postcode in commune.postcodes
        if towns.find(writing(commune.name), postcode) != commune
    ]
    assert lost == []


@settings(deadline=None)
@given(st.one_of(st.none(), st.text()), st.one_of(st.none(), st.text(), st.from_regex(r"\A[0-9]{4,5}\Z")))
def test_find_never_raises(name: str | None, postcode: str | None) -> None:
    found = towns.find(name, postcode)
    assert found is None or geography.commune(found.code) == found


CONTRADICTORY = [
    ("Nantes", "13009"),  # real rows of open registers
    ("Cherbourg-en-Cotentin", "13013"),
    ("GRASSE", "06310"),
    ("Toulon", "83500"),
    ("Toulon", "13400"),
    ("New Haven", "06510"),  # Connecticut, and Carros
    ("Lorgues", "84700"),  # no Sorgues written badly
    ("Le Cannet", "06150"),  # no Cannes with something added
    ("Les Pennes-Mirabeau", "84120"),
    ("Les Paluds", "13400"),  # a place that no list has
    ("Vice City", "06000"),
    ("Bap", "05000"),
]


@pytest.mark.parametrize(("name", "postcode"), CONTRADICTORY)
def test_a_town_and_a_postcode_that_contradict_each_other_are_no_commune(name: str, postcode: str) -> None:
    assert towns.find(name, postcode) is None
    assert towns.contradict(name, postcode)
    assert not towns.is_confirmed(name, postcode)


@pytest.mark.parametrize(
    ("name", "postcode"),
    [
        (None, "13400"),
        ("Aubagne", None),
        ("Aubagne", "13400"),
        ("Aubagne Cedex", "13785"),
        ("Istres Cedex", "13890"),
        ("JUAN LES PINS", "06160"),
        ("Aubgane", "13400"),
        ("Marseille 6e", "13008"),
        ("Paris", "75001"),
        ("Atlantis", "13999"),
        ("Saint-Julien", "04170"),  # the beginning of several names: unclear is no contradiction
    ],
)
def test_what_agrees_or_cannot_be_compared_is_no_contradiction(name: str | None, postcode: str | None) -> None:
    assert not towns.contradict(name, postcode)


@pytest.mark.parametrize(
    ("name", "postcode", "code"),
    [("Toulon", "83500", "83"), ("Toulon", "13400", None), ("Nantes", "13009", None), ("Vitrolles", "05000", "05")],
)
def test_the_department_that_town_and_postcode_share(name: str, postcode: str, code: str | None) -> None:
    assert towns.department_shared(name, postcode) == code


# Communes whose name is also that of a former commune, or of a place of La Poste's list, within another.
NAMESAKES = {"Auribeau", "La Bastidonne", "Cadenet", "La Garde", "Le Mas", "Robion", "Saint-Auban", "Sauze", "Seyne"}


def test_no_commune_is_found_under_a_postcode_that_neither_serves_it_nor_begins_or_repeats_its_name() -> None:
    """Every commune's own name with a postcode of every other town hall in turn."""
    others = sorted({postcode for each in geography.communes() for postcode in each.postcodes})
    wrong = []
    for place, known in enumerate(geography.communes()):
        for postcode in others[place % 29 :: 29]:
            found = towns.find(known.name, postcode)
            if found is None or found.code in {known.code, known.parent} or found.parent == known.code:
                continue
            is_begun = towns.town_key(found.name).startswith(towns.town_key(known.name))
            if not (postcode in found.postcodes and (is_begun or known.name in NAMESAKES)):
                wrong.append((known.name, postcode, found.name))
    assert wrong == []


def test_places_that_are_no_communes_are_all_found_and_of_the_region() -> None:
    lost = [
        row
        for row in rows("localities.csv")
        if (found := towns.find(row[0], row[1])) is None or row[2] not in (found.code, found.parent)
    ]
    assert lost == []
