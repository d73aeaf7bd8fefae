"""A partner's JSON: decoded with one outcome for all that can be wrong with it, and records as the exact text sent."""

from typing import Any, TypeVar

import msgspec

from connectors.paths import getter

_T = TypeVar("_T")


class NotJson(Exception):
    """An answer is not the JSON that was asked for. ``str()`` says what it is instead, after "an answer"."""


class TooMany(Exception):
    """An answer holds more records than it may."""


def decoded(text: bytes | str | msgspec.Raw, shape: type[_T]) -> _T:
    """The JSON in a shape. Raises :class:`NotJson` for whatever else it is: damaged, not UTF-8, nested too deeply."""
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NotJson(instead(text.encode() if isinstance(text, str) else bytes(text))) from None


def records(body: bytes | msgspec.Raw, path: str, most: int) -> list[str]:
    """The JSON text of each record in the list at ``path`` (empty: the answer itself).

    Raises :class:`TooMany` for more than ``most``, before any of them is kept.
    """
    try:
        raw = part(body, path)
        _check_number(bytes(raw), most)
        found = decoded(raw, list[msgspec.Raw])
    except (NotJson, KeyError):
        raise NotJson(instead(bytes(body), path)) from None
    return [bytes(record).decode() for record in found]


def table(body: bytes | msgspec.Raw) -> str:
    """The JSON text of a table that is the whole of it."""
    decoded(body, dict[str, msgspec.Raw])
    return bytes(body).decode()


def part(body: bytes | msgspec.Raw, path: str) -> msgspec.Raw:
    """What stands at ``path``. Raises :class:`NotJson`, or :class:`KeyError` where there is nothing."""
    raw = msgspec.Raw(body)
    for step in path.split(".") if path else ():
        raw = decoded(raw, dict[str, msgspec.Raw])[step]
    return raw


def value_at(body: bytes, path: str) -> Any:
    """The value at ``path``, or ``None`` where there is none."""
    return getter(path)(decoded(body, object))


def instead(body: bytes, path: str = "") -> str:
    """What an answer is that is not the JSON expected of it."""
    start = body.lstrip()[:1]
    if start == b"<":
        return "is HTML instead of JSON"
    if not start:
        return "is empty"
    try:
        msgspec.json.decode(body, type=msgspec.Raw)  # passed over, so that nothing is made of it
    except (msgspec.MsgspecError, RecursionError):
        return "is JSON that is cut or damaged" if start in {b"[", b"{"} else "is not JSON"
    return f"has no list of records at {path}" if path else "has not the shape of its protocol"


def _check_number(body: bytes, most: int) -> None:
    """Passes over a list, keeping nothing: two bytes a record would else become sixty of memory.

    A list with few commas needs no look. In one with many, a record that is no object makes it no list of records.
    """
    if body.count(b",") < most:
        return
    left = iter(range(most))

    class Passed(msgspec.Struct, gc=False):
        def __post_init__(self) -> None:
            if next(left, None) is None:
                raise TooMany

    decoded(body, list[Passed])
