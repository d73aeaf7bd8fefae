"""Likeness of names."""

import pytest

from directory.matching.names import best_likeness, likeness


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


def test_best_likeness_finds_the_two_names_most_alike() -> None:
    assert best_likeness(("dupont", "allo fuite"), ("garage", "allo fuite")) == (1.0, "allo fuite", "allo fuite")
    assert best_likeness((), ("garage",)) == (0.0, "", "")
