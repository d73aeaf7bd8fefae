"""A collector of traces as OpenTelemetry has it: OTLP over HTTP on loopback, its exports decoded."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent
from opentelemetry.proto.trace.v1.trace_pb2 import Status

PATIENCE = 30


class Span(NamedTuple):
    """One span as it was sent."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    failed: bool
    said: dict[str, Any]

    @classmethod
    def of(cls, sent: Sent) -> "Span":
        """The span, its ids in hexadecimal."""
        said = {each.key: getattr(each.value, each.value.WhichOneof("value") or "") for each in sent.attributes}
        return cls(
            name=sent.name,
            kind=Sent.SpanKind.Name(sent.kind).removeprefix("SPAN_KIND_"),
            trace=sent.trace_id.hex(),
            id=sent.span_id.hex(),
            parent=sent.parent_span_id.hex(),
            failed=sent.status.code == Status.STATUS_CODE_ERROR,
            said=said,
        )


class Collector:
    """What has been sent so far."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.raw: list[bytes] = []
        self.address = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Collector"]:
        """The server, for as long as the block lasts."""
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/v1/traces", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/traces"
        try:
            yield self
        finally:
            await runner.cleanup()

    def operations(self, name: str | None = None) -> list[Span]:
        """The spans of operations of this name."""
        return [each for each in self.spans if each.kind == "SERVER" and each.said.get("circuit.operation") == name]

    async def until(self, so: Callable[[], object]) -> None:
        """Wait until this is so; spans are sent some seconds after they end."""
        async with asyncio.timeout(PATIENCE):
            while not so():  # noqa: ASYNC110  # they come from another thread
                await asyncio.sleep(0.05)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.raw.append(body)
        said = ExportTraceServiceRequest.FromString(body)
        assert {
            each.value.string_value
            for resource in said.resource_spans
            for each in resource.resource.attributes
            if each.key == "service.name"
        } == {"circuit-court"}
        for resource in said.resource_spans:
            for scope in resource.scope_spans:
                self.spans += map(Span.of, scope.spans)
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )
