"""Arguments that may be left out. For a read, absent and null mean the same, and the schema prints no default."""

from typing import Any, TypeVar

import strawberry

T = TypeVar("T")

ABSENT: Any = strawberry.UNSET


def given(value: T | None) -> T | None:
    """The value; ``None`` for one left out."""
    return None if value is strawberry.UNSET else value
