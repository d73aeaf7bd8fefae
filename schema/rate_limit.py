"""What a request was charged, and how much its caller may still ask for."""

from datetime import datetime
from typing import Self

import strawberry

from schema.context import Charged, Info
from schema.cost import weighs
from schema.fields import resolved


@strawberry.type(
    description="The caller's budget: units of `@cost` that its key, or its address without one, may take in a minute.",
    directives=[weighs(0)],
)
class RateLimit:
    """The budget, once this request has been charged."""

    cost: int = strawberry.field(
        description="What this request was charged: its operation's cost, and once for reading a new document."
    )
    limit: int | None = strawberry.field(description="Units in any minute; null where there is no budget.")
    remaining: int | None = strawberry.field(description="Units that are left now; null where there is no budget.")
    reset_at: datetime | None = strawberry.field(
        description="When all of `limit` is there again if nothing more is asked; null where there is no budget."
    )

    @classmethod
    def of(cls, charged: Charged) -> Self:
        """The budget as the gateway tells it."""
        return cls(cost=charged.cost, limit=charged.limit, remaining=charged.remaining, reset_at=charged.reset_at)


@strawberry.type
class RateLimitQuery:
    """The root field about the caller's budget."""

    @resolved("What this request was charged, and what is left of the caller's budget. Free.", weighs(0))
    def rate_limit(self, info: Info) -> RateLimit:
        return RateLimit.of(info.context.charged())
