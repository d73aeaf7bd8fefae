"""French text to terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.search import analysis


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Électricité générale", "ELECTRICITE GENERALE"),
        ("chauffagistes", "Chauffagiste"),
        ("plomberie", "plombiers"),
        ("plombière", "plombier"),
        ("boulangerie", "boulanger"),
        ("boucherie", "bouchère"),
        ("menuiseries", "menuisier"),
        ("l'eau", "eau"),
        ("d’Aubagne", "Aubagne"),
        ("cœur", "coeur"),
        ("S.N.E.F. Marseille", "SNEF Marseille"),
        ("aménagements paysagers", "aménagement paysager"),
    ],
)
def test_words_that_mean_the_same_are_one_term(one: str, other: str) -> None:
    assert analysis.terms(one) == analysis.terms(other) != ()


@pytest.mark.parametrize(("one", "other"), [("plomb", "plombier"), ("peintre", "peinture"), ("gare", "garage")])
def test_words_that_differ_stay_apart(one: str, other: str) -> None:
    assert analysis.terms(one) != analysis.terms(other)


def test_small_words_and_what_is_too_long_for_a_word_are_left_out() -> None:
    assert analysis.terms("la fuite de l'eau sous un évier") == ("fuit", "eau", "evi")
    assert analysis.terms("dans les pour et ou !? -- ' \" «»") == ()
    assert analysis.terms("x" * 41) == ()


def test_a_term_comes_once_and_terms_keep_their_order() -> None:
    assert analysis.terms("Toiture, zinc, TOITURE") == ("toitur", "zinc")


@given(st.text(max_size=300))
def test_any_text_has_terms_and_they_are_bare_words(text: str) -> None:
    for term in analysis.terms(text):
        assert term
        assert not set(term) & set(" '\"*:[](){}+-")


def test_the_digest_names_the_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    before = analysis.digest()
    assert len(before) == 16
    monkeypatch.setattr(analysis, "_LONGEST_WORD", 20)
    analysis.digest.cache_clear()
    assert analysis.digest() != before
    monkeypatch.undo()
    analysis.digest.cache_clear()
    assert analysis.digest() == before
