"""Records as the exact JSON text that a partner sent: found inside an answer without being read."""

import codecs
from typing import Any

import msgspec

from connectors.paths import getter


class NotJson(Exception):
    """An answer is not the JSON that was asked for. ``str()`` says what it is instead, after "an answer"."""


def as_utf8(body: bytes, charset: str) -> bytes:
    """The body in UTF-8. Raises :class:`NotJson` when its bytes are not of the declared character set."""
    is_utf8 = codecs.lookup(charset).name == "utf-8"
    try:
        text = body.decode(charset)
    except UnicodeDecodeError as error:
        raise NotJson(f"is not written in {charset}, as its byte {error.start + 1:,} shows") from None
    # Decoding was the check: what is UTF-8 already keeps its bytes.
    return body.removeprefix(codecs.BOM_UTF8) if is_utf8 else text.encode()


def records(body: bytes, path: str) -> list[str]:
    """The JSON text of each record in the list at ``path`` (empty: the answer itself)."""
    try:
        raw = msgspec.Raw(body)
        for step in path.split(".") if path else ():
            raw = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[step]
        return [bytes(record).decode() for record in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, KeyError, RecursionError):
        raise NotJson(instead(body, path)) from None


def value_at(body: bytes, path: str) -> Any:
    """The value at ``path``, or ``None`` where there is none."""
    try:
        return getter(path)(msgspec.json.decode(body))
    except (msgspec.MsgspecError, RecursionError):
        raise NotJson(instead(body)) from None


def instead(body: bytes, path: str = "") -> str:
    """What an answer is that is not the JSON expected of it."""
    start = body.lstrip()[:1]
    if start == b"<":
        return "is HTML instead of JSON"
    if start not in {b"[", b"{"}:
        return "is not JSON" if start else "is empty"
    try:
        msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return "is JSON that is cut or damaged"
    return f"has no list of records at {path}" if path else "has not the shape of its protocol"
