"""Rows of objects that outlive a request: written as JSON once, and kept in the object by whoever wrote them last.

The same supplier stands on the pages of many questions, and portals ask the same few values of it. An object keeps one
row: two who ask for different values in turns cost each other what a row costs, and no memory.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from gateway.execution.plan import Arguments, Row

LONGEST: Final = 4096  # bytes of a row that is kept: those of thousands of objects are
_KEPT: Final = "(written)"

_encode: Final = msgspec.json.Encoder().encode


def written_once(row: Row) -> Row:
    """A function that gives the rows of this one as JSON, which goes into the answer as it is."""
    mark = object()  # kept in its stead: what an object keeps must not keep the plans of a document

    def written(source: Any, arguments: Sequence[Arguments]) -> msgspec.Raw:
        known = source.__dict__.get(_KEPT)
        if known is not None and known[0] is mark:
            kept: msgspec.Raw = known[1]
            return kept
        text = _encode(row(source, arguments))
        made = msgspec.Raw(text)
        if len(text) <= LONGEST:
            source.__dict__[_KEPT] = mark, made
        return made

    return written
