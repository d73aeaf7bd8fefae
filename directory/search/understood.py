"""A question with what was understood of its text: the place becomes a filter, all else ranks."""

from msgspec.structs import replace

from directory.search.query import Near, SearchQuery
from directory.understanding.contract import Interpretation


def understood(query: SearchQuery, interpretation: Interpretation) -> SearchQuery:
    """The question as it was understood. A place that the caller gives beside the text stands before the text's."""
    place, where, near = interpretation.place, query.where, query.near
    if place and near is None and not where.located_in:
        where = replace(where, located_in=place.areas) if place.areas else where
        if place.centre and place.radius_km:
            near = Near(place.centre.latitude, place.centre.longitude, place.radius_km)
    return replace(query, understood=interpretation, where=where, near=near)
