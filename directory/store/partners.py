"""Partners, what is known of their servers, and every harvest run with its counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    and_,
    case,
    literal,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import FieldShape, PartnerInfo, PartnerKind
from directory.store.database import insert
from directory.store.history import Drift, DriftKind, PartnerRow, Run, RunKind, RunSkip, RunStatus, RunTrigger
from directory.store.metadata import BigId, Instant, Json, metadata

__all__ = ["Drift", "DriftKind", "PartnerRow", "Run", "RunKind", "RunSkip", "RunStatus", "RunTrigger"]

_HELD = text("status = 'HELD'")

partner = Table(
    "partner",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("licence", Text),
    Column("priority", Integer, nullable=False),
    Column("members", Integer, nullable=False, default=0),
    Column("cursor", Text),
    Column("last_attempt_at", Instant),
    Column("last_success_at", Instant),
    Column("problem", Text),
    Column("failures", Integer, nullable=False, default=0),
    Column("paused", Boolean, nullable=False, default=False),
    Column("kind", String(16), nullable=False, default=PartnerKind.DIRECTORY, server_default=PartnerKind.DIRECTORY),
    Column("due_at", Instant),
    # How its records looked in the last accepted run that read enough of them: what drift is measured from.
    Column("shape", Json(tuple[FieldShape, ...])),
)

run = Table(
    "run",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("partner", String(64), ForeignKey("partner.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    # While it runs, a run owns its partner until this instant, and moves it on; see directory.store.runs.
    Column("alive_until", Instant, nullable=False),
    Column("read", Integer, nullable=False, default=0),
    Column("added", Integer, nullable=False, default=0),
    Column("changed", Integer, nullable=False, default=0),
    Column("unchanged", Integer, nullable=False, default=0),
    Column("withdrawn", Integer, nullable=False, default=0),
    Column("skipped", Integer, nullable=False, default=0),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    Column("requests", Integer, nullable=False, default=0),
    Column("problem", Text),
    # Where the next reading begins, and where this one had.
    Column("cursor", Text),
    Column("since", Text),
    Column("retries", Integer, nullable=False, default=0, server_default="0"),
    Column("waited_seconds", Float, nullable=False, default=0.0, server_default="0"),
    Column("trigger", String(16), nullable=False, default=RunTrigger.MANUAL, server_default=RunTrigger.MANUAL),
    # What its End proved and how its records looked: a held run is applied by these when a steward accepts it.
    Column("scope", String(16)),
    Column("swept", Boolean, nullable=False, default=False, server_default="0"),
    Column("shape", Json(tuple[FieldShape, ...])),
    Column("drift", Json(tuple[Drift, ...]), nullable=False, default=(), server_default="[]"),
    Index(None, "partner", "id"),
    # At most one run of a partner is held: what overtakes it rejects it first.
    Index("uq_run_held", "partner", unique=True, sqlite_where=_HELD, postgresql_where=_HELD),
)

# Said as in the index, which is not used for a value that is bound.
_IS_HELD = run.c.status == literal_column("'HELD'")

run_skip = Table(
    "run_skip",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("run_id", BigId, ForeignKey("run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("external_id", Text),
    Column("reason", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
)


async def register(connection: AsyncConnection, info: PartnerInfo) -> None:
    """Make the partner known, or bring what is known of it up to date with the settings."""
    values = {name: getattr(info, name) for name in info.__struct_fields__}
    known = {name: value for name, value in values.items() if name != "id"}
    statement = insert(connection, partner).values(values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=known))


async def states(connection: AsyncConnection) -> list[PartnerRow]:
    """Every partner ever registered, in order of id."""
    held = [run.c[name].label(f"held_{name}") for name in Run.__struct_fields__]
    waiting = partner.outerjoin(run, and_(run.c.partner == partner.c.id, _IS_HELD))
    rows = await connection.execute(select(partner, *held).select_from(waiting).order_by(partner.c.id))
    return [_state(row) for row in rows.mappings()]


async def pause(connection: AsyncConnection, partner_id: str, *, paused: bool) -> bool:
    """Stop or resume a partner's harvests; ``False`` when there is no such partner."""
    result = await connection.execute(update(partner).where(partner.c.id == partner_id).values(paused=paused))
    return result.rowcount == 1


async def succeeded(
    connection: AsyncConnection,
    partner_id: str,
    *,
    at: datetime,
    cursor: str | None,
    members: int | None = None,
    shape: tuple[FieldShape, ...] = (),
) -> None:
    """Note an accepted harvest: how many members the partner has now, and how its records look, where it tells."""
    values: dict[str, Any] = {"last_success_at": at, "cursor": cursor, "problem": None, "failures": 0}
    if members is not None:
        values["members"] = members
    if shape:
        values["shape"] = shape
    await connection.execute(update(partner).where(partner.c.id == partner_id).values(values))


async def answered(connection: AsyncConnection, partner_id: str) -> None:
    """Note a harvest that was read whole and is held: the partner is not failing, and nothing new is served."""
    values = {"problem": None, "failures": 0}
    await connection.execute(update(partner).where(partner.c.id == partner_id).values(values))


async def counted(connection: AsyncConnection, partner_id: str, members: int) -> None:
    """Note how many members the partner has."""
    await connection.execute(update(partner).where(partner.c.id == partner_id).values(members=members))


async def failed(connection: AsyncConnection, partner_id: str, problem: str, retry_at: datetime | None = None) -> None:
    """Note a harvest refused by the partner's fault; it is not harvested again before ``retry_at``."""
    values: dict[str, Any] = {"problem": problem, "failures": partner.c.failures + 1}
    if retry_at is not None:
        due = partner.c.due_at
        values["due_at"] = case((or_(due.is_(None), due < retry_at), literal(retry_at, Instant)), else_=due)
    await connection.execute(update(partner).where(partner.c.id == partner_id).values(values))


async def shape_of(connection: AsyncConnection, partner_id: str) -> tuple[FieldShape, ...]:
    """How the partner's records looked so far; empty when it was never told."""
    return await connection.scalar(select(partner.c.shape).where(partner.c.id == partner_id)) or ()


async def runs(connection: AsyncConnection, partner_id: str, limit: int) -> list[Run]:
    """The partner's latest runs, newest first."""
    return await _runs(connection, run.c.partner == partner_id, limit)


async def run_of(connection: AsyncConnection, run_id: int) -> Run | None:
    """A run by its id."""
    return next(iter(await _runs(connection, run.c.id == run_id)), None)


async def held_run(connection: AsyncConnection, partner_id: str) -> Run | None:
    """The partner's run that waits for a steward."""
    return next(iter(await _runs(connection, and_(run.c.partner == partner_id, _IS_HELD))), None)


async def _runs(connection: AsyncConnection, which: ColumnElement[bool], limit: int | None = None) -> list[Run]:
    columns = [run.c[name] for name in Run.__struct_fields__]
    newest_first = select(*columns).where(which).order_by(run.c.id.desc()).limit(limit)
    return [as_run(row) for row in (await connection.execute(newest_first)).mappings()]


async def skips(connection: AsyncConnection, run_id: int) -> Sequence[RunSkip]:
    """The rows of a run that were not used, as far as they were kept."""
    columns = run_skip.c.external_id, run_skip.c.reason, run_skip.c.excerpt
    rows = await connection.execute(select(*columns).where(run_skip.c.run_id == run_id).order_by(run_skip.c.id))
    return [RunSkip(external_id=row.external_id, reason=row.reason, excerpt=row.excerpt) for row in rows]


def as_run(row: Mapping[Any, Any], prefix: str = "") -> Run:
    """A row of ``run`` as a record."""
    fields = {name: row[prefix + name] for name in Run.__struct_fields__}
    kinds = {"kind": RunKind, "status": RunStatus, "trigger": RunTrigger}
    return Run(**fields | {name: kind(fields[name]) for name, kind in kinds.items()})


def _state(row: RowMapping) -> PartnerRow:
    named = {name: row[name] for name in PartnerInfo.__struct_fields__}
    info = PartnerInfo(**named | {"kind": PartnerKind(row["kind"])})
    own = {name: row[name] for name in PartnerRow.__struct_fields__ if name not in {"info", "held"}}
    held = as_run(row, "held_") if row["held_id"] is not None else None
    return PartnerRow(info=info, held=held, **own)
