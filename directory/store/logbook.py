"""Harvests as they are shown: the latest runs of many partners, and what many runs left out, a statement each."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.partners import Run, RunSkip, as_run, run, run_skip

_RUN = [run.c[name] for name in Run.__struct_fields__]


async def latest(connection: AsyncConnection, partners: Collection[str], limit: int) -> dict[str, list[Run]]:
    """The latest runs of each of these partners, newest first."""
    place = _place(run.c.partner, run.c.id.desc())
    ranked = select(*_RUN, place).where(run.c.partner.in_(partners)).subquery()
    newest_first = select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.id.desc())
    found: dict[str, list[Run]] = defaultdict(list)
    for row in (await connection.execute(newest_first)).mappings():
        found[row["partner"]].append(as_run(row))
    return found


async def by_id(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Run]:
    """Those of these runs that there are."""
    statement: Select[*tuple[object, ...]] = select(*_RUN).where(run.c.id.in_(ids))
    return {row["id"]: as_run(row) for row in (await connection.execute(statement)).mappings()}


async def skips(connection: AsyncConnection, runs: Collection[int], limit: int) -> dict[int, list[RunSkip]]:
    """The first rows that each of these runs did not use, as far as they were kept."""
    place = _place(run_skip.c.run_id, run_skip.c.id)
    ranked = select(run_skip, place).where(run_skip.c.run_id.in_(runs)).subquery()
    in_order = select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.id)
    found: dict[int, list[RunSkip]] = defaultdict(list)
    for row in await connection.execute(in_order):
        skip = RunSkip(external_id=row.external_id, reason=row.reason, excerpt=row.excerpt)
        found[row.run_id].append(skip)
    return found


def _place(group: ColumnElement[object], order: ColumnElement[object]) -> ColumnElement[int]:
    """Where a row stands in its group, from 1."""
    return func.row_number().over(partition_by=group, order_by=order).label("place")
