"""A question with what was understood of its text: the place becomes a filter, all else ranks."""

from msgspec.structs import replace

from directory.search.query import Near, SearchQuery, Where
from directory.understanding.contract import Interpretation


def understood(query: SearchQuery, interpretation: Interpretation) -> SearchQuery:
    """The question as it was understood. A place that the caller gives beside the text is obeyed instead of the text's."""
    place, where, near = interpretation.place, query.where, query.near
    if place and near is None and not where.located_in:
        where = replace(where, located_in=place.areas) if place.areas else where
        if place.centre and place.radius_km:
            near = Near(place.centre.latitude, place.centre.longitude, place.radius_km)
    return replace(query, understood=interpretation, where=where, near=near)


def is_placed_by_text(query: SearchQuery, where: Where) -> bool:
    """Whether the question's place comes from its text and not from the caller's own filters."""
    return query.where.located_in != where.located_in or query.near is not None
