"""What everybody says beside the words of the lexicon: verbs for trades, slang, and words that are no slips."""

import pytest

from directory.search import analysis
from directory.understanding import everyday
from directory.understanding.activities import known_words
from directory.understanding.lexicon import carried
from directory.understanding.understander import Understander
from tests.directory.understanding.understanding_kit import reading

TERMS = {term for text in known_words(carried()) for term in analysis.terms(text)}


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander.of(carried())


def test_what_is_meant_is_written() -> None:
    assert [meant for meant in everyday.MEANT.values() if not set(analysis.terms(meant)) <= TERMS] == []


def test_nothing_is_said_to_mean_what_the_analysis_knows_already() -> None:
    same = [said for said, meant in everyday.MEANT.items() if set(analysis.terms(meant)) <= set(analysis.terms(said))]
    assert same == []


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("élaguer", "élagage"),
        ("traduire", "traduction"),
        ("carreler", "carrelage"),
        ("nettoyer", "nettoyage"),
        ("un toubib", "médecin"),
        ("des ordis", "ordinateur"),
    ],
)
def test_a_verb_or_slang_finds_what_the_written_word_finds(understander: Understander, said: str, written: str) -> None:
    meant, asked = ([each.naf for each in understander.understand(text).activities] for text in (said, written))
    assert asked[0] in meant[:3]


@pytest.mark.parametrize("word", ["matin", "tondre", "défendre", "refondre", "platanes", "containers", "chiottes"])
def test_an_ordinary_word_is_no_slip(word: str) -> None:
    assert reading(f"{word} plombier").corrections == ()


@pytest.mark.parametrize(
    ("trade", "code"),
    [("plombier", "43.22A"), ("menuisier", "43.32A"), ("boulangerie", "10.71C"), ("traiteur", "56.21Z")],
)
def test_a_trade_by_its_name_goes_before_those_that_serve_it(understander: Understander, trade: str, code: str) -> None:
    assert understander.understand(trade).activities[0].naf == code
