"""``/graphql``: GraphQL over HTTP, POST and GET, with the answers of queries kept for a while.

Status codes follow the specification's two media types: with ``application/json`` every well-formed request is
answered 200 and errors are in the body; with ``application/graphql-response+json`` a request that could not be
executed is 400. A request that is not a GraphQL request at all is 4xx with either.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import msgspec
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from cache import Answer, Fleeting, State, make_key
from directory.disclosure import Role
from directory.store.errors import StoreError
from gateway import graphiql
from gateway.auth import Identity, KeyRefused
from gateway.door import Notes, notes_of
from gateway.hub import Hub
from gateway.media import Media, negotiate
from gateway.metrics import CACHE, SECONDS, operation_label
from gateway.operations import Operation
from gateway.requests import (
    GraphQLRequest,
    RequestRefused,
    announced_length,
    check_content,
    from_body,
    from_parameters,
    too_large,
)
from schema.context import Caller, Context

_OFFERS: Final = (Media.JSON, Media.GRAPHQL)
_VARY: Final = "Accept, Authorization"
_TYPES: Final = {"query": OperationType.QUERY, "mutation": OperationType.MUTATION}


class NotExecuted(Fleeting):
    """An answer without ``data``: the request failed before anything was executed."""


async def graphql(request: Request) -> Response:
    """The endpoint: negotiates, identifies, executes; whatever is refused is refused in the caller's media type."""
    hub: Hub = request.app.state.hub
    shows_page = request.method in {"GET", "HEAD"} and hub.settings.graphiql
    media = negotiate(request.headers.get("accept"), (*_OFFERS, Media.HTML) if shows_page else _OFFERS)
    if media is Media.HTML:
        return graphiql.page()
    try:
        if media is None:
            names = " or ".join(_OFFERS)
            raise RequestRefused(406, "NOT_ACCEPTABLE", f"The answer can be had as {names} (header Accept).")
        return await _answer(hub, request, media)
    except RequestRefused as refused:
        return refuse(refused, media or Media.JSON)


def refuse(refused: RequestRefused, media: Media = Media.JSON) -> Response:
    """A refusal in the form of a GraphQL answer."""
    error = {"message": refused.message, "extensions": {"code": refused.code}}
    headers = {"Content-Type": media.content_type, "Cache-Control": "no-store", "Vary": _VARY, **refused.headers}
    return Response(msgspec.json.encode({"errors": [error]}), refused.status, headers)


async def _answer(hub: Hub, request: Request, media: Media) -> Response:
    notes = notes_of(request.scope)
    identity = await _identify(hub, request)
    notes.role = identity.role.value
    asked = await _read(hub, request)
    try:
        operation = hub.documents.select(asked.query, asked.operation_name)
    except GraphQLError as error:
        body = NotExecuted(_encode({"errors": [{**error.formatted, "extensions": {"code": "BAD_QUERY"}}]}))
        return _response(Answer(body, State.MISS), media, {"Cache-Control": "no-store"})
    _check_operation(operation, request.method)
    notes.operation, notes.kind = operation.name, operation.kind
    with SECONDS.labels(operation_label(operation.name)).time():
        return await _perform(hub, request.method, asked, operation, identity, media, notes)


async def _perform(
    hub: Hub, method: str, asked: GraphQLRequest, operation: Operation, identity: Identity, media: Media, notes: Notes
) -> Response:
    load = partial(_execute, hub, asked, operation, identity, notes.request_id)
    try:
        async with asyncio.timeout(hub.settings.limits.request_seconds):
            if operation.kind != "query" or not hub.settings.cache.fresh_seconds:
                return _response(Answer(await load(), State.MISS), media, {"Cache-Control": "no-store"})
            policy = hub.settings.cache
            answer = await hub.cache.get(
                _key(hub, asked, identity), load, fresh=policy.fresh_seconds, stale=policy.stale_seconds
            )
    except TimeoutError:
        seconds = hub.settings.limits.request_seconds
        message = f"The request took longer than {seconds:g} s; ask for less, or try again later."
        raise RequestRefused(503, "TIMEOUT", message, {"Retry-After": "5"}) from None
    notes.cache = answer.state.value
    CACHE.labels(answer.state.value).inc()
    headers = {"X-Cache": answer.state.value, "Age": str(int(answer.age))}
    return _response(answer, media, {**headers, "Cache-Control": _caching(hub, method, identity, answer)})


async def _execute(hub: Hub, asked: GraphQLRequest, operation: Operation, identity: Identity, request_id: str) -> bytes:
    context = Context(
        reader=hub.reader,
        engine=hub.engine,
        caller=Caller(identity.role, identity.name),
        clock=partial(datetime.now, UTC),
        request_id=request_id,
    )
    result = await hub.schema.execute(
        asked.query,
        variable_values=asked.variables,
        context_value=context,
        operation_name=asked.operation_name,
        allowed_operation_types=[_TYPES[operation.kind]],
    )
    return _body(result)


def _body(result: ExecutionResult) -> bytes:
    errors = result.errors or []
    members: dict[str, Any] = {"errors": [error.formatted for error in errors]} if errors else {}
    # Without a path an error belongs to no field: variables could not be read, and nothing was executed.
    never_ran = result.data is None and all(error.path is None for error in errors)
    if not (never_ran or isinstance(result, PreExecutionError)):
        members["data"] = result.data
    if result.extensions:
        members["extensions"] = result.extensions
    body = _encode(members)
    return body if not errors else Fleeting(body) if "data" in members else NotExecuted(body)


def _key(hub: Hub, asked: GraphQLRequest, identity: Identity) -> bytes:
    """Everything that shapes an answer. Two keys of one role see the same, unless one speaks for a partner."""
    generation = hub.engine.generation if hub.engine else None
    state = (hub.schema_hash, generation, hub.revision)
    return make_key(state, identity.role.value, identity.partner, asked.query, asked.operation_name, asked.variables)


def _caching(hub: Hub, method: str, identity: Identity, answer: Answer) -> str:
    """What others on the way may keep: the public's GETs, as long as we would ourselves."""
    if method == "POST" or identity.role is not Role.PUBLIC or isinstance(answer.value, Fleeting):
        return "no-store"
    policy = hub.settings.cache
    return f"public, max-age={int(policy.fresh_seconds)}, stale-while-revalidate={int(policy.stale_seconds)}"


def _response(answer: Answer, media: Media, headers: dict[str, str]) -> Response:
    status = 400 if media is Media.GRAPHQL and isinstance(answer.value, NotExecuted) else 200
    return Response(answer.value, status, {"Content-Type": media.content_type, "Vary": _VARY, **headers})


def _check_operation(operation: Operation, method: str) -> None:
    if operation.kind == "subscription":
        raise RequestRefused(400, "SUBSCRIPTION", "Subscriptions are not answered here; ask a query.")
    if operation.kind == "mutation" and method != "POST":
        raise RequestRefused(405, "MUTATION_BY_GET", "A mutation must be sent by POST.", {"Allow": "POST"})


async def _identify(hub: Hub, request: Request) -> Identity:
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
    return identity


async def _read(hub: Hub, request: Request) -> GraphQLRequest:
    if request.method != "POST":
        return from_parameters(request.query_params)
    check_content(request.headers)
    limits = hub.settings.limits
    try:
        async with asyncio.timeout(limits.request_seconds):
            return from_body(await _body_of(request, limits.body_bytes))
    except TimeoutError:
        message = f"The body did not arrive within {limits.request_seconds:g} s."
        raise RequestRefused(408, "BODY_TOO_SLOW", message, {"Connection": "close"}) from None


async def _body_of(request: Request, limit: int) -> bytes:
    if (announced_length(request.headers) or 0) > limit:
        raise too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


def _encode(members: dict[str, Any]) -> bytes:
    return msgspec.json.encode(members)
