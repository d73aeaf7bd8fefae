"""A partner's JSON: decoded with one outcome for all that can be wrong with it, and records as the exact text sent."""

from functools import lru_cache
from typing import Any, Final, TypeVar

import msgspec

_T = TypeVar("_T")
_NOTHING: Final = msgspec.Raw(b"")
# Of a value beside the records: a count, or the address of the next page.
_LONGEST_VALUE: Final = 8_192
_LONGEST_LIST: Final = 1_000


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
        raw = _inside(raw, step)
    return raw


def value_at(body: bytes | msgspec.Raw, path: str) -> Any:
    """The value at ``path``, or ``None`` where there is none or one that is no short text and no number."""
    try:
        raw = part(body, path)
    except (NotJson, TooMany, KeyError):
        return None
    return decoded(raw, object) if len(bytes(raw)) <= _LONGEST_VALUE else None


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


def _inside(raw: msgspec.Raw, step: str) -> msgspec.Raw:
    """What a table holds under a name, or a short list at a place."""
    try:
        held: msgspec.Raw = decoded(raw, _holder(step)).held
    except NotJson:
        if not step.isdecimal():
            raise
        _check_number(bytes(raw), _LONGEST_LIST)
        held = dict(enumerate(decoded(raw, list[msgspec.Raw]))).get(int(step), _NOTHING)
    if not bytes(held):
        raise KeyError(step)
    return held


@lru_cache(maxsize=256)
def _holder(step: str) -> Any:
    """The shape of a table of which one place is wanted: nothing is made of all the others."""
    return msgspec.defstruct("Holder", [("held", msgspec.Raw, _NOTHING)], rename={"held": step})


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
