"""Clusters grow by their mean, whatever the order, and never against a constraint."""

from collections.abc import Callable, Collection, Mapping
from itertools import combinations
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from directory.matching.linkage import Linkage, Pair

APART = -10.0


def linked(
    count: int,
    weights: Mapping[Pair, float],
    may_join: Callable[[Collection[int], Collection[int]], bool] = lambda _one, _other: True,
    rivals: Collection[Pair] = (),
) -> Linkage:
    """So many listings, agglomerated; pairs that are not named are far apart."""
    linkage = Linkage(
        [[position] for position in range(count)],
        weights,
        lambda one, other: APART,
        may_join,
        lambda one, other: 8.0 if (one, other) in rivals or (other, one) in rivals else -inf,
        8.0,
        0.0,
    )
    linkage.agglomerate()
    return linkage


def clusters(linkage: Linkage) -> list[list[int]]:
    return sorted(linkage.members.values())


def test_a_chain_of_likenesses_is_not_followed_against_the_mean() -> None:
    # 1 is like 0, and 3 like 2; one accidental likeness between them does not glue the four.
    found = linked(4, {(0, 1): 20.0, (2, 3): 20.0, (1, 2): 9.0})
    assert clusters(found) == [[0, 1], [2, 3]]
    assert [(each.left, each.right, each.weight) for each in found.left_apart(8.0)] == [(0, 2, 9.0)]


def test_the_surest_come_first() -> None:
    found = linked(3, {(0, 1): 9.0, (0, 2): 15.0, (1, 2): -30.0})
    assert clusters(found) == [[0, 2], [1]]


def test_a_third_that_lacks_something_does_not_keep_two_sure_ones_apart() -> None:
    assert clusters(linked(3, {(0, 1): 20.0, (0, 2): 12.0, (1, 2): 2.0})) == [[0, 1, 2]]


def test_what_may_not_be_joined_is_not() -> None:
    found = linked(3, {(0, 1): 20.0, (1, 2): 20.0, (0, 2): 20.0}, lambda one, other: {0, 1} & {*one, *other} != {0, 1})
    assert clusters(found) == [[0, 2], [1]]


def test_rivals_are_one_only_when_they_are_sure_by_themselves() -> None:
    weights = {(0, 1): 20.0, (1, 2): 20.0, (0, 2): 5.0}
    assert clusters(linked(3, weights)) == [[0, 1, 2]]
    assert clusters(linked(3, weights, rivals=[(0, 2)])) == [[0, 1], [2]]
    assert clusters(linked(3, weights | {(0, 2): 8.0}, rivals=[(0, 2)])) == [[0, 1, 2]]


WEIGHTS = st.dictionaries(
    st.sampled_from(list(combinations(range(7), 2))), st.integers(-12, 24).map(float), min_size=5, max_size=21
)


@given(WEIGHTS)
def test_every_cluster_is_what_the_rules_allow(weights: dict[Pair, float]) -> None:
    found = linked(7, weights)
    assert sorted(each for members in found.members.values() for each in members) == list(range(7))
    for left, right in combinations(found.members.values(), 2):
        across = [weights.get((min(one, other), max(one, other)), APART) for one in left for other in right]
        assert max(across) < 8 or sum(across) / len(across) < 1e-9
