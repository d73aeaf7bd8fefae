"""What becomes of each mutation, noted for whoever keeps a log of them: done, or the code of what stood in the way."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import strawberry
from strawberry.extensions import FieldExtension

from schema.errors import code_of

DONE: Final = "DONE"
INTERRUPTED: Final = "INTERRUPTED"  # nobody knows how far it came


class Noted(FieldExtension):
    """Around every root field of Mutation: notes its outcome in the context."""

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: strawberry.Info, **arguments: Any
    ) -> Any:
        """Strawberry's hook around the resolver."""
        outcomes: dict[str, str] = info.context.outcomes
        name = str(info.path.key)
        outcomes[name] = INTERRUPTED
        try:
            payload = await next_(source, info, **arguments)
        except Exception as error:
            outcomes[name] = code_of(error).value
            raise
        outcomes[name] = payload.user_errors[0].code.value if payload.user_errors else DONE
        return payload


def note_outcomes(mutation: type) -> type:
    """Decorator: every root field of this type notes its outcome, whatever else stands around it."""
    for each in mutation.__strawberry_definition__.fields:  # type: ignore[attr-defined]
        each.extensions = [Noted(), *each.extensions]
    return mutation
