"""Times as people type them: ``7d``, ``12h``, ``90 d``, or a day, ``2027-01-31``."""

import re
from datetime import UTC, datetime, timedelta

import typer

from directory.records import now

_SPAN = re.compile(r"(\d{1,6})\s*(s|min|h|d|w)")
_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
LONGEST = timedelta(days=3_653)


def span(text: str) -> timedelta:
    """A span of time. Raises :class:`typer.BadParameter`."""
    found = _SPAN.fullmatch(text.strip().lower())
    length = timedelta(seconds=int(found[1]) * _SECONDS[found[2]]) if found else None
    if length is None or length > LONGEST:
        raise typer.BadParameter(f"{text!r} is no span of time up to ten years; write `7d`, `12h`, `30min` or `0s`")
    return length


def ahead(text: str) -> datetime:
    """An instant to come: after a span, or the beginning of a day, UTC. Raises :class:`typer.BadParameter`."""
    at = _moment(text, 1)
    if at <= now():
        raise typer.BadParameter(f"{text!r} is not to come; write a day such as `2027-01-31`, or a span such as `90d`")
    return at


def before(text: str) -> datetime:
    """An instant past: a span ago, or the beginning of a day, UTC. Raises :class:`typer.BadParameter`."""
    return _moment(text, -1)


def _moment(text: str, direction: int) -> datetime:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return now() + direction * span(text)
