"""Places, and the letters of a name that answer what is typed."""

import pytest

from directory import geography
from directory.search.catalogue import places
from directory.search.completing import typed
from directory.search.writing import Writing, near, right


def found(text: str, first: int = 8) -> list[tuple[str, str]]:
    asked = typed(text)
    answers = places().complete(asked, first, lambda place: place.weight)
    answers = answers or places().correct(asked, first, lambda place: place.weight)
    return [(each.entry.value, each.fit.text) for each in answers]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("mars", ("13055", "Marseille")),
        ("marseille 6", ("13206", "Marseille 6e Arrondissement")),
        ("marseille 06", ("13206", "Marseille 6e Arrondissement")),
        ("marseille 6eme", ("13206", "Marseille 6e Arrondissement")),
        ("Marseille 1e", ("13201", "Marseille 1er Arrondissement")),
        ("13006", ("13206", "13006 Marseille 6e Arrondissement")),
        ("13400", ("13005", "13400 Aubagne")),
        ("aix en p", ("13001", "Aix-en-Provence")),
        ("AUBANGE", ("13005", "Aubagne")),
        ("13", ("13", "13 Bouches-du-Rhône")),
        ("bouches du", ("13", "Bouches-du-Rhône")),
        ("metropole aix", ("200054807", "Métropole d'Aix-Marseille-Provence")),
        ("provence-alpes", ("93", "Provence-Alpes-Côte d'Azur")),
        ("st remy", ("13100", "Saint-Rémy-de-Provence")),
        ("l'isle sur", ("84054", "L'Isle-sur-la-Sorgue")),
    ],
)
def test_places_are_found_by_name_and_postcode_the_most_populous_first(text: str, first: tuple[str, str]) -> None:
    assert found(text)[0] == first


def test_every_place_stands_for_an_area_that_filters_take_and_is_found_by_its_name() -> None:
    for place in places().entries:
        area = geography.area(place.value)
        assert area
        assert place.writings[0].text == area.name
    assert {area.kind for area in geography.areas()} == set(geography.AreaKind)


def test_places_say_what_they_are() -> None:
    told = {place.value: place.detail for place in places().entries}
    assert told["13005"] == "Commune · Bouches-du-Rhône (13)"
    assert told["13206"] == "Arrondissement · Bouches-du-Rhône (13)"
    assert told["13055"] == "Commune · Bouches-du-Rhône (13)"
    assert told["200054807"] == "Intercommunalité · Bouches-du-Rhône (13)"
    assert (told["13"], told["93"]) == ("Département", "Région")


def bold(text: str, asked: str) -> str:
    """The text with the parts that answer in brackets."""
    writing = Writing.of(text)
    choice = right([writing], typed(asked)) or near([writing], typed(asked))
    fit = choice.fit(typed(asked))
    for part in reversed(fit.parts):
        end = part.start + part.length
        text = f"{text[: part.start]}[{text[part.start : end]}]{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("text", "asked", "shown"),
    [
        ("Boulangerie Éléonore", "ele", "Boulangerie [Élé]onore"),
        ("L'Atelier d'Azur", "at az", "L'[At]elier d'[Az]ur"),
        ("S.N.E.F. Provence", "snef", "[S.N.E.F]. Provence"),
        ("S.N.E.F. Provence", "sn", "[S.N].E.F. Provence"),
        ("O'Neill & Fils", "oneill fil", "[O'Neill] & [Fil]s"),
        ("Œuvres", "oe", "[Œ]uvres"),
        ("Œuvres", "o", "[Œ]uvres"),
        ("Martin Menuiserie", "martin m", "[Martin] [M]enuiserie"),
        ("Boulangerie du Port", "bulangrie", "[Boulangerie] du Port"),
        ("Plomberie Martin", "plomb fuite", "[Plomb]erie Martin"),
        ("E\u0301le\u0301onore", "ele", "[E\u0301le\u0301]onore"),
        ("🥖 Pain", "pain", "🥖 [Pain]"),
    ],
)
def test_the_letters_that_answer_are_shown(text: str, asked: str, shown: str) -> None:
    assert bold(text, asked) == shown
