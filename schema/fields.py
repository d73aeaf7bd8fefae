"""Fields that a function makes. Strawberry's own decorator, given a description, is untyped."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def resolved(description: str, *directives: object) -> Callable[[F], F]:
    """The function below is a GraphQL field, with its name, its arguments and its return type."""
    return strawberry.field(description=description, directives=directives)  # type: ignore[no-any-return]
