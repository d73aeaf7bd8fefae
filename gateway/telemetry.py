"""Whether operations are traced: only where an endpoint is set are the modules loaded that do it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gateway.errors import SettingsError
from gateway.settings import Settings

if TYPE_CHECKING:
    import aiohttp

    from gateway.tracing import Tracing


def tracing_of(settings: Settings) -> "type[Tracing] | None":
    """What traces with these settings; ``None`` for nothing. Raises :class:`SettingsError` without the extra."""
    if settings.telemetry.endpoint is None:
        return None
    try:
        from gateway.tracing import Tracing  # noqa: PLC0415  # an optional extra, and slow to load
    except ImportError:
        raise SettingsError(
            "telemetry.endpoint needs the OpenTelemetry SDK: install circuit-court[telemetry]"
        ) from None
    return Tracing


@asynccontextmanager
async def reading_traced(
    settings: Settings, partner: str, tracing: "Tracing | None" = None
) -> "AsyncIterator[Sequence[aiohttp.TraceConfig]]":
    """A span around the reading of a partner, and what its HTTP client is to be given for one a call.

    Without the ``tracing`` of a process that answers, the reading has its own and sends what it has to say at its end.
    """
    own = tracing_of(settings) if tracing is None else None
    used = own(settings.telemetry, ()) if own else tracing
    if used is None:
        yield ()
        return
    try:
        with used.reading(partner):
            yield used.partner_calls(partner)
    finally:
        if own:
            await used.close()
