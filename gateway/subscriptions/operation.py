"""One operation of a connection: its results one after the other, whatever carries them.

A query or a mutation has one, made as over HTTP; a subscription has one an event. What cannot be executed, or not any
further, has errors alone and is the last.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from functools import partial

import msgspec
from graphql import GraphQLError
from msgspec import Struct
from starlette.requests import HTTPConnection, Request
from strawberry.types.execution import ExecutionResult, PreExecutionError

from gateway.admission import admit, turned_away, with_cost
from gateway.answering import NotExecuted, Question, answer, context_of, errors_of
from gateway.attendance import too_long
from gateway.auth import Identity
from gateway.budgets import Charge
from gateway.door import notes_of
from gateway.errors import RequestRefused
from gateway.hub import Hub
from gateway.minding import minded
from gateway.observing import note_name, observed
from gateway.openness import as_told, check_introspection
from gateway.refusals import as_body
from gateway.requests import GraphQLRequest
from gateway.scopes import Scope, require
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


def refusal(hub: Hub, identity: Identity, error: GraphQLError | RequestRefused) -> Result:
    """The result of an operation that is not begun, or not any further; counted."""
    body = as_body(error) if isinstance(error, RequestRefused) else turned_away(hub, identity, error)
    return Result(body, is_refusal=True)


async def admitted(
    hub: Hub, asked: GraphQLRequest, identity: Identity, connection: HTTPConnection, transport: str
) -> "Running":
    """The operation that is asked for, let in as over HTTP. Raises GraphQLError and :class:`RequestRefused`."""
    found = await hub.persisted.resolve(asked, identity)
    operation, charge = admit(hub, found, identity, connection, streams=True)
    if operation.introspects:
        check_introspection(hub.settings.introspection, identity)
    if operation.kind == "subscription":
        require(identity, Scope.READ)
    question = Question(found, operation, identity, notes_of(connection.scope).request_id, charge.told)
    running = Running(hub, question, charge, connection, transport)
    if asked.document_id and asked.query:
        running.keep = partial(hub.persisted.keep, asked, identity, charge.caller)
    return running


class Running:
    """An operation under way: iterate over its results, then :meth:`close` it. ``transport`` labels the metrics.

    ``keep`` keeps a document that its caller has named, once it is found to be a good one.
    """

    keep: Callable[[], Coroutine[None, None, None]] | None = None

    def __init__(
        self, hub: Hub, question: Question, charge: Charge, connection: HTTPConnection, transport: str
    ) -> None:
        self._hub, self.question, self._charge = hub, question, charge
        self._notes, self._headers = notes_of(connection.scope), connection.headers
        # A WebSocket has many operations, some of them at once: each has notes of its own.
        self._noted = self._notes if isinstance(connection, Request) else replace(self._notes, operations=None)
        note_name(self._noted, question.operation)
        self._noted.cost = charge.cost
        self._following = Following(hub.feed, hub.gate, hub.settings.limits.request_seconds)
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
            raise too_long(seconds) from None

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
            work = minded(self._hub, self.question, self._notes, partial(answer, self._hub, self.question))
            given = await observed(self._hub, self._noted, self._headers, self.question, work)
        except (RequestRefused, GraphQLError) as refused:
            if isinstance(refused, RequestRefused):
                self._notes.refused.add(refused.status)
            yield refusal(self._hub, self.question.identity, refused)
        else:
            self._charge.settle(given.state)
            if self.question.request.wants_cost:
                given, _ = with_cost(given, {}, self._charge)
            is_refusal = isinstance(given.value, NotExecuted)
            self._keep_unless(is_refusal)
            yield self._refused(given.value) if is_refusal else Result(bytes(given.value))

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
            try:
                while (result := await self._next_of(stream)) is not None:
                    self._following.begun.set()  # or it never will: what came is why not
                    told = _encoded(result)
                    self._keep_unless(told.is_refusal)
                    if not told.is_refusal:
                        self._charge.take(self._charge.cost)
                        SENT.inc()
                    yield self._refused(told.body) if told.is_refusal else told
            except RequestRefused as refused:
                self._notes.refused.add(refused.status)
                yield refusal(self._hub, self.question.identity, refused)

    async def _next_of(self, stream: AsyncIterator[ExecutionResult]) -> ExecutionResult | None:
        """The next result, ``None`` after the last. Raises :class:`RequestRefused` when making it takes too long."""
        try:
            async with self._following.telling():
                return await anext(stream, None)
        except TimeoutError:
            raise too_long(self._hub.settings.limits.request_seconds) from None

    def _keep_unless(self, is_refusal: bool) -> None:
        if self.keep is not None and not is_refusal:
            self._hub.behind(self.keep())
            self.keep = None

    def _refused(self, body: bytes) -> Result:
        return Result(as_told(self._hub.settings.suggestions, self.question.identity, body), is_refusal=True)


def _encoded(result: ExecutionResult) -> Result:
    errors = result.errors or []
    members = errors_of(result)
    # The subscription was not begun; or an error without a path is of no event, and it has come to its end.
    is_refusal = isinstance(result, PreExecutionError) or any(error.path is None for error in errors)
    if not is_refusal:
        members["data"] = result.data
    return Result(msgspec.json.encode(members), is_refusal)
