"""Dotted paths into a record: ``adresse.code_postal``, ``title.rendered``, ``contacts.0.email``."""

from collections.abc import Callable
from typing import Any

Getter = Callable[[Any], Any]


def steps(path: str, *, flat: bool) -> tuple[str, ...]:
    """The path's steps; in a flat record (a CSV row) a column's name is one step, dots included."""
    return (path,) if flat else tuple(path.split("."))


def getter(path: str, *, flat: bool = False) -> Getter:
    """What finds the value in a record, or ``None`` where the record has no such place."""
    parts = steps(path, flat=flat)
    if len(parts) == 1:
        only = parts[0]
        return lambda record: record.get(only) if isinstance(record, dict) else None
    if len(parts) == 2:
        outer, inner = parts

        def two(record: Any) -> Any:
            table = record.get(outer) if isinstance(record, dict) else None
            return table.get(inner) if isinstance(table, dict) else _walk(record, parts)

        return two
    return lambda record: _walk(record, parts)


def _walk(value: Any, parts: tuple[str, ...]) -> Any:
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return None
    return value
