"""What stewards are asked, and in which order: the questions of a matching, less those that they have answered.

The queue begins with the questions whose answers are expected to bring most: ``gain = p · n · u``, where ``p`` is the
confidence that the two clusters are one company, ``n`` the pairs of listings that a yes would join (those of the one
times those of the other), and ``u = 4 p (1 - p)`` how open the question is: 1 at one in two, 0 where it is answered.

Decisions that the clusters do not honour are questions too: they cannot all be true, and only a steward can say which.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from directory.matching.contract import Decisions, Matching, Review, ReviewReason
from directory.store.reviews import Question

# Of two stewards who contradict each other each may be right.
EVEN = 0.5

_Sides = tuple[int, int]


def questions(matching: Matching, decisions: Decisions, clusters: Sequence[Sequence[int]]) -> list[Question]:
    """What is to be asked. ``clusters`` are those of the matching that are suppliers; of two of them it is asked once.

    Decided and therefore not asked is whatever a steward said of any two listings of the two clusters.
    """
    home = {listing: place for place, cluster in enumerate(clusters) for listing in cluster}
    apart = {_sides(pair, home) for pair in _placed(decisions.cannot_link, home)}
    asked: dict[_Sides, Question] = {}
    reviews = sorted(matching.reviews, key=lambda each: each.reason is not ReviewReason.CONTRADICTION)
    for review in [*reviews, *_unmet(decisions, home)]:
        pair = min(review.left, review.right), max(review.left, review.right)
        if pair[0] not in home or pair[1] not in home:
            continue
        sides = _sides(pair, home)
        is_decided = sides in apart and review.reason is not ReviewReason.CONTRADICTION
        if not is_decided:
            asked.setdefault(sides, _question(review, pair, clusters, sides))
    return list(asked.values())


def gain(confidence: float, pairs: int) -> float:
    """What an answer is expected to bring: pairs of listings, weighted by how open the question is."""
    return confidence * pairs * 4 * confidence * (1 - confidence)


def _unmet(decisions: Decisions, home: Mapping[int, int]) -> Iterator[Review]:
    """A question for each decision that the clusters do not honour."""
    for pair in _placed(sorted((*decisions.must_link, *decisions.same_site)), home):
        if home[pair[0]] != home[pair[1]]:
            yield _contradiction(pair)
    for pair in _placed(decisions.cannot_link, home):
        if home[pair[0]] == home[pair[1]]:
            yield _contradiction(pair)


def _contradiction(pair: tuple[int, int]) -> Review:
    reason = ReviewReason.CONTRADICTION
    return Review(left=pair[0], right=pair[1], reason=reason, weight=0.0, confidence=EVEN, listings=0)


def _placed(pairs: Iterable[tuple[int, int]], home: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    return (pair for pair in pairs if pair[0] in home and pair[1] in home)


def _sides(pair: tuple[int, int], home: Mapping[int, int]) -> _Sides:
    one, other = home[pair[0]], home[pair[1]]
    return min(one, other), max(one, other)


def _question(review: Review, pair: tuple[int, int], clusters: Sequence[Sequence[int]], sides: _Sides) -> Question:
    one, other = (clusters[side] for side in sides)
    # Stewards have spoken of it: how alike the two are is no longer what is asked.
    confidence = EVEN if review.reason is ReviewReason.CONTRADICTION else review.confidence
    return Question(
        left=pair[0],
        right=pair[1],
        reason=review.reason,
        weight=review.weight,
        confidence=confidence,
        listings=len(one) + (len(other) if one is not other else 0),
        gain=gain(confidence, len(one) * len(other)),
    )
