"""A refusal as an answer: one form, whatever is refused and by whom.

``{"errors": [{"message", "extensions": {"code", "requestId"}}]}``; the sentence is for people, the code for programs,
the id for whoever asks the operator why.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
import structlog
from graphql import GraphQLError
from starlette.responses import Response

from gateway.errors import RequestRefused
from gateway.lingering import WhileItComes
from gateway.media import Media
from gateway.metrics import count_refusal

COST_TOO_HIGH: Final = "COST_TOO_HIGH"
RATE_LIMITED: Final = "RATE_LIMITED"
STORE_SECONDS: Final = 5

# Every code that a refusal may have, and under which statuses; docs/http.md says what to do about each.
CODES: Final[Mapping[str, tuple[int, ...]]] = {
    "BAD_HTTP": (400,),
    "BAD_INPUT": (400,),
    "BAD_JSON": (400,),
    "BAD_REQUEST": (400,),
    "BATCH": (400,),
    "SUBSCRIPTION": (400,),
    "TOO_MANY": (400, 429),
    "UNAUTHENTICATED": (401,),
    "ORIGIN": (403,),
    "NO_ROLE": (403,),
    "PARAMETERS_TOO_LONG": (414,),
    "RATE_LIMITED": (429,),
    "PROVIDER_UNAVAILABLE": (503,),
    "UNSIGNED": (401,),
    "STALE": (401,),
    "FORBIDDEN": (403,),
    "NOT_FOUND": (404,),
    "METHOD_NOT_ALLOWED": (405,),
    "MUTATION_BY_GET": (405,),
    "NOT_ACCEPTABLE": (406,),
    "BODY_TOO_SLOW": (408,),
    "HEADERS_TOO_SLOW": (408,),
    "HEARD_BEFORE": (409,),
    "BODY_TOO_LARGE": (413,),
    "CONTENT_TYPE": (415,),
    "CHARSET": (415,),
    "CONTENT_ENCODING": (415,),
    "HEADERS_TOO_LARGE": (431,),
    "INTERNAL": (500,),
    "CANNOT_ASK": (501,),
    "BUSY": (503,),
    "INDEX_MISSING": (503,),
    "NOT_READ": (503,),
    "OVERLOADED": (503,),
    "PAUSED": (503,),
    "STORE_UNAVAILABLE": (503,),
    "TIMEOUT": (503,),
    "UNAVAILABLE": (503,),
}
VARY: Final = "Accept, Authorization"


def refuse(refused: RequestRefused, media: Media = Media.JSON) -> Response:
    """The answer, and the count of it."""
    headers = {"Content-Type": media.content_type, "Cache-Control": "no-store", "Vary": VARY, **refused.headers}
    form = WhileItComes if refused.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else Response
    return form(as_body(refused), refused.status, headers)


def as_body(refused: RequestRefused) -> bytes:
    """What is said of it, counted: the body of an answer, or one answer of several in a list or on a connection.

    The request's id is the one that :mod:`gateway.door` gave it.
    """
    count_refusal(refused.code)
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return body_of_refusal(refused.code, refused.message, request_id)


def beyond(code: str, sentence: str, *, found: int, limit: int) -> GraphQLError:
    """The refusal of something that goes beyond a bound; ``extensions`` has the figures."""
    return GraphQLError(sentence, extensions={"code": code, "found": found, "limit": limit})


def later(code: str, message: str, seconds: int) -> RequestRefused:
    """The refusal of what may be asked again, as it is, after so many seconds."""
    return RequestRefused(503, code, message, {"Retry-After": str(seconds)})


def store_away(message: str) -> RequestRefused:
    """The refusal of what the store is needed for while it is away."""
    return later("STORE_UNAVAILABLE", message, STORE_SECONDS)


def body_of_refusal(code: str, message: str, request_id: str | None) -> bytes:
    """The body of an answer that refuses; without an id where a request has none."""
    extensions = {"code": code} if request_id is None else {"code": code, "requestId": request_id}
    return msgspec.json.encode({"errors": [{"message": message, "extensions": extensions}]})
