"""One operation of a connection: its results one after the other, whatever carries them.

A query or a mutation has one, made as over HTTP; a subscription has one an event. What cannot be executed, or not any
further, has errors alone and is the last.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import msgspec
from graphql import GraphQLError
from msgspec import Struct
from starlette.requests import HTTPConnection
from strawberry.types.execution import ExecutionResult, PreExecutionError

from gateway.admission import admit, with_cost
from gateway.answering import NotExecuted, Question, answer, bad_query, context_of
from gateway.auth import Identity
from gateway.budgets import Charge
from gateway.door import notes_of
from gateway.errors import RequestRefused
from gateway.hub import Hub
from gateway.metrics import CACHE
from gateway.refusals import count_refusal
from gateway.requests import GraphQLRequest
from gateway.subscriptions.counts import OPEN, SENT
from gateway.subscriptions.following import Following


class Result(Struct, frozen=True):
    """A GraphQL response as JSON; ``is_refusal`` when it has errors and nothing was executed."""

    body: bytes
    is_refusal: bool = False

    @property
    def errors(self) -> msgspec.Raw:
        """The list of errors alone."""
        return msgspec.json.decode(self.body, type=_Refusal).errors


class _Refusal(Struct):
    errors: msgspec.Raw


def refusal(error: GraphQLError | RequestRefused) -> Result:
    """The result of an operation that is not begun, counted."""
    if isinstance(error, GraphQLError):
        count_refusal((error.extensions or {}).get("code", "BAD_QUERY"))
        return Result(bytes(bad_query(error)), is_refusal=True)
    count_refusal(error.code)
    told = {"message": error.message, "extensions": {"code": error.code}}
    return Result(msgspec.json.encode({"errors": [told]}), is_refusal=True)


def admitted(
    hub: Hub, asked: GraphQLRequest, identity: Identity, connection: HTTPConnection, transport: str
) -> "Running":
    """The operation that is asked for. Raises GraphQLError and RequestRefused, as :func:`~gateway.admission.admit`."""
    operation, charge = admit(hub, asked, identity, connection, streams=True)
    question = Question(asked, operation, identity, notes_of(connection.scope).request_id, charge.told)
    return Running(hub, question, charge, transport)


class Running:
    """An operation under way: iterate over its results, then :meth:`close` it. ``transport`` labels the metrics."""

    def __init__(self, hub: Hub, question: Question, charge: Charge, transport: str) -> None:
        self._hub, self.question, self._charge = hub, question, charge
        self._following = Following(hub.feed)
        self._results = self._followed() if self.is_subscription else self._answered()
        self._open = OPEN.labels(transport)
        self._open.inc(self.is_subscription)

    @property
    def is_subscription(self) -> bool:
        """Whether it has a result an event."""
        return self.question.operation.kind == "subscription"

    def __aiter__(self) -> AsyncGenerator[Result, None]:
        return self._results

    async def begun(self) -> None:
        """Wait until nothing that happens is missed any more, while somebody iterates; a query does not wait.

        Raises :class:`RequestRefused` when that takes as long as no request may.
        """
        if not self.is_subscription:
            return
        seconds = self._hub.settings.limits.request_seconds
        try:
            async with asyncio.timeout(seconds):
                await self._following.begun.wait()
        except TimeoutError:
            message = f"The subscription could not begin within {seconds:g} s; try again later."
            raise RequestRefused(503, "TIMEOUT", message, {"Retry-After": "5"}) from None

    def stop(self) -> None:
        """Bring a subscription to its end; a query or a mutation ends by itself, for it must not be cut short."""
        self._following.close()

    async def close(self) -> None:
        """Let go of it."""
        self.stop()
        await self._results.aclose()
        self._open.dec(self.is_subscription)

    async def _answered(self) -> AsyncGenerator[Result, None]:
        try:
            given = await answer(self._hub, self.question)
        except RequestRefused as refused:
            yield refusal(refused)
        else:
            CACHE.labels(given.state.value).inc()
            self._charge.settle(given.state)
            if self.question.request.wants_cost:
                given, _ = with_cost(given, {}, self._charge)
            yield Result(bytes(given.value), isinstance(given.value, NotExecuted))

    async def _followed(self) -> AsyncGenerator[Result, None]:
        request = self.question.request
        context = context_of(self._hub, self.question, self._following)
        stream = await self._hub.schema.subscribe(
            request.query,
            variable_values=request.variables,
            context_value=context,
            operation_name=request.operation_name,
        )
        async with aclosing(stream):
            async for result in stream:
                self._following.begun.set()  # or it never will: what came is why not
                SENT.inc()
                yield _encoded(result)


def _encoded(result: ExecutionResult) -> Result:
    errors = result.errors or []
    members: dict[str, Any] = {"errors": [error.formatted for error in errors]} if errors else {}
    # The subscription was not begun; or an error without a path is of no event, and it has come to its end.
    is_refusal = isinstance(result, PreExecutionError) or any(error.path is None for error in errors)
    if not is_refusal:
        members["data"] = result.data
    return Result(msgspec.json.encode(members), is_refusal)
