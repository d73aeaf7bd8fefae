"""A plan run: level by level, each field once for all the objects of its level."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from itertools import islice
from types import NoneType
from typing import Any

from graphql.execution.values import VariableValues

from gateway.execution.plan import Arguments, Deferred, NotPlanned, ObjectPlan, Plan, Shape, absent
from schema.context import Context

_NO_ARGUMENTS: Arguments = {}


async def run(plan: Plan, context: Context, variables: VariableValues) -> dict[str, Any]:
    """The answer's ``data``. Raises whatever is in the way of it: then the operation is Strawberry's to answer."""
    arguments = [call.arguments(context, variables) for call in plan.calls]
    return (await _objects(plan.root, [None], arguments))[0]


async def _objects(plan: ObjectPlan, sources: Sequence[Any], arguments: Sequence[Arguments]) -> list[dict[str, Any]]:
    """The rows of these objects, none of which is ``None``."""
    row = plan.row
    rows = [row(source, arguments) for source in sources]
    if plan.deferred and rows:
        await _every([_fill(each, sources, rows, arguments) for each in plan.deferred])
    return rows


async def _fill(
    field: Deferred, sources: Sequence[Any], rows: Sequence[dict[str, Any]], arguments: Sequence[Arguments]
) -> None:
    given = arguments[field.slot] if field.slot >= 0 else _NO_ARGUMENTS
    values = [field.resolve(source, **given) for source in sources]
    if field.is_async:
        values = await _every(values)
    for row, value in zip(rows, await _completed(field, values, arguments), strict=True):
        row[field.key] = value


async def _completed(field: Deferred, values: Sequence[Any], arguments: Sequence[Arguments]) -> Sequence[Any]:
    """The values as the answer has them; the objects in all their lists are one level."""
    items = field.shape.of
    if items is None:
        return await _made(field, values, field.shape, arguments)
    if not field.shape.nullable and None in values:
        absent()
    made = await _made(field, [each for value in values if value is not None for each in value], items, arguments)
    left = iter(made)
    return [None if value is None else list(islice(left, len(value))) for value in values]


async def _made(field: Deferred, values: Sequence[Any], shape: Shape, arguments: Sequence[Arguments]) -> Sequence[Any]:
    """These single values, each as the answer has it."""
    kinds = {*map(type, values)}
    if NoneType in kinds and not shape.nullable:
        absent()
    if field.plans is not None:
        return await _by_class(field.plans, values, kinds, arguments)
    if field.leaf is None:
        return values
    return [None if value is None else field.leaf(value) for value in values]


async def _by_class(
    plans: Mapping[type, ObjectPlan], sources: Sequence[Any], kinds: set[type], arguments: Sequence[Arguments]
) -> Sequence[Any]:
    """The rows of these objects, each by the plan of its class."""
    if not kinds <= plans.keys() | {NoneType}:
        raise NotPlanned("class")  # an exception among the items is that item's error
    if len(kinds) == 1 and NoneType not in kinds:
        return await _objects(plans[kinds.pop()], sources, arguments)
    rows: list[dict[str, Any] | None] = [None] * len(sources)
    held = {
        kind: [place for place, source in enumerate(sources) if type(source) is kind] for kind in kinds - {NoneType}
    }
    groups = [_objects(plans[kind], [sources[place] for place in places], arguments) for kind, places in held.items()]
    for places, made in zip(held.values(), await _every(groups), strict=True):
        for place, row in zip(places, made, strict=True):
            rows[place] = row
    return rows


async def _every(work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """What they return. All are over when one has failed: a read that is left alone would hold its connection."""
    if len(work) == 1:
        return [await work[0]]
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
