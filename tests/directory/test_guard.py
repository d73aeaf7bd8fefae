"""What passes without a steward, to the row."""

import pytest

from directory.guard import Figures, Guard, reasons

GUARD = Guard()


def test_the_bounds_are_those_of_the_issue() -> None:
    assert (GUARD.loss, GUARD.lacking, GUARD.failing) == (0.2, 0.02, 0.05)


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        (Figures(), ()),
        (Figures(members=100, withdrawn=20), ()),
        (Figures(members=100, withdrawn=21), ("21 % of the members would go (at most 20 % pass)",)),
        (Figures(members=3, withdrawn=1), ("33.3 % of the members would go (at most 20 % pass)",)),
        (Figures(read=1_000, lacking={"name": 20, "siren": 0}), ()),
        (
            Figures(read=1_000, lacking={"siren": 1_000, "name": 21}, unusable=21),
            (
                "21 of 1,000 records have no name (2.1 %, at most 2 % pass)",
                "1,000 of 1,000 records have no siren (100 %, at most 2 % pass)",
            ),
        ),
        # One bad row is no reason to hold an increment of three.
        (Figures(read=6, lacking={"name": 5}, unusable=5), ()),
        (Figures(read=6, lacking={"name": 6}), ("6 of 6 records have no name (100 %, at most 2 % pass)",)),
        (Figures(read=100, unusable=6), ("6 of 100 records cannot be used (6 %, at most 2 % pass)",)),
        (Figures(again=1_000, failing={"siren": 50}), ()),
        (
            Figures(again=1_000, failing={"siren": 51}),
            ("51 of 1,000 members fail a check of siren that they passed before (5.1 %, at most 5 % pass)",),
        ),
        (Figures(again=9, failing={"siren": 5}), ()),
        # A count that a source gets wrong is no fault of ours.
        (Figures(lacking={"name": 9}), ("9 of 0 records have no name (900 %, at most 2 % pass)",)),
    ],
    ids=range(13),
)
def test_what_is_held_and_why(figures: Figures, said: tuple[str, ...]) -> None:
    assert reasons(figures, GUARD) == said


def test_a_reading_of_some_members_may_lose_them() -> None:
    assert reasons(Figures(members=2, withdrawn=2), GUARD, may_lose=True) == ()


def test_the_bounds_are_settings() -> None:
    figures = Figures(members=10, withdrawn=10, read=10, unusable=10, again=10, failing={"naf": 10})
    assert reasons(figures, Guard(loss=1, lacking=1, failing=1)) == ()
    assert len(reasons(figures, Guard(loss=0, lacking=0, failing=0))) == 3
