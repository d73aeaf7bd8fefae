"""Fields that are for one role alone: said in the schema (``@requires``) and held to before anything is resolved."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.schema_directive import Location
from strawberry.types.field import StrawberryField

from directory.disclosure import Role
from schema.context import Caller, Info
from schema.enums import publish
from schema.errors import Forbidden

F = TypeVar("F", bound=Callable[..., Any])

NOT_KNOWN = "This is for callers with an API key; ask the operator for one."
NOT_A_STEWARD = "This is for stewards; ask the operator for a steward's API key."

publish(
    Role,
    "Who asks, by the API key.",
    {
        Role.PUBLIC: "Anybody: without a key.",
        Role.PARTNER: "An organisation whose directory is read.",
        Role.BUYER: "Whoever looks for suppliers.",
        Role.STEWARD: "Who keeps the directory true.",
    },
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="Whoever has another role gets the error `FORBIDDEN`."
)
class Requires:
    """The directive."""

    role: Role = strawberry.directive_field(name="role")


class Guard(FieldExtension):
    """Turns some roles away before the resolver is called; the schema says so by ``directive``."""

    directive: object

    def refusal(self, role: Role) -> Forbidden | None:
        """What a caller of this role is told; ``None`` for one who may pass."""
        raise NotImplementedError

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: strawberry.Info, **arguments: Any
    ) -> Any:
        """Strawberry's hook around the resolver."""
        caller: Caller = info.context.caller
        if refusal := self.refusal(caller.role):
            raise refusal
        return await next_(source, info, **arguments)


class Required(Guard):
    """Lets stewards pass alone."""

    directive = Requires(role=Role.STEWARD)

    def refusal(self, role: Role) -> Forbidden | None:
        """Every other role is turned away."""
        return None if role is Role.STEWARD else Forbidden(NOT_A_STEWARD)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="Whoever asks without an API key gets the error `FORBIDDEN`."
)
class RequiresKey:
    """The directive."""


class KeyRequired(Guard):
    """Lets pass whoever has a key."""

    directive = RequiresKey()

    def refusal(self, role: Role) -> Forbidden | None:
        """The public is turned away."""
        return Forbidden(NOT_KNOWN) if role is Role.PUBLIC else None


def for_keys(description: str, *directives: object) -> Callable[[F], F]:
    """The function below is a GraphQL field for callers with an API key."""
    return _guarded(KeyRequired(), description, directives)


def for_stewards(description: str, *directives: object) -> Callable[[F], F]:
    """The function below is a GraphQL field for stewards alone."""
    return _guarded(Required(), description, directives)


def _guarded(guard: Guard, description: str, directives: Iterable[object]) -> Callable[[F], F]:
    return strawberry.field(  # type: ignore[no-any-return]
        description=description, directives=[guard.directive, *directives], extensions=[guard]
    )


def may_ask(field: StrawberryField, role: Role) -> bool:
    """Whether the field answers callers of this role: whether its guards let them pass."""
    return not any(isinstance(each, Guard) and each.refusal(role) for each in field.extensions)


def sees_harvests(info: Info, partner: str) -> bool:
    """Whether the caller may see how the harvests of this partner went: stewards, and the partner itself."""
    caller = info.context.caller
    return caller.role is Role.STEWARD or (caller.role is Role.PARTNER and caller.partner == partner)
