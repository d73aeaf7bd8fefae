"""Partners, what is known of their servers, and every harvest run with its counts."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import PartnerInfo
from directory.store.database import insert
from directory.store.metadata import BigId, Instant, metadata


class RunKind(StrEnum):
    """Whether a run read the whole directory or what changed since the cursor."""

    FULL = "FULL"
    INCREMENTAL = "INCREMENTAL"


class RunStatus(StrEnum):
    """How a run ended; a refused one changed nothing."""

    RUNNING = "RUNNING"
    ACCEPTED = "ACCEPTED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


class Run(Struct, frozen=True, kw_only=True):
    """One harvest of one partner.

    ``read`` counts what the partner gave: ``added + changed + unchanged + skipped``. ``skipped`` are rows that could
    not be used or that the same reading replaced. A member that comes back after a withdrawal counts as added.
    ``problem`` is why a run was refused, or what an accepted one has left to the next.
    """

    id: int
    partner: str
    kind: RunKind
    status: RunStatus
    started_at: datetime
    ended_at: datetime | None = None
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    skipped: int = 0
    size_bytes: int = 0
    requests: int = 0
    problem: str | None = None


class RunSkip(Struct, frozen=True, kw_only=True):
    """A row of a run that was not used, and why; only the first ones of a run are kept."""

    external_id: str | None
    reason: str
    excerpt: str = ""


class PartnerRow(Struct, frozen=True, kw_only=True):
    """A partner and how its harvests are going. ``members`` counts its listings that are not withdrawn."""

    info: PartnerInfo
    members: int = 0
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    problem: str | None = None
    failures: int = 0
    paused: bool = False


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
    Column("cursor", Text),
    Index(None, "partner", "id"),
)

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
    rows = await connection.execute(select(partner).order_by(partner.c.id))
    return [_state(row) for row in rows.mappings()]


async def pause(connection: AsyncConnection, partner_id: str, *, paused: bool) -> bool:
    """Stop or resume a partner's harvests; ``False`` when there is no such partner."""
    result = await connection.execute(update(partner).where(partner.c.id == partner_id).values(paused=paused))
    return result.rowcount == 1


async def succeeded(
    connection: AsyncConnection, partner_id: str, *, at: datetime, cursor: str | None, members: int
) -> None:
    """Note an accepted harvest."""
    values = {"last_success_at": at, "cursor": cursor, "members": members, "problem": None, "failures": 0}
    await connection.execute(update(partner).where(partner.c.id == partner_id).values(values))


async def failed(connection: AsyncConnection, partner_id: str, problem: str) -> None:
    """Note a harvest refused by the partner's fault."""
    values = {"problem": problem, "failures": partner.c.failures + 1}
    await connection.execute(update(partner).where(partner.c.id == partner_id).values(values))


async def runs(connection: AsyncConnection, partner_id: str, limit: int) -> list[Run]:
    """The partner's latest runs, newest first."""
    columns = [run.c[name] for name in Run.__struct_fields__]
    newest_first = select(*columns).where(run.c.partner == partner_id).order_by(run.c.id.desc()).limit(limit)
    return [as_run(row) for row in (await connection.execute(newest_first)).mappings()]


async def skips(connection: AsyncConnection, run_id: int) -> Sequence[RunSkip]:
    """The rows of a run that were not used, as far as they were kept."""
    columns = run_skip.c.external_id, run_skip.c.reason, run_skip.c.excerpt
    rows = await connection.execute(select(*columns).where(run_skip.c.run_id == run_id).order_by(run_skip.c.id))
    return [RunSkip(external_id=row.external_id, reason=row.reason, excerpt=row.excerpt) for row in rows]


def as_run(row: RowMapping) -> Run:
    """A row of ``run`` as a record."""
    fields = {name: row[name] for name in Run.__struct_fields__}
    return Run(**fields | {"kind": RunKind(row["kind"]), "status": RunStatus(row["status"])})


def _state(row: RowMapping) -> PartnerRow:
    info = PartnerInfo(**{name: row[name] for name in PartnerInfo.__struct_fields__})
    own = {name: row[name] for name in PartnerRow.__struct_fields__ if name != "info"}
    return PartnerRow(info=info, **own)
