"""What is asked, in which order, and what is not asked because it was answered."""

from collections.abc import Sequence
from typing import Any

import pytest

from directory.matching.contract import Decisions, Match, MatchCounts, Review, ReviewReason
from directory.reviewing import gain, questions
from directory.store.reviews import Question

CLUSTERS = [(1, 2, 3), (4, 5), (6,)]


class Matched:
    """A matching that is made of these reviews."""

    def __init__(self, *reviews: Review, clusters: Sequence[tuple[int, ...]] = CLUSTERS) -> None:
        self.reviews, self.clusters, self.counts = reviews, clusters, MatchCounts()

    def site(self, listing: int) -> int:
        return listing

    def explain(self, listing: int) -> Match:
        raise KeyError(listing)


def review(left: int, right: int, **values: Any) -> Review:
    usual: dict[str, Any] = {"reason": ReviewReason.LIKELY, "weight": 6.0, "confidence": 0.75, "listings": 0}
    return Review(left=left, right=right, **(usual | values))


def asked(*reviews: Review, **decisions: Any) -> list[tuple[str, int, int]]:
    found = questions(Matched(*reviews), Decisions(**decisions), CLUSTERS)
    return [(each.reason.value, each.left, each.right) for each in found]


def test_a_question_is_counted_by_the_clusters_it_would_join() -> None:
    (question,) = questions(Matched(review(4, 2)), Decisions(), CLUSTERS)
    assert question == Question(
        left=2, right=4, reason=ReviewReason.LIKELY, weight=6.0, confidence=0.75, listings=5, gain=0.75 * 6 * 0.75
    )


@pytest.mark.parametrize(("confidence", "expected"), [(0.0, 0.0), (0.5, 3.0), (1.0, 0.0)])
def test_what_an_answer_brings(confidence: float, expected: float) -> None:
    assert gain(confidence, 6) == expected


def test_a_large_open_question_comes_before_a_small_or_settled_one() -> None:
    assert gain(0.6, 6) > gain(0.6, 1) > gain(0.99, 1) > gain(0.01, 1)


def test_what_was_answered_is_not_asked_whichever_two_of_their_listings_were_named() -> None:
    assert asked(review(1, 4), review(4, 6), cannot_link=((2, 5),)) == [("LIKELY", 4, 6)]


def test_of_two_clusters_it_is_asked_once_and_contradictions_first() -> None:
    contradiction = review(3, 5, reason=ReviewReason.CONTRADICTION)
    assert asked(review(1, 4), contradiction) == [("CONTRADICTION", 3, 5)]


def test_what_is_no_supplier_is_not_asked_about() -> None:
    assert asked(review(1, 9), must_link=((1, 9),)) == []


def test_a_decision_that_does_not_hold_is_asked_again() -> None:
    assert asked(must_link=((1, 4), (2, 5)), cannot_link=((1, 4),)) == [("CONTRADICTION", 1, 4)]
    assert asked(same_site=((5, 6),)) == [("CONTRADICTION", 5, 6)]
    assert asked(cannot_link=((1, 3),)) == [("CONTRADICTION", 1, 3)]
    assert asked(must_link=((1, 2),), cannot_link=((1, 4),)) == []
