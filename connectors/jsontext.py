"""Records as the exact JSON text that a partner sent: found inside an answer without being read."""

import codecs
from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.paths import getter


class NotJson(Exception):
    """An answer is not the JSON that was asked for. ``str()`` says what it is instead."""


def as_utf8(body: bytes, charset: str) -> bytes:
    """The body in UTF-8. Raises :class:`NotJson` when its bytes are not of the declared character set."""
    try:
        text = body.decode("utf-8-sig" if _is_utf8(charset) else charset)
    except UnicodeDecodeError as error:
        raise NotJson(f"is not written in {charset}, as byte {error.start:,} shows") from None
    # Decoding was the check: what is UTF-8 already keeps its bytes.
    return body.removeprefix(codecs.BOM_UTF8) if _is_utf8(charset) else text.encode()


def records(body: bytes, path: str) -> Sequence[str]:
    """The JSON text of each record in the list at ``path`` (empty: the answer itself)."""
    try:
        raw = msgspec.Raw(body)
        for step in path.split(".") if path else ():
            raw = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[step]
        return [bytes(record).decode() for record in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, KeyError):
        raise NotJson(_instead(body, path)) from None


def value_at(body: bytes, path: str) -> Any:
    """The value at ``path``, or ``None``."""
    try:
        return getter(path)(msgspec.json.decode(body))
    except msgspec.MsgspecError:
        raise NotJson(_instead(body, path)) from None


def _instead(body: bytes, path: str) -> str:
    start = body.lstrip()[:1]
    if not start:
        return "is empty"
    if start == b"<":
        return "is HTML instead of JSON"
    if start not in b"[{":
        return "is not JSON"
    try:
        msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return "is JSON that is cut or damaged"
    return f"has no list of records at {path}" if path else "is not a list of records"


def _is_utf8(charset: str) -> bool:
    return codecs.lookup(charset).name == "utf-8"
