"""A plan run: level by level, each field once for all the objects of its level."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from itertools import islice
from types import NoneType
from typing import Any

from graphql.execution.values import VariableValues

from gateway.execution.plan import Arguments, Deferred, NotPlanned, ObjectPlan, Plan, Shape, absent
from schema.context import Context

_NO_ARGUMENTS: Arguments = {}


Work = Callable[[], Coroutine[Any, Any, Any]]


async def run(plan: Plan, context: Context, variables: VariableValues) -> dict[str, Any]:
    """The answer's ``data``. Raises whatever is in the way of it: then the operation is Strawberry's to answer."""
    arguments = [call.arguments(context, variables) for call in plan.calls]
    below: list[Work] = []
    rows = _objects(plan.root, [None], arguments, below)
    await _every(below)
    return rows[0]


def _objects(
    plan: ObjectPlan, sources: Sequence[Any], arguments: Sequence[Arguments], below: list[Work]
) -> list[dict[str, Any]]:
    """The rows of these objects, none of which is ``None``; what has yet to be filled in goes to ``below``."""
    row = plan.row
    rows = [row(source, arguments) for source in sources]
    if plan.deferred and rows:
        below.extend(partial(_fill, each, sources, rows, arguments) for each in plan.deferred)
    return rows


async def _fill(
    field: Deferred, sources: Sequence[Any], rows: Sequence[dict[str, Any]], arguments: Sequence[Arguments]
) -> None:
    given = arguments[field.slot] if field.slot >= 0 else _NO_ARGUMENTS
    if field.is_async:
        values = await _every([partial(field.resolve, source, **given) for source in sources])
    else:
        values = [field.resolve(source, **given) for source in sources]
    below: list[Work] = []
    for row, value in zip(rows, _completed(field, values, arguments, below), strict=True):
        row[field.key] = value
    if below:
        await _every(below)


def _completed(
    field: Deferred, values: Sequence[Any], arguments: Sequence[Arguments], below: list[Work]
) -> Sequence[Any]:
    """The values as the answer has them; the objects in all their lists are one level."""
    items = field.shape.of
    if items is None:
        return _made(field, values, field.shape, arguments, below)
    if not field.shape.nullable and any(value is None for value in values):
        absent()
    flat = [each for value in values if value is not None for each in value]
    made = iter(_made(field, flat, items, arguments, below))
    return [None if value is None else list(islice(made, len(value))) for value in values]


def _made(
    field: Deferred, values: Sequence[Any], shape: Shape, arguments: Sequence[Arguments], below: list[Work]
) -> Sequence[Any]:
    """These single values, each as the answer has it."""
    kinds = {*map(type, values)}
    if NoneType in kinds and not shape.nullable:
        absent()
    if field.plans is not None:
        return _by_class(field.plans, values, kinds, arguments, below)
    if field.leaf is None:
        return values
    return [None if value is None else field.leaf(value) for value in values]


def _by_class(
    plans: Mapping[type, ObjectPlan],
    sources: Sequence[Any],
    kinds: set[type],
    arguments: Sequence[Arguments],
    below: list[Work],
) -> Sequence[Any]:
    """The rows of these objects, each by the plan of its class."""
    if not kinds <= plans.keys() | {NoneType}:
        raise NotPlanned("class")  # an exception among the items is that item's error
    if len(kinds) == 1 and NoneType not in kinds:
        return _objects(plans[kinds.pop()], sources, arguments, below)
    rows: list[dict[str, Any] | None] = [None] * len(sources)
    for kind in kinds - {NoneType}:
        places = [place for place, source in enumerate(sources) if type(source) is kind]
        made = _objects(plans[kind], [sources[place] for place in places], arguments, below)
        for place, row in zip(places, made, strict=True):
            rows[place] = row
    return rows


async def _every(work: Sequence[Work]) -> list[Any]:
    """What it gives, done together. All is over when one has failed: a read left alone would hold its connection."""
    if len(work) == 1:
        return [await work[0]()]
    results = await asyncio.gather(*(each() for each in work), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
