"""A plan run: level by level, each field once for all the objects of its level."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
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
    """The values as the answer has them: whatever their lists, the objects in them are one level."""
    found = list(_innermost(values, field.shape))
    if field.plans is not None:
        made = iter(await _by_class(field.plans, found, arguments))
    elif field.leaf is not None:
        made = map(field.leaf, found)
    else:
        return values
    return [_put_back(value, field.shape, made) for value in values]


def _innermost(values: Sequence[Any], shape: Shape) -> Iterator[Any]:
    """What is in the values and is no null, in order."""
    for value in values:
        if value is None:
            if not shape.nullable:
                absent()
        elif shape.of is not None:
            yield from _innermost(value, shape.of)
        elif isinstance(value, Exception):
            raise value
        else:
            yield value


def _put_back(value: Any, shape: Shape, made: Iterator[Any]) -> Any:
    if value is None:
        return None
    if shape.of is not None:
        return [_put_back(item, shape.of, made) for item in value]
    return next(made)


async def _by_class(
    plans: Mapping[type, ObjectPlan], sources: Sequence[Any], arguments: Sequence[Arguments]
) -> list[dict[str, Any]]:
    if len(plans) == 1:
        return await _objects(next(iter(plans.values())), sources, arguments)
    places: dict[type, list[int]] = {}
    for place, source in enumerate(sources):
        places.setdefault(type(source), []).append(place)
    if not places.keys() <= plans.keys():
        raise NotPlanned("class")
    groups = [_objects(plans[kind], [sources[place] for place in held], arguments) for kind, held in places.items()]
    rows: list[dict[str, Any]] = [{}] * len(sources)
    for held, made in zip(places.values(), await _every(groups), strict=True):
        for place, row in zip(held, made, strict=True):
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
