"""Fields that a function makes. Strawberry's own decorators, given a description, are untyped."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def followed(description: str, *directives: object) -> Callable[[F], F]:
    """The function below is a field of the root of subscriptions, likewise; it gives an iterator over events."""
    return strawberry.subscription(description=description, directives=directives)  # type: ignore[no-any-return]


def resolved(description: str, *directives: object, name: str | None = None) -> Callable[[F], F]:
    """The function below is a GraphQL field, with its name (unless given), its arguments and its return type."""
    return strawberry.field(description=description, name=name, directives=directives)  # type: ignore[no-any-return]
