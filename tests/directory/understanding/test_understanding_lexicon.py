"""The lexicon that the hub carries, and what a steward's changes make of it."""

from collections import Counter

import pytest

from directory.nomenclature import naf
from directory.understanding.lexicon import Entry, Lexicon, carried, key, problem


def test_every_code_exists_and_every_expression_can_stand() -> None:
    told = [
        (code, expression, why)
        for code, expressions in carried().expressions.items()
        for expression in expressions
        if (why := problem(code, expression))
    ]
    assert told == []


def test_no_expression_stands_twice_under_a_code() -> None:
    for code, expressions in carried().expressions.items():
        twice = [expression for expression, count in Counter(map(key, expressions)).items() if count > 1]
        assert twice == [], code


def test_it_speaks_of_the_whole_nomenclature() -> None:
    expressions = carried().expressions
    assert len({key(each) for known in expressions.values() for each in known}) > 15_000
    assert [code for code in naf.codes() if len(expressions.get(code, ())) < 3] == []


WORDS = "BTP CVC RGPD CSE GTB VRD DAAF mas restanque génoise pastrage mutuelle ESAT recyclerie insertion"


@pytest.mark.parametrize("word", WORDS.split())
def test_it_knows_the_words_of_the_trade_and_of_the_region(word: str) -> None:
    known = {
        each for expressions in carried().expressions.values() for text in expressions for each in key(text).split()
    }
    assert key(word) in known


def test_it_is_changed_without_being_touched() -> None:
    lexicon = Lexicon({"43.22A": ("plombier", "fuite d'eau")})
    changed = lexicon.changed(
        [
            Entry("43.22A", "Fuites d'eau"),
            Entry("43.22A", "FUITE D'EAU"),
            Entry("43.22A", "plombier", taken_out=True),
            Entry("01.11Z", "blé dur"),
            Entry("01.11Z", "personne ne l'a dit", taken_out=True),
        ]
    )
    assert changed.expressions == {"43.22A": ("fuite d'eau", "Fuites d'eau"), "01.11Z": ("blé dur",)}
    assert lexicon.expressions == {"43.22A": ("plombier", "fuite d'eau")}


@pytest.mark.parametrize(
    ("code", "expression", "why"),
    [
        ("43.22", "plombier", "43.22 n'est pas une sous-classe de la NAF rév. 2 (par exemple 43.22A)."),
        ("43.22A", " -! ", "L'expression ne contient aucun mot."),
        ("43.22A", "mot " * 9, "L'expression est trop longue : 80 caractères et 8 mots au plus."),
        ("43.22A", "x" * 81, "L'expression est trop longue : 80 caractères et 8 mots au plus."),
        ("43.22A", "fuite d'eau", None),
    ],
)
def test_what_cannot_stand_is_told(code: str, expression: str, why: str | None) -> None:
    assert problem(code, expression) == why
