"""Whether operations are traced: only where an endpoint is set are the modules loaded that do it."""

from typing import TYPE_CHECKING

from gateway.errors import SettingsError
from gateway.settings import Settings

if TYPE_CHECKING:
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
