"""``/graphql``: GraphQL over HTTP, by POST and GET.

Status codes follow the specification's two media types: with ``application/json`` every well-formed request is
answered 200 and errors are in the body; with ``application/graphql-response+json`` a request that could not be
executed is 400. What is not a GraphQL request at all is 4xx with either.
"""

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Final

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from cache import Answer, State
from gateway import graphiql
from gateway.admission import admit, turned_away, with_cost
from gateway.answering import NotExecuted, Question, answer
from gateway.attendance import hearing, visit_of
from gateway.auth import Identity
from gateway.batching import answered_in_order
from gateway.bodies import body_of
from gateway.callers import identify
from gateway.door import notes_of
from gateway.errors import RequestRefused
from gateway.etag import NOT_KEPT, caching, conditional
from gateway.hub import Hub
from gateway.media import Media, negotiate
from gateway.minding import minded
from gateway.observing import note_name, observed
from gateway.openness import as_told, check_introspection
from gateway.refusals import VARY, refuse
from gateway.requests import Batch, GraphQLRequest, check_content, check_length, from_body, from_parameters
from gateway.subscriptions.events import events

_OFFERS: Final = (Media.JSON, Media.GRAPHQL, Media.EVENTS)


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


async def told(hub: Hub, request: Request, question: Question) -> tuple[Answer, dict[str, str]]:
    """The answer, noted and counted, and the headers that say where it is from and who may keep it."""
    notes = notes_of(request.scope)
    note_name(notes, question.operation)
    # A mutation that was begun is finished, whoever has hung up.
    with hearing(request) if question.operation.kind == "query" else nullcontext():
        work = minded(hub, question, notes, partial(answer, hub, question))
        given = await observed(hub, notes, request.headers, question, work)
    kept = caching(hub.settings.cache, request.method, question, given)
    return given, {"X-Cache": given.state.value, "Age": str(int(given.age)), "Cache-Control": kept}


async def _answer(hub: Hub, request: Request, media: Media) -> Response:
    identity = await identify(hub, request)
    asked = await _read(hub, request)
    if isinstance(asked, list):
        seconds, one = hub.settings.limits.request_seconds, partial(_answer_one, hub, request, identity)
        return await answered_in_order(asked, one, seconds, VARY, notes_of(request.scope))
    if media is Media.EVENTS:
        return await events(hub, request, identity, asked)
    given, headers = await _answer_one(hub, request, identity, asked)
    headers = {"Content-Type": media.content_type, "Vary": VARY, **headers}
    if media is Media.GRAPHQL and isinstance(given.value, NotExecuted):
        return Response(given.value, 400, headers)
    return conditional(request, given.value, headers)


async def _answer_one(
    hub: Hub, request: Request, identity: Identity, asked: GraphQLRequest
) -> tuple[Answer, dict[str, str]]:
    """One operation's answer and its headers, whether it came alone or with others."""
    try:
        found = await hub.persisted.resolve(asked, identity)
        operation, charge = admit(hub, found, identity, request)
        notes_of(request.scope).cost = charge.cost
        if operation.introspects:
            check_introspection(hub.settings.introspection, identity)
        is_attended = visit_of(request.scope) is not None
        request_id = notes_of(request.scope).request_id
        question = Question(found, operation, identity, request_id, charge.told, is_attended=is_attended)
        given, headers = await told(hub, request, question)
        charge.settle(given.state)
    except GraphQLError as error:
        return Answer(turned_away(hub, identity, error), State.MISS), {"Cache-Control": NOT_KEPT}
    if not isinstance(given.value, NotExecuted):
        if asked.document_id and asked.query:
            hub.behind(hub.persisted.keep(asked, identity, charge.caller))
    else:
        said = as_told(hub.settings.suggestions, identity, given.value)
        given = replace(given, value=NotExecuted(said))
    return with_cost(given, headers, charge) if asked.wants_cost else (given, headers)


async def _read(hub: Hub, request: Request) -> GraphQLRequest | Batch:
    limits = hub.settings.limits
    if request.method != "POST":
        check_length(request.scope["query_string"], limits.body_bytes)
        return from_parameters(request.query_params)
    check_content(request.headers)
    return from_body(await body_of(request, limits.body_bytes, limits.body_seconds), limits.batch)
