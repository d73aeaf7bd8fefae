"""Fields that a function makes. Strawberry's own decorators, given a description, are untyped."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def followed(description: str) -> Callable[[F], F]:
    """The function below is a field of the root of subscriptions, likewise; it gives an iterator over events."""
    return strawberry.subscription(description=description)  # type: ignore[no-any-return]


def resolved(description: str) -> Callable[[F], F]:
    """The function below is a GraphQL field, with its name, its arguments and its return type."""
    return strawberry.field(description=description)  # type: ignore[no-any-return]
