"""A question answered: executed against the schema, or given again from the cache when it is a query without errors."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import msgspec
from graphql import GraphQLError
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from cache import Answer, Fleeting, State, make_key
from directory.records import now
from directory.store.errors import StoreError
from gateway.attendance import too_long
from gateway.auth import Identity
from gateway.errors import RequestRefused
from gateway.execution.plan import NotPlanned
from gateway.execution.running import run
from gateway.hub import Hub
from gateway.matching import matcher_of, thresholds_of
from gateway.metrics import count_error, count_plan
from gateway.operations import Operation
from gateway.requests import GraphQLRequest
from gateway.webhook_addresses import webhook_problem
from schema.context import Caller, Changes, Charged, Context

_encoder: Final = msgspec.json.Encoder()
_TYPES: Final = {"query": OperationType.QUERY, "mutation": OperationType.MUTATION}


class NotExecuted(Fleeting):
    """An answer without ``data``: the request failed before anything was executed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, which operation of it, and by whom; ``outcomes`` takes what became of each mutation, ``planned``
    how it came to its plan. ``is_attended``: whoever asks ends it when its time is over (:mod:`gateway.attendance`).
    """

    request: GraphQLRequest
    operation: Operation
    identity: Identity
    request_id: str
    charged: Callable[[], Charged] = Charged
    outcomes: dict[str, str] = field(default_factory=dict)
    planned: list[str] = field(default_factory=list)
    is_attended: bool = False

    @property
    def may_be_kept(self) -> bool:
        """Whether the same question has the same answer until the store or the index changes."""
        return self.operation.kind == "query" and not self.operation.is_personal


async def answer(hub: Hub, question: Question) -> Answer:
    """The answer's bytes and where they came from. Raises :class:`RequestRefused` when it takes too long."""
    seconds = hub.settings.limits.request_seconds
    try:
        if question.is_attended:
            return await _kept_or_made(hub, question)
        async with asyncio.timeout(seconds):
            return await _kept_or_made(hub, question)
    except TimeoutError:
        raise too_long(seconds) from None


async def _kept_or_made(hub: Hub, question: Question) -> Answer:
    load, policy = partial(_execute, hub, question), hub.settings.cache
    if not question.may_be_kept:
        return Answer(await load(), State.MISS)
    return await hub.cache.get(_key(hub, question), load, fresh=policy.fresh_seconds, stale=policy.stale_seconds)


def bad_query(error: GraphQLError) -> NotExecuted:
    """The answer to a document that cannot be read or that does not say which operation is meant."""
    told = {**error.formatted, "extensions": {"code": "BAD_QUERY", **(error.extensions or {})}}
    return NotExecuted(msgspec.json.encode({"errors": [told]}))


async def _execute(hub: Hub, question: Question) -> bytes:
    async with hub.gate:
        planned = await _by_plan(hub, question)
        return planned if planned is not None else await _by_strawberry(hub, question)


async def _by_plan(hub: Hub, question: Question) -> bytes | None:
    """The answer as its plan makes it; ``None`` where Strawberry has to."""
    try:
        plan, variables, is_known = question.operation.plans.of(question.identity.role, question.request.variables)
        context = context_of(hub, question)
        body = _encoder.encode({"data": await run(plan, context, variables)})
    except NotPlanned as reason:
        _note(question, str(reason))
        return None
    except Exception:  # whatever it is, Strawberry says what becomes of it
        _note(question, "error")
        return None
    _note(question, "hit" if is_known else "made")
    return Fleeting(body) if context.is_fleeting else body


def _note(question: Question, outcome: str) -> None:
    count_plan(outcome)
    question.planned.append(outcome)


def context_of(hub: Hub, question: Question, changes: Changes | None = None) -> Context:
    """What the request brings along; ``changes`` where it is a subscription."""
    identity = question.identity
    return Context(
        database=hub.database,
        reader=hub.reader,
        engine=hub.engine,
        caller=Caller(identity.role, identity.partner, identity.name, identity.line),
        clock=now,
        request_id=question.request_id,
        outcomes=question.outcomes,
        live=hub.live,
        most_entities=hub.settings.limits.entities,
        matcher=partial(matcher_of, hub.settings),
        thresholds=thresholds_of(hub.settings),
        understander=hub.understanding.now,
        hot=hub.hot(),
        webhook_problem=partial(webhook_problem, hub.settings.alerts.allow_hosts),
        charged=question.charged,
        changes=changes,
    )


async def _by_strawberry(hub: Hub, question: Question) -> bytes:
    context = context_of(hub, question)
    result = await hub.schema.execute(
        question.request.query,
        variable_values=question.request.variables,
        context_value=context,
        operation_name=question.request.operation_name,
        allowed_operation_types=[_TYPES[question.operation.kind]],
    )
    if question.operation.kind == "mutation":
        with suppress(StoreError):  # what was done is done; the hub looks again by itself
            await hub.has_changed()  # the very next question must not be answered from before
    return _encode(result, is_fleeting=context.is_fleeting)


def errors_of(result: ExecutionResult) -> dict[str, Any]:
    """``{"errors": […]}`` as callers are told, each of them counted; empty where there are none."""
    errors = result.errors or []
    for error in errors:
        count_error(str((error.extensions or {}).get("code")))
    return {"errors": [error.formatted for error in errors]} if errors else {}


def _encode(result: ExecutionResult, *, is_fleeting: bool) -> bytes:
    errors = result.errors or []
    members = errors_of(result)
    # Without a path an error belongs to no field: variables could not be read, and nothing was executed.
    never_ran = result.data is None and all(error.path is None for error in errors)
    if not (never_ran or isinstance(result, PreExecutionError)):
        members["data"] = result.data
    if result.extensions:
        members["extensions"] = result.extensions
    body = msgspec.json.encode(members)
    if errors and "data" not in members:
        return NotExecuted(body)
    return Fleeting(body) if errors or is_fleeting else body


def _key(hub: Hub, question: Question) -> bytes:
    """Everything that shapes an answer. Two keys of one role see the same, unless they speak for different partners.

    With the store's revision in it, no answer from before a decision or a change of listings is given after it.
    """
    identity = question.identity
    who = (identity.role.value, identity.partner)
    try:
        return make_key((hub.schema_hash, *hub.state), who, question.operation.digest, question.request.variables)
    except RecursionError:
        raise RequestRefused(400, "BAD_INPUT", "The variables are nested too deeply; send them flatter.") from None
