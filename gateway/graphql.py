"""``/graphql``: GraphQL over HTTP, by POST and GET.

Status codes follow the specification's two media types: with ``application/json`` every well-formed request is
answered 200 and errors are in the body; with ``application/graphql-response+json`` a request that could not be
executed is 400. What is not a GraphQL request at all is 4xx with either.
"""

from typing import Final

import msgspec
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from cache import Answer, Fleeting, State
from directory.disclosure import Role
from directory.store.errors import StoreError
from gateway import graphiql
from gateway.admission import admit, with_cost
from gateway.answering import NotExecuted, Question, answer, bad_query
from gateway.auth import Identity
from gateway.bodies import body_of
from gateway.door import notes_of
from gateway.errors import KeyRefused, RequestRefused
from gateway.hub import Hub
from gateway.media import Media, negotiate
from gateway.metrics import CACHE, SECONDS, operation_label
from gateway.operations import NAME_LENGTH
from gateway.refusals import count_refusal
from gateway.requests import GraphQLRequest, check_content, from_body, from_parameters
from gateway.subscriptions.events import events

_OFFERS: Final = (Media.JSON, Media.GRAPHQL, Media.EVENTS)
_VARY: Final = "Accept, Authorization"


async def graphql(request: Request) -> Response:
    """The endpoint: a page for browsers, answers for programs; refusals come in the caller's media type."""
    hub: Hub = request.app.state.hub
    has_page = request.method != "POST" and hub.settings.graphiql
    media = negotiate(request.headers.get("accept"), (*_OFFERS, Media.HTML) if has_page else _OFFERS)
    if media is Media.HTML:
        return graphiql.page()
    try:
        if media is None:
            names = f"{', '.join(_OFFERS[:-1])} or {_OFFERS[-1]}"
            raise RequestRefused(406, "NOT_ACCEPTABLE", f"The answer can be had as {names} (header Accept).")
        return await _answer(hub, request, media)
    except RequestRefused as refused:
        return refuse(refused, Media.GRAPHQL if media is Media.GRAPHQL else Media.JSON)


def refuse(refused: RequestRefused, media: Media = Media.JSON) -> Response:
    """A refusal in the form of a GraphQL answer, counted."""
    count_refusal(refused.code)
    error = {"message": refused.message, "extensions": {"code": refused.code}}
    headers = {"Content-Type": media.content_type, "Cache-Control": "no-store", "Vary": _VARY, **refused.headers}
    return Response(msgspec.json.encode({"errors": [error]}), refused.status, headers)


async def told(hub: Hub, request: Request, question: Question) -> tuple[Answer, dict[str, str]]:
    """The answer, noted and counted, and the headers that say where it is from and who may keep it."""
    notes, operation = notes_of(request.scope), question.operation
    notes.operation, notes.kind = operation.name and operation.name[:NAME_LENGTH], operation.kind
    with SECONDS.labels(operation_label(operation.name)).time():
        given = await answer(hub, question)
    notes.cache = given.state.value
    CACHE.labels(given.state.value).inc()
    kept = _caching(hub, request.method, question.identity, given)
    return given, {"X-Cache": given.state.value, "Age": str(int(given.age)), "Cache-Control": kept}


async def identify(hub: Hub, request: Request) -> Identity:
    """Who asks, noted. Raises :class:`RequestRefused`."""
    try:
        identity = await hub.authenticator.identify(request.headers.get("authorization"))
    except KeyRefused as error:
        challenge = {"WWW-Authenticate": 'Bearer realm="circuit", error="invalid_token"'}
        raise RequestRefused(401, "UNAUTHENTICATED", str(error), challenge) from None
    except StoreError:
        message = "API keys cannot be checked just now; try again in a few moments."
        raise RequestRefused(503, "STORE_UNAVAILABLE", message, {"Retry-After": "5"}) from None
    if identity.prefix is not None:
        hub.behind(hub.authenticator.touch(identity))
    notes_of(request.scope).role = identity.role.value
    return identity


async def _answer(hub: Hub, request: Request, media: Media) -> Response:
    identity = await identify(hub, request)
    asked = await _read(hub, request)
    if media is Media.EVENTS:
        return await events(hub, request, identity, asked)
    try:
        operation, charge = admit(hub, asked, identity, request)
    except GraphQLError as error:
        count_refusal((error.extensions or {}).get("code", "BAD_QUERY"))
        return _response(Answer(bad_query(error), State.MISS), media, {"Cache-Control": "no-store"})
    question = Question(asked, operation, identity, notes_of(request.scope).request_id, charge.told)
    given, headers = await told(hub, request, question)
    charge.settle(given.state)
    if asked.wants_cost:
        given, headers = with_cost(given, headers, charge)
    return _response(given, media, headers)


def _response(given: Answer, media: Media, headers: dict[str, str]) -> Response:
    status = 400 if media is Media.GRAPHQL and isinstance(given.value, NotExecuted) else 200
    return Response(given.value, status, {"Content-Type": media.content_type, "Vary": _VARY, **headers})


def _caching(hub: Hub, method: str, identity: Identity, given: Answer) -> str:
    """What others on the way may keep: the public's GETs, as long as we would ourselves."""
    if method == "POST" or identity.role is not Role.PUBLIC or isinstance(given.value, Fleeting):
        return "no-store"
    policy = hub.settings.cache
    return f"public, max-age={int(policy.fresh_seconds)}, stale-while-revalidate={int(policy.stale_seconds)}"


async def _read(hub: Hub, request: Request) -> GraphQLRequest:
    if request.method != "POST":
        return from_parameters(request.query_params)
    check_content(request.headers)
    limits = hub.settings.limits
    return from_body(await body_of(request, limits.body_bytes, limits.request_seconds))
