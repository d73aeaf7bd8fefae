"""Scopes: what a key or a token may do of that which its role may. Without scopes it may do all of it.

A scope is asked at the door, before anything is looked up or taken from a cache; what is shown is the role's affair
(:mod:`directory.disclosure`).
"""

from collections.abc import Collection
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.errors import RequestRefused

if TYPE_CHECKING:  # the command line names scopes, and waits for no store to say so
    from gateway.auth import Identity

_SAVED_SEARCHES = "savedSearch"


class Scope(StrEnum):
    """What may be granted alone."""

    READ = "read"  # ask queries, and pictures of matches
    EXPORTS = "exports"  # take whole results as files
    SEARCHES = "searches"  # save searches, change and forget them
    STEWARDSHIP = "stewardship"  # every other mutation


def require(identity: "Identity", *scopes: Scope) -> None:
    """Raise :class:`RequestRefused` (403) unless the caller's scopes, where there are any, hold these."""
    if identity.scopes is None:
        return
    missing = [scope.value for scope in scopes if scope.value not in identity.scopes]
    if missing:
        message = f"This key or token is not given the scope « {missing[0]} »; ask the operator for one that is."
        challenge = f'Bearer realm="circuit", error="insufficient_scope", scope="{" ".join(missing)}"'
        raise RequestRefused(403, "FORBIDDEN", message, {"WWW-Authenticate": challenge})


def of_mutations(fields: Collection[str]) -> set[Scope]:
    """The scopes that these root fields of Mutation need; one that nobody has thought of here needs the highest."""
    return {Scope.SEARCHES if field.startswith(_SAVED_SEARCHES) else Scope.STEWARDSHIP for field in fields}
