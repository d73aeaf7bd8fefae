"""How good a supplier's record is."""

from datetime import datetime
from typing import Self

import strawberry

from directory import records
from directory.records import utc
from schema.cost import SEVERAL, holds


@strawberry.type(description="One part of the quality score.")
class QualityCriterion:
    """A criterion and its score."""

    name: str = strawberry.field(description="What is judged.")
    score: float = strawberry.field(description="How well it is met, from 0 to 1.")


@strawberry.type(description="How complete and how fresh a record is.")
class Quality:
    """The quality with what it is made of."""

    score: float = strawberry.field(description="The whole, from 0 to 1.")
    completeness: float = strawberry.field(description="How much of the record is filled, from 0 to 1.")
    freshness_days: int | None = strawberry.field(
        description="Days since a partner last confirmed anything of it; null when none ever did."
    )
    criteria: list[QualityCriterion] = strawberry.field(
        description="What the score is made of.", directives=[holds(SEVERAL)]
    )

    @classmethod
    def of(cls, quality: records.Quality, now: datetime) -> Self:
        """The quality, its freshness counted up to ``now``."""
        fresh = quality.freshest_at
        return cls(
            score=quality.score,
            completeness=quality.completeness,
            freshness_days=max(0, (now - utc(fresh)).days) if fresh else None,
            criteria=[QualityCriterion(name=each.name, score=each.score) for each in quality.criteria],
        )
