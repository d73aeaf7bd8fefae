"""Likeness of names."""

import pytest

from directory.matching.names import LONGEST, best_likeness, likeness


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("martin plomberie", "martin plomberie", 1.0),
        ("martin", "boulangerie martin", 0.9),
        ("plomberie martin", "martin plomberie", 0.9),
        ("abc", "abc conseil", 0.333),  # too short a word to mean anything: the letters alone speak
        ("ab", "xy", 0.0),
        ("a", "b", 0.0),
        ("", "martin", 0.0),
    ],
)
def test_likeness(left: str, right: str, expected: float) -> None:
    assert likeness(left, right) == pytest.approx(expected, abs=0.001)
    assert likeness(right, left) == likeness(left, right)


def test_a_typing_mistake_stays_like_and_another_name_does_not() -> None:
    assert likeness("boulangerie fabre", "boulangerie fabbre") > 0.9
    assert likeness("boulangerie fabre", "garage du midi") < 0.2


def test_a_pair_of_letters_counts_as_often_as_both_names_have_it() -> None:
    assert likeness("papapa", "papa") == pytest.approx(2 * 3 / 8)


def test_only_the_beginning_of_an_endless_name_is_compared() -> None:
    start = "ab cd " * 20
    assert (
        likeness(start + "menuiserie", start + "plomberie") == likeness(start[:LONGEST], start[:LONGEST] + "e") == 1.0
    )
    assert likeness("x" * LONGEST + " durand", "durand") == 0.0


def test_the_first_names_that_are_equal_end_the_search() -> None:
    assert best_likeness(("abel", "zoe"), ("abel", "zoe")) == (1.0, "abel", "abel")


def test_best_likeness_finds_the_two_names_most_alike() -> None:
    assert best_likeness(("dupont", "allo fuite"), ("garage", "allo fuite")) == (1.0, "allo fuite", "allo fuite")
    assert best_likeness((), ("garage",)) == (0.0, "", "")
