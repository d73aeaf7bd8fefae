"""Logs: events with a request id, for people (console) or machines (JSON lines). No secrets, no query text.

Everything has structlog's form, the lines of libraries that use :mod:`logging` included.
"""

import logging
import re
import secrets
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import msgspec
import structlog

from gateway.settings import Log

# A caller's own id is kept only when it can do no harm in a log line or a header.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

_LONG: Final = frozenset({"exc_info", "exception", "stack"})  # what takes lines of its own
_QUOTED: Final = re.compile(r"[ \t=\r\n\"']")

# They log addresses with their query strings, or each request a second time.
QUIET: Final = ("uvicorn.access", "strawberry.execution", "aiosqlite", "alembic")


def configure(settings: Log) -> None:
    """Set up this process's logs; to be called once, by whoever starts it."""
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    # Written without going through :mod:`logging`, which takes longer than the answer that is spoken of.
    structlog.configure(
        processors=[*before, *_rendering(settings), _encoded],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # serve() says when it starts and stops


def request_id(given: str | None) -> str:
    """The caller's request id if it is sane, else a new one."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _rendering(settings: Log) -> list[structlog.typing.Processor]:
    # Tracebacks without local variables: those may hold keys and personal data.
    if settings.format == "json":
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer(_json)]
    colours = sys.stderr.isatty()
    console = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
    return [console if colours else _Plain(console)]


class _Plain:
    """The lines that structlog's renderer writes without colours, in a tenth of its time: there is one a request."""

    def __init__(self, whole: structlog.dev.ConsoleRenderer) -> None:
        self._whole = whole

    def __call__(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
        if not event.keys().isdisjoint(_LONG):
            return str(self._whole(logger, name, event))
        head = f"{event.pop('timestamp')} [{event.pop('level'):<9}] {event.pop('event'):<30}"
        return " ".join([head, *(f"{key}={_shown(event[key])}" for key in sorted(event))]).rstrip()


def _shown(value: object) -> str:
    return value if isinstance(value, str) and not _QUOTED.search(value) else repr(value)


def _json(event: object, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def _encoded(_logger: object, _name: str, line: Any) -> bytes:
    text: str = line
    return text.encode(errors="backslashreplace")
