"""What becomes of a reading that came to its end: applied, held for a steward, or refused. One transaction decides.

The figures of the run are foreseen before anything is done, so that a held run says what it would change and leaves
what is served alone. A held run that is accepted is applied by the same function.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from directory import drift, guard
from directory.guard import Figures, Guard
from directory.records import End, FieldShape, PartnerInfo, Scope
from directory.store import applying, copies, forecast, partners, runs, staging, state
from directory.store.applying import Proof
from directory.store.forecast import Forecast
from directory.store.partners import Run, RunKind, RunSkip, RunStatus
from directory.store.stager import KEPT_SKIPS


class Reading(Struct, frozen=True, kw_only=True):
    """A reading with its End, all of it staged by ``run``.

    ``cursor`` is where it read from, ``unusable`` counts the rows of no use among those ``read``, ``spent`` is what it
    cost, by column of the run.
    """

    info: PartnerInfo
    run: Run
    cursor: str | None
    end: End
    read: int
    unusable: int
    skips: Sequence[RunSkip] = ()
    spent: dict[str, Any] = {}

    @property
    def is_aside(self) -> bool:
        """Whether it was no harvest: of some members alone, or of kept copies."""
        return self.run.kind in runs.ASIDE

    @property
    def is_whole(self) -> bool:
        """Whether it was to give every member."""
        return self.proof.scope is Scope.FULL or self.run.kind in {RunKind.FULL, RunKind.REPLAY}

    @property
    def proof(self) -> Proof:
        """What it proves; of some members alone nothing is to be concluded on others."""
        if self.run.kind is RunKind.MEMBERS:
            return Proof(scope=self.end.scope if self.end.scope is Scope.UNCHANGED else Scope.CHANGES)
        is_news = self.run.kind is not RunKind.REPLAY
        return Proof(scope=self.end.scope, is_swept=self.end.present is not None, is_news=is_news)


async def conclude(connection: AsyncConnection, reading: Reading, bounds: Guard, at: datetime) -> Run:
    """End the run as its figures say."""
    run, proof = reading.run, reading.proof
    if reading.end.present is not None and proof.is_swept:
        await staging.add_absent(connection, run.id, run.partner, reading.end.present)
    if run.kind is RunKind.REPLAY:
        await _spare_harvested(connection, run)
    foreseen = await forecast.foresee(connection, run.id, run.partner, proof.scope)
    reasons = guard.reasons(_figures(reading, foreseen), bounds, may_lose=run.kind is RunKind.MEMBERS)
    values = {**reading.spent, **await _facts(connection, reading)}
    await _keep_skips(connection, reading, foreseen)
    if problem := _unfit(reading, foreseen) or _useless(reading, foreseen, reasons):
        if not reading.is_aside:
            await partners.failed(connection, run.partner, problem)
        return await runs.end(connection, run.id, RunStatus.REFUSED, at, {**values, "problem": problem})
    left = await _unread(connection, reading)
    values["cursor"] = None if left else _next_cursor(reading)
    if reasons:
        return await _hold(connection, reading, foreseen, reasons, values, at)
    return await settle(connection, run, proof, foreseen, reading.end.shape, {**values, "problem": left}, at)


async def settle(
    connection: AsyncConnection,
    run: Run,
    proof: Proof,
    foreseen: Forecast,
    shape: tuple[FieldShape, ...],
    values: dict[str, Any],
    at: datetime,
) -> Run:
    """Apply a run as of ``at`` and close it with these values: with ``read``, and the ``cursor`` to go on from."""
    await applying.apply(connection, run.id, run.partner, proof, foreseen, at)
    if not foreseen.is_nothing:
        await state.bump(connection)
    if run.kind is RunKind.MEMBERS:
        await _spare_later(connection, run)
    else:
        await runs.overtake(connection, run.partner, run.id)
    if run.kind not in runs.ASIDE:
        is_whole = proof.scope is Scope.FULL or run.kind is RunKind.FULL
        looks = drift.settled(await _baseline(connection, run.partner, shape), shape, is_whole=is_whole)
        members = foreseen.members_after
        await partners.succeeded(connection, run.partner, at=at, cursor=values["cursor"], members=members, shape=looks)
    else:
        await partners.counted(connection, run.partner, foreseen.members_after)
    status = RunStatus.UNCHANGED if proof.scope is Scope.UNCHANGED else RunStatus.ACCEPTED
    return await runs.end(connection, run.id, status, at, {**values, **counts(values["read"], foreseen)})


def counts(read: int, foreseen: Forecast) -> dict[str, int]:
    """The run's columns of what became, or would become, of the rows that were read."""
    done = {name: getattr(foreseen, name) for name in ("added", "changed", "unchanged", "withdrawn")}
    return {**done, "skipped": read - foreseen.used}


async def _hold(
    connection: AsyncConnection,
    reading: Reading,
    foreseen: Forecast,
    reasons: Sequence[str],
    values: dict[str, Any],
    at: datetime,
) -> Run:
    run_id = reading.run.id
    await runs.overtake(connection, reading.run.partner, run_id)
    if not reading.is_aside:
        await partners.answered(connection, reading.run.partner)
    problem = (
        f"{reading.info.name} is held: {'; '.join(reasons)}; it would add {foreseen.added:,}, change "
        f"{foreseen.changed:,} and withdraw {foreseen.withdrawn:,} of {foreseen.members:,} members; look at what the "
        f"partner publishes, then say circuit harvest --accept {run_id} or --reject {run_id}."
    )
    waiting = {**counts(reading.read, foreseen), "shape": reading.end.shape, "problem": problem}
    return await runs.hold(connection, run_id, at, {**values, **waiting})


async def _facts(connection: AsyncConnection, reading: Reading) -> dict[str, Any]:
    """What the End said, as kept on the run whatever becomes of it."""
    proof, shape = reading.proof, reading.end.shape
    found = drift.drift(await _baseline(connection, reading.run.partner, shape), shape)
    facts = {"scope": proof.scope, "swept": proof.is_swept, "drift": found, "skipped": reading.unusable}
    if proof.scope is Scope.FULL and not reading.is_aside:
        facts["kind"] = RunKind.FULL  # whatever was asked for, everything was read
    return facts


async def _baseline(connection: AsyncConnection, partner: str, shape: tuple[FieldShape, ...]) -> tuple[FieldShape, ...]:
    """What a reading's shape is compared with; not asked for where no record was seen."""
    return await partners.shape_of(connection, partner) if shape else ()


async def _keep_skips(connection: AsyncConnection, reading: Reading, foreseen: Forecast) -> None:
    is_repeated = reading.read > reading.unusable + foreseen.used
    repeated = await staging.repeated(connection, reading.run.id, KEPT_SKIPS) if is_repeated else []
    await runs.add_skips(connection, reading.run.id, [*reading.skips, *repeated][:KEPT_SKIPS])


async def _unread(connection: AsyncConnection, reading: Reading) -> str | None:
    """What to say when members exist that no reading has given, as when a change was dated back.

    Only reading everything finds them. A run that has just done so is not asked to do it again.
    """
    if reading.cursor is None or reading.end.present is None:
        return None
    lost = await forecast.unread(connection, reading.run.id, reading.run.partner, reading.end.present)
    if not lost:
        return None
    return (
        f"{reading.info.name} left {lost:,} of its members out of its changes; "
        "what it gave was used, and the next harvest reads everything."
    )


async def _spare_harvested(connection: AsyncConnection, run: Run) -> None:
    """What changed since the copies were taken is newer than they are, and no harvest would give it again."""
    if chain := await copies.chain(connection, run.partner):
        await staging.yield_to_harvests(connection, run.id, run.partner, chain[-1].run)


async def _spare_later(connection: AsyncConnection, run: Run) -> None:
    """What a run of some members said is newer than what the held run has of them."""
    held = await partners.held_run(connection, run.partner)
    if held is not None:
        await staging.yield_to(connection, run.id, held.id)


def _figures(reading: Reading, foreseen: Forecast) -> Figures:
    return Figures(
        members=foreseen.members,
        read=reading.read,
        again=foreseen.again,
        withdrawn=foreseen.withdrawn,
        unusable=reading.unusable,
        lacking=reading.end.lacking,
        failing=foreseen.failing,
    )


def _unfit(reading: Reading, foreseen: Forecast) -> str | None:
    """Why a reading proves nothing, whatever a steward would say."""
    name = reading.info.name
    if reading.end.scope is Scope.UNCHANGED and reading.read:
        return f"{name} said that nothing had changed and gave members all the same."
    if foreseen.used or not reading.is_whole or not (foreseen.withdrawn or reading.read):
        return None
    if foreseen.members:
        return f"{name} gave no usable member where it had {foreseen.members:,}; all were kept."
    return f"{name} gave {reading.read:,} records, none of which can be used; correct its field mapping."


def _useless(reading: Reading, foreseen: Forecast, reasons: Sequence[str]) -> str | None:
    """Why a reading with reasons to be held is not worth a steward's time."""
    is_empty = not (foreseen.used or foreseen.withdrawn)
    if not reasons or not (is_empty or reading.run.kind is RunKind.MEMBERS):
        return None
    return f"{reading.info.name} was not used: {'; '.join(reasons)}; correct its field mapping, or ask the partner."


def _next_cursor(reading: Reading) -> str | None:
    """A reading of changes may have nothing new to say of where it stands."""
    end = reading.end
    return end.cursor if end.cursor or end.scope is Scope.FULL else reading.cursor
