"""How a partner's own records look in one reading: which fields there are, of what kind, with an example of each.

What a partner renames, drops or gives another type shows here before anybody misses a value. Records are strangers':
what is kept of them is bounded whatever they hold.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from connectors import readers
from directory.records import FieldShape

MAX_PATHS: Final = 200
_MAX_TEXT: Final = 60
_MAX_DEPTH: Final = 3
_MAX_KEYS: Final = 400  # of one table
# So many records are all looked at; of those after them, every tenth.
_LOOKED_AT: Final = 2_000
_STRIDE: Final = 10

_KINDS: Final = ("text", "number", "yes/no", "list", "table", "empty")
_TEXT, _NUMBER, _YES_NO, _LIST, _TABLE, _EMPTY = range(len(_KINDS))
_KIND_OF: Final[Mapping[type, int]] = {
    str: _TEXT,
    int: _NUMBER,
    float: _NUMBER,
    bool: _YES_NO,
    list: _LIST,
    dict: _TABLE,
    type(None): _EMPTY,
}


class _Field:
    """One path: how often each kind was seen, and the first value."""

    __slots__ = ("counts", "example")

    def __init__(self) -> None:
        self.counts = [0] * len(_KINDS)
        self.example = ""


class Profile:
    """Sees records and tells their shape. ``expected`` are paths that are told even where hundreds of others come
    first. Without ``examples`` it keeps no value of anybody's.

    Counts are of the records that were looked at: all of the first 2,000, every tenth after them. A list or a table
    without anything in it is empty, for PHP writes an empty table as a list.
    """

    def __init__(self, expected: Iterable[str] = (), *, examples: bool = True) -> None:
        self._examples = examples
        self._fields = {path: _Field() for path in islice(map(_bounded, expected), MAX_PATHS)}
        self._records = 0

    def see(self, record: Mapping[str, Any]) -> bool:
        """Takes one decoded record into account; whether it is one of those that are looked at."""
        self._records += 1
        is_looked_at = self._records <= _LOOKED_AT or self._records % _STRIDE == 0
        if is_looked_at:
            self._look(record, "", 1)
        return is_looked_at

    def fields(self) -> tuple[FieldShape, ...]:
        """The fields that were seen, by path."""
        seen = sorted((path, field) for path, field in self._fields.items() if any(field.counts))
        return tuple(FieldShape(path=path, kinds=_named(field.counts), example=field.example) for path, field in seen)

    def _look(self, table: Mapping[str, Any], prefix: str, depth: int) -> None:
        fields = self._fields
        for key, value in table.items() if len(table) <= _MAX_KEYS else islice(table.items(), _MAX_KEYS):
            path = prefix + key
            field = fields.get(path) or self._field(path)
            if field is None:
                continue
            kind = _KIND_OF[type(value)] if value or value == 0 else _EMPTY  # a no is as good as a yes
            if kind == _TEXT and value.isspace():
                kind = _EMPTY
            field.counts[kind] += 1
            if self._examples and not field.example and kind != _EMPTY:
                field.example = _example(value)
            if kind == _TABLE and depth < _MAX_DEPTH:
                self._look(value, f"{path}.", depth + 1)

    def _field(self, path: str) -> _Field | None:
        """The field of a path that has not been met as it is written; none once there are too many."""
        is_full = len(self._fields) >= MAX_PATHS
        if is_full and len(path) <= _MAX_TEXT and path.isprintable():
            return None
        bounded = _bounded(path)
        if bounded not in self._fields:
            if is_full:
                return None
            self._fields[bounded] = _Field()
        return self._fields[bounded]


def _example(value: Any) -> str:
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, str | int | float) and str(item).strip()), "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _bounded(readers.scalar(value))


def _bounded(text: str) -> str:
    return readers.line(text[: 2 * _MAX_TEXT])[:_MAX_TEXT].rstrip()


def _named(counts: Iterable[int]) -> Mapping[str, int]:
    return {kind: count for kind, count in zip(_KINDS, counts, strict=True) if count}
