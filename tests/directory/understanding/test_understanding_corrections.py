"""Slips of the keyboard, and words that are none."""

import pytest

from directory.understanding.vocabulary import Vocabulary
from tests.directory.understanding.understanding_kit import left, reading


@pytest.mark.parametrize(
    ("text", "corrections"),
    [
        ("plonbier", [("plonbier", "plombier")]),
        ("menuisrie", [("menuisrie", "menuiserie")]),
        ("fotographe", [("fotographe", "photographe")]),
        ("farmacie", [("farmacie", "pharmacie")]),
        ("electritien", [("electritien", "électricien")]),
        ("netoyage", [("netoyage", "nettoyage")]),
        ("plombier aubange", [("aubange", "aubagne")]),
        ("plombier marsseille", [("marsseille", "marseille")]),
        ("traiteur pour 20 persones", []),
        ("cherhce plombier", []),
        ("electricite", []),
        ("plombiers", []),
        ("caces", []),
        ("nacelle", []),
        ("made", []),
        ("plombier CASES", []),
        ("mto", []),
        ("R489 13008x", []),
    ],
)
def test_a_slip_is_mended(text: str, corrections: list[tuple[str, str]]) -> None:
    assert [(each.typed, each.understood) for each in reading(text).corrections] == corrections


def test_what_was_mended_is_read_as_meant() -> None:
    place = reading("plombier aubange").place
    assert place is not None
    assert place.areas == ("13005",)
    assert left("electritien pour 20 persones") == "electricien"


def test_a_correction_that_was_clicked_away_is_not_made() -> None:
    assert left("plonbier", "correction:plonbier") == "plonbier"
    assert reading("plonbier", "correction:plonbier").corrections == ()


@pytest.mark.parametrize(
    ("counted", "word", "nearest"),
    [
        ([("plombier", 2), ("plombiers", 9)], "plonbier", "plombier"),  # fewer slips before more suppliers
        ([("carre", 1), ("carte", 9)], "carle", "carte"),  # the one that more suppliers use
        ([("carre", 5), ("carpe", 5)], "carle", "carpe"),  # the alphabet
        ([("moto", 1), ("loto", 9)], "motp", "moto"),  # one slip, the first letter believed
        ([("pharmacie", 1), ("farine", 9)], "farmacie", "pharmacie"),
        ([("maison", 1)], "moisan", None),  # two slips in a word of six letters
        ([("tableau", 1)], "talbeau", "tableau"),  # two letters that changed places are one slip
        ([("propriété", 1)], "copropriete", None),  # a word of its own
        ([("oublie", 0)], "oublia", None),  # known, but nobody's
        ([], "plombier", None),
    ],
)
def test_the_nearest_word(counted: list[tuple[str, int]], word: str, nearest: str | None) -> None:
    assert Vocabulary(counted).nearest(word) == nearest


def test_a_word_is_known_by_its_other_forms() -> None:
    known = Vocabulary([("Électriciens", 1), ("oublie", 0)])
    assert known.knows("electricienne") == known.knows("electricien") == known.knows("oublie") is True
    assert known.knows("electricite") is False
