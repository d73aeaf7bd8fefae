"""A partner leaves: nothing of it is served any more, and nothing that it said is kept.

Its listings are withdrawn as if it had withdrawn them itself and then emptied: their ids stay, so that the history of
suppliers is whole, and that to resume and harvest it again brings them back.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import PartnerKind, now
from directory.store import changes, copies, decisions, erasing, partners, runs
from directory.store.copies import Retention
from directory.store.database import Database
from directory.store.decisions import HarvestDecision
from directory.store.listings import listing
from directory.store.partners import RunStatus, partner

_NOTHING = Retention(days=0, size_bytes=0)
# Without a cursor its next harvest reads everything; without a shape nothing of that differs from before.
_LEFT = {"members": 0, "cursor": None, "shape": null(), "problem": None, "failures": 0, "paused": True}


class CannotLeave(Exception):
    """The partner cannot be removed now; ``str()`` is one sentence with the remedy."""


async def leave(
    database: Database, partner_id: str, *, author: str, reason: str, clock: Callable[[], datetime] = now
) -> int:
    """Withdraw and empty every listing of the partner, drop its copies and pause it; how many were withdrawn.

    Kept as a decision. Raises :class:`CannotLeave` for a partner that nobody knows or that is being harvested, and for
    a register: forgetting who asked it not to be shown would show them.
    """
    at = clock()
    async with database.writing() as connection:
        await _claim(connection, partner_id, at)
        gone = await changes.withdraw(connection, at, listing.c.partner == partner_id)
        await erasing.erase(connection, partner_id)
        await copies.prune(connection, partner_id, keep=_NOTHING, at=at)
        await connection.execute(update(partner).where(partner.c.id == partner_id).values(_LEFT))
        payload = {"partner": partner_id, "withdrawn": gone}
        kind = HarvestDecision.PARTNER_REMOVED
        await decisions.record(connection, kind, payload, author=author, reason=reason, at=at)
    return gone


async def _claim(connection: AsyncConnection, partner_id: str, at: datetime) -> None:
    """Let no run of it be alive, nor wait, before this transaction ends."""
    kind = await connection.scalar(select(partner.c.kind).where(partner.c.id == partner_id))
    if kind is None:
        raise CannotLeave(
            f"No partner called {partner_id!r} was ever harvested; circuit partners lists those there are."
        )
    name = (await runs.claimed(connection, partner_id, at)).name
    if kind == PartnerKind.REGISTER:
        raise CannotLeave(
            f"{name} is a register: whom it keeps back would be shown; circuit partners pause {partner_id} stops it."
        )
    if obstacle := await runs.rival(connection, partner_id, name):
        raise CannotLeave(obstacle)
    if held := await partners.held_run(connection, partner_id):
        problem = f"{name} was removed before a steward had decided."
        await runs.end(connection, held.id, RunStatus.REJECTED, held.ended_at or at, {"problem": problem})
