"""Traces by OpenTelemetry: a span an operation, and in it one an SQL statement and one a call of a partner; a span a
reading of a partner, and in it one a call.

Needs the extra ``circuit-court[telemetry]``. A span holds names, hashes and counts: no variable, no parameter of a
statement, no query string or credential of an address, no message of an error. Nothing is told to partners.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext, ExecutionContext

from gateway.door import Notes
from gateway.errors import RequestRefused
from gateway.metrics import operation_label
from gateway.settings import Telemetry

if TYPE_CHECKING:
    import aiohttp

EXPORT_SECONDS: Final = 5.0
LONGEST_STATEMENT: Final = 2_000
_SPAN: Final = "_circuit_span"


class Tracing:
    """What one process tells the collector."""

    def __init__(self, settings: Telemetry, engines: Sequence[Engine]) -> None:
        resource = Resource.create({"service.name": "circuit-court", "service.version": version("circuit-court")})
        self._provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(settings.sample)), resource=resource)
        exporter = OTLPSpanExporter(endpoint=settings.endpoint, timeout=EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("circuit-court")
        self._trusts_callers = settings.trust_callers
        for engine in engines:
            self._listen(engine)

    @contextmanager
    def operation(self, notes: Notes, document: str, headers: Mapping[str, str]) -> Iterator[None]:
        """The span of the operation that the block answers; what is noted of it by then is told."""
        span = self._tracer.start_span(
            f"{notes.kind} {operation_label(notes.operation)}", self._parent(headers), SpanKind.SERVER
        )
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR))
                span.set_attribute("error.type", error.code if isinstance(error, RequestRefused) else _kind(error))
                raise
            finally:
                span.set_attribute("circuit.document.sha256", document)
                span.set_attribute("circuit.request_id", notes.request_id)
                for name, value in notes.of_operation().items():
                    span.set_attribute(f"circuit.{name}", value)

    @contextmanager
    def reading(self, partner: str) -> Iterator[None]:
        """The span of a reading of this partner, a trace of its own."""
        told = {"circuit.partner": partner}
        with self._tracer.start_as_current_span(
            f"read {partner}", Context(), attributes=told, record_exception=False, set_status_on_exception=False
        ):
            yield

    def partner_calls(self, partner: str) -> "list[aiohttp.TraceConfig]":
        """What a partner's HTTP client is to be given, for a span a request."""
        import aiohttp  # noqa: PLC0415  # a process that only answers does without

        async def begin(_: object, call: Any, asked: aiohttp.TraceRequestStartParams) -> None:
            if not trace.get_current_span().is_recording():
                return
            told = {
                "circuit.partner": partner,
                "http.request.method": asked.method,
                "url.full": str(asked.url.with_query(None).with_user(None).with_fragment(None)),
            }
            call.span = self._tracer.start_span(asked.method, kind=SpanKind.CLIENT, attributes=told)

        async def end(_: object, call: Any, asked: aiohttp.TraceRequestEndParams) -> None:
            if span := getattr(call, "span", None):
                span.set_attribute("http.response.status_code", asked.response.status)
                span.end()

        async def fail(_: object, call: Any, asked: aiohttp.TraceRequestExceptionParams) -> None:
            if span := getattr(call, "span", None):
                _fail(span, asked.exception)

        calls = aiohttp.TraceConfig()
        calls.on_request_start.append(begin)
        calls.on_request_end.append(end)
        calls.on_request_exception.append(fail)
        return [calls]

    async def close(self) -> None:
        """Send what has not been sent yet; takes :data:`EXPORT_SECONDS` at most for each batch."""
        await asyncio.to_thread(self._provider.shutdown)

    def _parent(self, headers: Mapping[str, str]) -> Context:
        """The caller's trace where callers are trusted; a trace of its own otherwise."""
        if not self._trusts_callers:
            return Context()
        said = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        return TraceContextTextMapPropagator().extract(said, Context())

    def _listen(self, engine: Engine) -> None:
        @event.listens_for(engine, "before_cursor_execute")
        def begin(
            connection: Connection, _cursor: Any, statement: str, _values: Any, context: ExecutionContext, _many: bool
        ) -> None:
            # What the hub asks by itself, each second, belongs to no operation.
            if not trace.get_current_span().is_recording():
                return
            told = {"db.system.name": connection.dialect.name, "db.query.text": statement[:LONGEST_STATEMENT]}
            name = statement.split(None, 1)[0] if statement.strip() else "SQL"
            setattr(context, _SPAN, self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=told))

        @event.listens_for(engine, "after_cursor_execute")
        def end(
            _connection: Connection, _cursor: Any, _text: str, _values: Any, context: ExecutionContext, _many: bool
        ) -> None:
            if span := getattr(context, _SPAN, None):
                span.end()

        @event.listens_for(engine, "handle_error")
        def fail(context: ExceptionContext) -> None:
            if span := getattr(context.execution_context, _SPAN, None):
                _fail(span, context.original_exception)


def _fail(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", _kind(error))
    span.set_status(Status(StatusCode.ERROR))
    span.end()


def _kind(error: BaseException) -> str:
    return type(error).__qualname__
