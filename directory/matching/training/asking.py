"""Which pairs a person is best asked about: those of which the model is least sure, no two of a kind in a row."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from directory.matching.blocking import Blocks, numbers_of
from directory.matching.contract import Evidence, MatchRecord
from directory.matching.model import Model
from directory.matching.profiles import profile_of
from directory.matching.scoring import COMPARISONS, Scorer
from directory.matching.terms import Terms
from directory.matching.training.calibrate import are_settled

Vector = tuple[int, ...]


class Question(Struct, frozen=True, kw_only=True):
    """A pair to be judged, with what the model makes of it."""

    left: int
    right: int
    weight: float
    confidence: float
    evidence: tuple[Evidence, ...]


def questions(
    records: Sequence[MatchRecord], model: Model, answered: Collection[tuple[int, int]] = ()
) -> Iterator[Question]:
    """Pairs to be judged, the most telling first; those answered already, and those that official numbers settle, are
    left out.

    Each way in which two listings can agree (the levels of all comparisons) is asked about once, then each a second
    time, and so on; within a round, nearest first to the weight at which the model is as unsure as can be.
    """
    terms = Terms.of(records)
    profiles = [profile_of(record, terms) for record in records]
    scorer = Scorer(model, terms.population)
    known = {frozenset(pair) for pair in answered}
    doubt = unsure_at(model)
    ways: defaultdict[Vector, list[tuple[float, int, int]]] = defaultdict(list)
    for one, other in Blocks([numbers_of(profile) for profile in profiles]).pairs():
        left, right = profiles[one], profiles[other]
        if not are_settled(left, right) and frozenset((left.listing, right.listing)) not in known:
            way = tuple(compare(left, right) for compare in COMPARISONS.values())
            ways[way].append((abs(scorer.weight(left, right) - doubt), one, other))
    queues = [sorted(found) for found in ways.values()]
    while queues:
        for _, one, other in sorted(queue.pop(0) for queue in queues):
            left, right = profiles[one], profiles[other]
            weight = scorer.weight(left, right)
            yield Question(
                left=left.listing,
                right=right.listing,
                weight=weight,
                confidence=model.confident(weight),
                evidence=scorer.evidence(left, right),
            )
        queues = [queue for queue in queues if queue]


def unsure_at(model: Model) -> float:
    """The weight at which one in two pairs is true, as far as the model's confidence tells."""
    points = model.confidence
    for (low, below), (high, above) in pairwise(points):
        if below <= 0.5 <= above and above > below:
            return low + (high - low) * (0.5 - below) / (above - below)
    return points[0][0] if points[0][1] > 0.5 else points[-1][0]
