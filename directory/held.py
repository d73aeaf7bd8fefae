"""A held run waits for a steward, who says whether it is the truth. Either word is kept as a decision, with its reason.

Accepting applies the run as its harvest would have, as of the day it was read; rejecting drops it. What is served does
not change before.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import Scope, now
from directory.store import decisions, forecast, partners, runs
from directory.store.applying import Proof
from directory.store.database import Database
from directory.store.decisions import HarvestDecision
from directory.store.partners import Run, RunKind, RunStatus
from directory.verdict import settle

_REJECTED = "A steward rejected this run; nothing of it was used."


class NotHeld(Exception):
    """The run does not wait for a decision; ``str()`` is one sentence that says why."""


async def accept(
    database: Database, run_id: int, *, author: str, reason: str, clock: Callable[[], datetime] = now
) -> Run:
    """Apply a held run. Raises :class:`NotHeld`; of two stewards at once one does."""
    async with database.writing() as connection:
        held = await _claimed(connection, run_id, clock())
        said = await runs.proven(connection, run_id)
        proof = Proof(scope=Scope(said.scope), is_swept=said.swept, is_news=held.kind is not RunKind.REPLAY)
        foreseen = await forecast.foresee(connection, run_id, held.partner, proof.scope)
        await _decide(connection, HarvestDecision.RUN_ACCEPTED, held, author, reason, clock())
        values = {"read": held.read, "cursor": said.cursor, "problem": None}
        return await settle(connection, held, proof, foreseen, said.shape or (), values, held.ended_at or clock())


async def reject(
    database: Database, run_id: int, *, author: str, reason: str, clock: Callable[[], datetime] = now
) -> Run:
    """Drop a held run; the partner's next harvest reads what this one did. Raises :class:`NotHeld`."""
    async with database.writing() as connection:
        held = await _claimed(connection, run_id, clock())
        await _decide(connection, HarvestDecision.RUN_REJECTED, held, author, reason, clock())
        at = held.ended_at or clock()
        return await runs.end(connection, run_id, RunStatus.REJECTED, at, {"problem": _REJECTED})


async def _claimed(connection: AsyncConnection, run_id: int, at: datetime) -> Run:
    """The run, which nobody else decides on and no harvest overtakes before this transaction ends."""
    named = await partners.run_of(connection, run_id)
    if named is None:
        raise NotHeld(f"There is no run {run_id}; circuit partners lists those that wait.")
    known = await runs.claimed(connection, named.partner, at)
    if obstacle := await runs.rival(connection, named.partner, known.name):
        raise NotHeld(obstacle)
    held = await partners.run_of(connection, run_id)
    if held is None or held.status is not RunStatus.HELD:
        raise NotHeld(_settled(held or named))
    return held


def _settled(run: Run) -> str:
    said = f" {run.problem}" if run.status is RunStatus.REJECTED and run.problem else ""
    return f"Run {run.id} does not wait for a decision: it is {run.status}.{said}"


async def _decide(
    connection: AsyncConnection, kind: HarvestDecision, run: Run, author: str, reason: str, at: datetime
) -> None:
    payload = {"run": run.id, "partner": run.partner, "problem": run.problem}
    await decisions.record(connection, kind, payload, author=author, reason=reason, at=at)
