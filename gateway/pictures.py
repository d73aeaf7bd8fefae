"""``GET /listings/{id}/match.svg``: why a listing is of its supplier, as a picture that a page shows with ``<img>``.

The hub asks itself in GraphQL, for whoever asks for the picture: what may be seen, how long it may take and how it is
kept are those of any other question. Where there is no picture the answer is one and the same, whatever the reason.
"""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from directory.disclosure import Role
from directory.matching.waterfall import NARROWEST, WIDEST, WIDTH
from gateway.answering import Question
from gateway.callers import identify
from gateway.door import notes_of
from gateway.errors import RequestRefused
from gateway.etag import conditional
from gateway.graphql import told
from gateway.hub import Hub
from gateway.refusals import refuse, store_away
from gateway.requests import GraphQLRequest
from schema.errors import Code

QUERY: Final = (
    "query MatchPicture($id: ID!, $width: Int) "
    "{ node(id: $id) { ... on Listing { match { waterfall(width: $width) } } } }"
)
PICTURE_UNITS: Final = 15  # as its question costs in GraphQL
LONGEST_ID: Final = 64  # of characters; ids that the hub gives are shorter
_MOST_DIGITS: Final = 5


class _Match(msgspec.Struct):
    waterfall: str


class _Listing(msgspec.Struct):
    """What else has an id has no match."""

    match: _Match | None = None


class _Data(msgspec.Struct):
    node: _Listing | None = None


class _Extensions(msgspec.Struct):
    code: str


class _Error(msgspec.Struct):
    message: str
    extensions: _Extensions


class _Said(msgspec.Struct):
    data: _Data | None = None
    errors: list[_Error] = []


async def match_picture(request: Request) -> Response:
    """The endpoint; refusals come in the form of GraphQL's errors, as everywhere in the hub."""
    hub: Hub = request.app.state.hub
    try:
        return await _picture(hub, request)
    except RequestRefused as refused:
        return refuse(refused)


async def _picture(hub: Hub, request: Request) -> Response:
    identity = await identify(hub, request)
    opaque, width = request.path_params["id"], _width(request)
    if len(opaque) > LONGEST_ID:
        raise _nothing()
    charge = hub.budgets.opened(identity, request.scope)
    charge.cost = PICTURE_UNITS
    charge.take(charge.cost)
    asked = GraphQLRequest(query=QUERY, variables={"id": opaque, "width": width})
    question = Question(asked, hub.documents.select(QUERY, None), identity, notes_of(request.scope).request_id)
    given, headers = await told(hub, request, question)
    charge.settle(given.state)
    headers |= {"Content-Type": "image/svg+xml; charset=utf-8", "Vary": "Authorization"}
    if identity.role is Role.PUBLIC:  # whoever may ask may show it on a page of their own
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return conditional(request, _drawn(given.value).encode(), headers)


def _width(request: Request) -> int:
    """Pixels, brought between the bounds here already, so that what lies beyond is asked and kept once."""
    said = request.query_params.get("width", str(WIDTH))
    if not (said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS):
        raise RequestRefused(400, "BAD_REQUEST", f"width is a number of pixels, from {NARROWEST} to {WIDEST}.")
    return min(WIDEST, max(NARROWEST, int(said)))


def _drawn(answer: bytes) -> str:
    """The picture in an answer. Raises :class:`RequestRefused`."""
    said = msgspec.json.decode(answer, type=_Said)
    if said.data and said.data.node and said.data.node.match:
        return said.data.node.match.waterfall
    if not said.errors or said.errors[0].extensions.code == "BAD_INPUT":
        raise _nothing()
    error = said.errors[0]
    if error.extensions.code == Code.STORE_UNAVAILABLE.value:
        raise store_away(error.message)
    raise RequestRefused(500, error.extensions.code, error.message)


def _nothing() -> RequestRefused:
    message = "There is no listing with this id that you may see, or nothing is known yet of whose it is."
    return RequestRefused(404, "NOT_FOUND", message)
