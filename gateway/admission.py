"""Whether a GraphQL request is let in: its document, its variables and its cost, all before anything runs."""

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

import msgspec
from graphql import GraphQLError
from starlette.requests import HTTPConnection

from cache import Answer, Fleeting
from gateway.answering import NotExecuted, bad_query
from gateway.auth import Identity
from gateway.budgets import Charge
from gateway.costs import cost_of
from gateway.errors import RequestRefused
from gateway.hub import Hub
from gateway.media import Media
from gateway.metrics import count_cost, count_overrun, count_refusal
from gateway.openness import as_told
from gateway.operations import Operation
from gateway.refusals import COST_TOO_HIGH, beyond
from gateway.requests import GraphQLRequest
from gateway.settings_limits import Limits

# Parsing and validating twenty characters takes some fifty microseconds; a document that is kept is spared that.
CHARACTERS_A_UNIT: Final = 20
_NESTED: Final = (dict, list)


def admit(
    hub: Hub, asked: GraphQLRequest, identity: Identity, connection: HTTPConnection, *, streams: bool = False
) -> tuple[Operation, Charge]:
    """The operation that is asked for and what it is charged: a subscription, where that ``streams``, when it begins.

    Raises :class:`graphql.GraphQLError` for what is wrong with the document, its variables or its cost, and
    :class:`RequestRefused` for what the method does not allow or the caller's budget does not hold.
    """
    charge = hub.budgets.opened(identity, connection.scope)
    if not hub.documents.knows(asked.query):
        charge.take(ceil(len(asked.query) / CHARACTERS_A_UNIT))
    operation = hub.documents.select(asked.query, asked.operation_name)
    _check_method(operation, connection.scope.get("method", "POST"), streams=streams)
    check_variables(asked.variables, hub.settings.limits)
    charge.cost = cost_of(operation.cost, asked.variables)
    count_cost(charge.cost)
    if charge.cost > charge.maximum:
        _overrun(charge, enforces=hub.settings.cost.mode == "enforce")
    charge.take(charge.cost)
    return operation, charge


def turned_away(hub: Hub, identity: Identity, error: GraphQLError) -> NotExecuted:
    """The answer to a request that is not let in, counted; whatever it came by."""
    count_refusal((error.extensions or {}).get("code", "BAD_QUERY"))
    return NotExecuted(as_told(hub.settings.suggestions, identity, bad_query(error)))


def check_variables(variables: Mapping[str, Any], limits: Limits) -> None:
    """Raise :class:`graphql.GraphQLError` for variables that hold too many values, or too deep ones."""
    level, count = 0, len(variables)
    nested = [value for value in variables.values() if isinstance(value, _NESTED)]
    while nested:
        level += 1
        if level > limits.value_depth:
            sentence = f"The variables are nested more than {limits.value_depth} levels deep; send them flatter."
            raise beyond("VALUE_TOO_DEEP", sentence, found=level, limit=limits.value_depth)
        inner = [value for each in nested for value in (each.values() if isinstance(each, dict) else each)]
        count += len(inner)
        if count > limits.variable_values:
            sentence = (
                f"The variables hold {count:,} values or more, and {limits.variable_values:,} are allowed: "
                "ask in several requests."
            )
            raise beyond("TOO_MANY_VALUES", sentence, found=count, limit=limits.variable_values)
        nested = [value for value in inner if isinstance(value, _NESTED)]


def with_cost(given: Answer, headers: Mapping[str, str], charge: Charge) -> tuple[Answer, dict[str, str]]:
    """The answer with ``extensions.cost``: the caller's own, so that nobody on the way may keep it."""
    told = charge.told()
    cost = {
        "requested": charge.cost,
        "maximum": charge.maximum,
        "charged": told.cost,
        "limit": told.limit,
        "remaining": told.remaining,
        "resetAt": told.reset_at,
    }
    members = msgspec.json.decode(given.value, type=dict[str, msgspec.Raw])
    extensions = msgspec.json.decode(members.get("extensions", b"{}"), type=dict[str, msgspec.Raw])
    body = msgspec.json.encode({**members, "extensions": {**extensions, "cost": cost}})
    kind = type(given.value) if isinstance(given.value, Fleeting) else bytes
    return Answer(kind(body), given.state, given.age), {**headers, "Cache-Control": "no-store"}


def _overrun(charge: Charge, *, enforces: bool) -> None:
    if not enforces:
        count_overrun(COST_TOO_HIGH)
        return
    sentence = (
        f"The operation costs {charge.cost:,} units, and {charge.maximum:,} are allowed: ask for smaller pages, or in "
        "several requests."
    )
    raise beyond(COST_TOO_HIGH, sentence, found=charge.cost, limit=charge.maximum)


def _check_method(operation: Operation, method: str, *, streams: bool) -> None:
    if operation.kind == "subscription" and not streams:
        message = f"A subscription is answered as {Media.EVENTS} (header Accept), or over WebSocket."
        raise RequestRefused(400, "SUBSCRIPTION", message)
    if operation.kind == "mutation" and method != "POST":
        raise RequestRefused(405, "MUTATION_BY_GET", "A mutation must be sent by POST.", {"Allow": "POST"})
