"""A steward stops a partner's harvests, or lets them go on. What was read before is served all the same."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from directory.records import now
from directory.store import decisions, partners
from directory.store.database import Database
from directory.store.decisions import HarvestDecision


async def pause(
    database: Database,
    partner_id: str,
    *,
    paused: bool,
    author: str,
    reason: str,
    clock: Callable[[], datetime] = now,
) -> bool:
    """Stop the partner's harvests, or resume them; ``False`` when there is no such partner.

    Kept as a decision, unless the partner was so already.
    """
    mine = select(partners.partner.c.paused).where(partners.partner.c.id == partner_id).with_for_update()
    async with database.writing() as connection:
        before = await connection.scalar(mine)
        if before is None:
            return False
        if before is not paused:
            kind = HarvestDecision.PARTNER_PAUSED if paused else HarvestDecision.PARTNER_RESUMED
            await partners.pause(connection, partner_id, paused=paused)
            await decisions.record(connection, kind, {"partner": partner_id}, author=author, reason=reason, at=clock())
        return True
