"""Several requests in one body (GraphQL over HTTP, appendix C): each is answered by itself, as if it had come alone.

One after the other, in the order they were sent: a mutation is done before what follows it is asked, and a body with
ten requests takes no more of the hub at a time than a body with one.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from cache import Answer
from gateway.door import Notes
from gateway.errors import RequestRefused
from gateway.etag import NOT_KEPT
from gateway.media import Media
from gateway.refusals import as_body, later
from gateway.requests import Batch, GraphQLRequest

One = Callable[[GraphQLRequest], Awaitable[tuple[Answer, dict[str, str]]]]

_RETRY: Final = "Retry-After"


async def answered_in_order(asked: Batch, one: One, seconds: float, vary: str, notes: Notes) -> Response:
    """The list of the answers, always 200: what became of each is in its own. None begins after ``seconds``."""
    until = time.monotonic() + seconds
    answers, waits = [], [0]
    for each in asked:
        try:
            answers.append(await _answered(each, one, until))
        except RequestRefused as refused:
            answers.append(as_body(refused))
            notes.refused.add(refused.status)
            waits.append(int(refused.headers.get(_RETRY, 0)))
    notes.operation, notes.kind, notes.cache = None, "batch", None  # those of the last one say nothing of the rest
    headers = {"Content-Type": Media.JSON.content_type, "Cache-Control": NOT_KEPT, "Vary": vary}
    if wait := max(waits):
        headers[_RETRY] = str(wait)
    return Response(b"[" + b",".join(answers) + b"]", headers=headers)


async def _answered(each: GraphQLRequest | RequestRefused, one: One, until: float) -> bytes:
    if isinstance(each, RequestRefused):
        raise each
    if time.monotonic() > until:
        message = "The requests before this one took all the time that a body has; send it by itself."
        raise later("TIMEOUT", message, 1)
    return (await one(each))[0].value
