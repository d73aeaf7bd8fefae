"""A store's own model: trained on its listings, calibrated and judged by its labels against the model in force."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from directory.matching.comparing import Thresholds
from directory.matching.contract import Decisions, MatchRecord
from directory.matching.model import Model
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.matching.profiles import profile_of
from directory.matching.scoring import Scorer
from directory.matching.terms import Terms
from directory.matching.training import calibrate
from directory.matching.training.calibrate import Judged
from directory.matching.training.labels import Comparison, Label, Same, Sides, compared, placed
from directory.matching.training.train import Method, named, train

FEWEST: Final = 30  # labelled pairs that a model can be judged by


class Retrained(Struct, frozen=True):
    """The new model and how it compares with the old one; ``calibrated`` says how many labels its confidence is of."""

    model: Model
    comparison: Comparison
    calibrated: int

    @property
    def objection(self) -> str | None:
        """Why it should not come into force by itself."""
        if self.comparison.pairs < FEWEST:
            return f"{self.comparison.pairs} labelled pairs are too few to judge it by; it takes {FEWEST}"
        return "it is less right than the old one on the labelled pairs" if self.comparison.is_worse else None


def retrained(
    records: Sequence[MatchRecord],
    labels: Iterable[Label],
    old: Model,
    thresholds: Thresholds,
    *,
    method: Method = Method.SIRET,
    tell: Callable[[str], None] = lambda _: None,
) -> Retrained:
    """Train on the records and judge by the labels. Raises :class:`~directory.matching.training.train.TooFewListings`.

    Decisions of stewards are no part of the judgement: what a steward has said is right under any model.
    """
    known = placed(labels, records)
    model = train(records, method=method, tell=tell)
    judged = judgements(records, known, model)
    try:
        curve = calibrate.confidence(judged)
    except ValueError:
        judged, curve = [], old.confidence
    model = named(msgspec.structs.replace(model, confidence=curve, trained={**model.trained, "labels": len(judged)}))
    tell("matching by the old model")
    before = outcomes(records, known, old, thresholds)
    tell("matching by the new model")
    after = outcomes(records, known, model, thresholds)
    return Retrained(model, compared(known, before, after), len(judged))


def judgements(records: Sequence[MatchRecord], known: Mapping[Sides, Label], model: Model) -> list[Judged]:
    """The weight of each labelled pair and whether it is one establishment."""
    terms = Terms.of(records)
    wanted = {listing for sides in known for listing in sides}
    profiles = {record.listing: profile_of(record, terms) for record in records if record.listing in wanted}
    scorer = Scorer(model, terms.population)
    return [
        (scorer.weight(profiles[one], profiles[other]), each.same is Same.SITE) for (one, other), each in known.items()
    ]


def outcomes(
    records: Sequence[MatchRecord], pairs: Collection[Sides], model: Model, thresholds: Thresholds
) -> dict[Sides, bool]:
    """Whether each pair comes out as one establishment when all records are matched."""
    if not pairs:
        return {}
    matching = ProbabilisticMatcher(model, thresholds).match(records, Decisions())
    return {(one, other): matching.site(one) == matching.site(other) for one, other in pairs}
