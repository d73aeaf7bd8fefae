"""The log of what callers did and of what they were refused: entries are added, read and, when they are old, dropped.

A mutation is two entries: ``MUTATION``, written before anything is done, and ``OUTCOME``, which names it in ``of``. One
without an outcome was cut short. A refused attempt is one entry; where they were many, one entry counts them. The
database itself refuses to change an entry.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.database import insert
from directory.store.metadata import BigId, Instant, Json, metadata

UNKNOWN = "UNKNOWN"


class Kind(StrEnum):
    """What an entry is about."""

    MUTATION = "MUTATION"
    OUTCOME = "OUTCOME"
    REFUSED = "REFUSED"


audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("of", BigInteger, index=True),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("key", String(32)),
    Column("subject", Text),
    Column("role", String(16)),
    Column("door", String(32), nullable=False),
    Column("field", Text),
    Column("ids", Json(tuple[str, ...]), nullable=False),
    Column("outcome", String(32)),
    Column("request_id", String(64)),
    Column("times", Integer, nullable=False),
    Index(None, "kind", "id"),
)


class Entry(Struct, frozen=True, kw_only=True):
    """An entry to be kept. ``key`` is a key's public prefix, ``subject`` whom a token is about, ``ids`` what was named
    (``Supplier:7``), ``times`` how often the same happened.
    """

    kind: Kind
    at: datetime
    door: str
    key: str | None = None
    subject: str | None = None
    role: str | None = None
    field: str | None = None
    ids: tuple[str, ...] = ()
    outcome: str | None = None
    request_id: str | None = None
    times: int = 1
    of: int | None = None


class Told(Struct, frozen=True, kw_only=True):
    """An entry as it is read: a mutation with its outcome."""

    id: int
    kind: Kind
    at: datetime
    key: str | None
    subject: str | None
    role: str | None
    door: str
    field: str | None
    ids: tuple[str, ...]
    outcome: str
    request_id: str | None
    times: int


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries to read; what is ``None`` holds nobody back."""

    kind: Kind | None = None
    since: datetime | None = None
    key: str | None = None
    subject: str | None = None
    field: str | None = None
    named: str | None = None
    request_id: str | None = None


async def append(connection: AsyncConnection, entries: Sequence[Entry]) -> list[int]:
    """Keep entries; their numbers, in order."""
    numbers = []
    for entry in entries:
        values = {name: getattr(entry, name) for name in Entry.__struct_fields__}
        made = await connection.execute(insert(connection, audit_entry).values(values).returning(audit_entry.c.id))
        numbers.append(int(made.scalar_one()))
    return numbers


async def read(connection: AsyncConnection, wanted: Wanted, limit: int) -> list[Told]:
    """The latest entries that are wanted, the latest first; outcomes are told with their mutations."""
    entry, end = audit_entry.alias("entry"), audit_entry.alias("end_of_it")
    outcome = func.coalesce(end.c.outcome, entry.c.outcome, UNKNOWN).label("outcome")
    columns = [outcome if name == "outcome" else entry.c[name] for name in Told.__struct_fields__]
    statement = (
        select(*columns)
        .select_from(entry.outerjoin(end, and_(end.c.of == entry.c.id, end.c.kind == Kind.OUTCOME.value)))
        .where(entry.c.kind != Kind.OUTCOME.value, *_conditions(entry.c, wanted))
        .order_by(entry.c.id.desc())
        .limit(limit)
    )
    return [Told(**{**row._mapping, "kind": Kind(row.kind)}) for row in await connection.execute(statement)]


async def prune(connection: AsyncConnection, *, before: datetime, most_refusals: int) -> int:
    """Drop what is older than ``before``, and refused attempts beyond the latest ``most_refusals``; how many entries.

    What was done is dropped for its age alone: no number of refused attempts can push it out.
    """
    columns = audit_entry.c
    is_refusal = columns.kind == Kind.REFUSED.value
    last_kept = select(columns.id).where(is_refusal).order_by(columns.id.desc()).offset(most_refusals).limit(1)
    surplus = and_(is_refusal, columns.id <= last_kept.scalar_subquery())
    return (await connection.execute(delete(audit_entry).where(or_(columns.at < before, surplus)))).rowcount


def _conditions(columns: Any, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        columns[name] == value
        for name in ("kind", "key", "subject", "field", "request_id")
        if (value := getattr(wanted, name)) is not None
    ]
    if wanted.since is not None:
        conditions.append(columns.at >= wanted.since)
    if wanted.named is not None:
        # A list as JSON text: the quotes keep `Supplier:7` from being found in `Supplier:71`.
        conditions.append(type_coerce(columns.ids, Text).contains(f'"{wanted.named}"', autoescape=True))
    return conditions
