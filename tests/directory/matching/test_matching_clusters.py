"""Clusters that refuse what must stay apart."""

from directory.matching.clusters import Clusters


def test_joins_add_up() -> None:
    clusters = Clusters([None] * 5)
    assert clusters.join(0, 1)
    assert clusters.join(3, 4)
    assert clusters.join(1, 4)
    assert clusters.join(0, 3)
    assert clusters.groups() == [[0, 1, 3, 4], [2]]


def test_two_sirens_never_meet_even_by_way_of_a_third() -> None:
    clusters = Clusters(["732829320", None, None, "552100554"])
    assert clusters.join(1, 2)
    assert clusters.join(0, 1)
    assert not clusters.join(2, 3)
    assert clusters.groups() == [[0, 1, 2], [3]]


def test_what_was_declared_apart_stays_apart_after_other_joins() -> None:
    clusters = Clusters([None] * 5, apart=[(0, 4)])
    assert clusters.join(0, 1)
    assert clusters.join(3, 4)
    assert not clusters.join(1, 3)
    assert clusters.join(2, 3)
    assert not clusters.join(2, 0)
    assert clusters.groups() == [[0, 1], [2, 3, 4]]
