"""Partners and labels that a need names."""

import pytest

from tests.directory.understanding.understanding_kit import left, reading


@pytest.mark.parametrize(
    ("text", "keys", "words"),
    [
        ("artisan plombier RGE", ["label:artisan", "label:rge"], "plombier"),
        ("artisans plombiers", ["label:artisan"], "plombiers"),
        ("traiteur bio", ["label:agriculture-biologique"], "traiteur bio"),
        ("maraîcher AB", ["label:agriculture-biologique"], "maraicher ab"),
        ("entreprise adaptée espaces verts", ["label:ea"], "entreprise adaptee espaces verts"),
        ("maçon Qualibat n° 5112", ["label:qualibat"], "macon"),
        ("audit ISO 27001", ["label:iso-27001"], "audit iso 27001"),
        ("startup intelligence artificielle AI", ["partner:french-tech"], "intelligence artificielle ai"),
        ("plombier de la chambre des métiers", ["partner:cmar"], "plombier"),
        ("adhérent CPME, comptable", ["partner:cpme13"], "comptable"),
        ("comptable EI", [], "comptable ei"),
        ("lucie photographe", [], "lucie photographe"),
        ("ESUS", ["label:esus"], ""),
    ],
)
def test_names_become_preferences(text: str, keys: list[str], words: str) -> None:
    assert [preference.key for preference in reading(text).preferences] == keys
    assert left(text) == words


def test_a_preference_says_what_was_typed_and_what_it_is() -> None:
    (preference,) = reading("menuisier membre de la Chambre des Métiers").preferences
    assert (preference.typed, preference.label) == ("Chambre des Métiers", "Chambre de métiers et de l'artisanat")


def test_a_preference_that_was_clicked_away_is_looked_for_as_words() -> None:
    assert reading("plombier RGE", "label:rge").preferences == ()
    assert left("plombier RGE", "label:rge") == "plombier rge"
