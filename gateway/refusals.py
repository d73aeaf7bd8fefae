"""Refusals of requests that could be read: the bound, the figure and the remedy, with a code for programs; counted."""

from typing import Final

from graphql import GraphQLError
from prometheus_client import Counter

COST_TOO_HIGH: Final = "COST_TOO_HIGH"
RATE_LIMITED: Final = "RATE_LIMITED"

REFUSALS: Final = Counter("circuit_refusals", "Requests refused before anything ran, by code.", ("code",))
OVERRUNS: Final = Counter("circuit_overruns", "Requests that cost.mode « enforce » would have refused.", ("code",))


def beyond(code: str, sentence: str, *, found: int, limit: int) -> GraphQLError:
    """The refusal of something that goes beyond a bound; ``extensions`` has the figures."""
    return GraphQLError(sentence, extensions={"code": code, "found": found, "limit": limit})


def count_refusal(code: str) -> None:
    """Count one; codes are ours, and few."""
    REFUSALS.labels(code).inc()


def count_overrun(code: str) -> None:
    """Count one that was answered all the same."""
    OVERRUNS.labels(code).inc()
