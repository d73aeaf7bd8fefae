"""Fields that a function makes. Strawberry's own decorator, given a description, is untyped."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def resolved(description: str, *directives: object, name: str | None = None) -> Callable[[F], F]:
    """The function below is a GraphQL field, with its name (unless given), its arguments and its return type."""
    return strawberry.field(description=description, name=name, directives=directives)  # type: ignore[no-any-return]
