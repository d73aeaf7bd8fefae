"""Calls of partners' webhooks that were heard already, so that none is heard twice."""

from datetime import datetime, timedelta

from sqlalchemy import Column, ForeignKey, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store.database import insert
from directory.store.metadata import Instant, metadata

hook_call = Table(
    "hook_call",
    metadata,
    Column("partner", String(64), ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(128), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
)

# Many times longer than a signed call can be sent again by whoever has overheard it.
REMEMBERED = timedelta(days=1)


async def hear(connection: AsyncConnection, partner: str, call_id: str, at: datetime) -> bool:
    """Note a call of a known partner; ``False`` when it was heard before. Calls of long ago are forgotten."""
    await connection.execute(delete(hook_call).where(hook_call.c.at < at - REMEMBERED))
    noted = insert(connection, hook_call).values(partner=partner, id=call_id, at=at).on_conflict_do_nothing()
    return (await connection.execute(noted)).rowcount == 1


async def was_heard(connection: AsyncConnection, partner: str, call_id: str) -> bool:
    """Whether the call was noted."""
    noted = select(hook_call.c.id).where(hook_call.c.partner == partner, hook_call.c.id == call_id)
    return (await connection.scalar(noted)) is not None
