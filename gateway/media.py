"""Media types: which kind of answer a caller's Accept header asks for (RFC 9110, section 12.5.1)."""

from enum import StrEnum
from functools import lru_cache
from typing import Final

LONGEST: Final = 200  # characters of a header that is remembered; browsers send half as many


class Media(StrEnum):
    """What the GraphQL endpoint can answer with, best first where a caller leaves the choice."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"
    HTML = "text/html"
    EVENTS = "text/event-stream"

    @property
    def content_type(self) -> str:
        """The header's value."""
        return f"{self.value}; charset=utf-8"


def negotiate(accept: str | None, offers: tuple[Media, ...]) -> Media | None:
    """The best of ``offers`` for this header; the first one where everything is welcome; ``None`` where none is.

    A tie goes to the more exact mention, then to what the caller wrote first, so that
    ``application/graphql-response+json, application/json`` means the former.
    """
    if accept is None or not accept.strip():
        return offers[0]
    return _remembered(accept, offers) if len(accept) <= LONGEST else _chosen(accept, offers)


def _chosen(accept: str, offers: tuple[Media, ...]) -> Media | None:
    ranges = [_range(place, text) for place, text in enumerate(accept.split(","))]
    best: tuple[float, int, int] | None = None
    chosen = None
    for offer in offers:
        rank = _rank(offer, ranges)
        if rank[0] > 0 and (best is None or rank > best):
            best, chosen = rank, offer
    return chosen


_remembered: Final = lru_cache(256)(_chosen)


def _range(place: int, text: str) -> tuple[str, float, int]:
    """``type/subtype``, its quality, and its place in the header."""
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            quality = _quality(parameter[2:])
    return kind, quality, place


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _rank(offer: Media, ranges: list[tuple[str, float, int]]) -> tuple[float, int, int]:
    """Quality, exactness and earliness of the most exact range that holds this offer."""
    group = offer.partition("/")[0]
    matching = [
        (2 if kind == offer else 1 if kind == f"{group}/*" else 0, quality, -place)
        for kind, quality, place in ranges
        if kind in {offer, f"{group}/*", "*/*"}
    ]
    exactness, quality, earliness = max(matching, default=(0, 0.0, 0))
    return quality, exactness, earliness
