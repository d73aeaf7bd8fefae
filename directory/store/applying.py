"""From the staging to the directory: a whole run at once, by set-based SQL.

Rows move inside the database, a slice after the other; nothing of a run is seen before its transaction ends, all of it
after.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, and_, exists, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import Scope
from directory.store import changes
from directory.store.database import insert
from directory.store.forecast import Forecast
from directory.store.listings import listing, listing_content, staged_listing
from directory.store.metadata import BigId, Instant
from directory.store.staging import ACTIVE, KEYS, USABLE, L, S, same_member

# Members that one statement writes, with their content or without. SQLite holds in memory the rows that a statement
# selects to write them, and every page as it was that it may have to undo: of a large partner, all there is.
WITH_CONTENT = 2_000
WITHOUT = 20_000


class Proof(Struct, frozen=True, kw_only=True):
    """What a reading proves of members that it did not give.

    ``is_swept``: each of the others was found to exist. ``is_news``: the partner was asked, so that what it said is so
    now; kept copies are not.
    """

    scope: Scope
    is_swept: bool = False
    is_news: bool = True


async def apply(
    connection: AsyncConnection, run_id: int, partner: str, proof: Proof, foreseen: Forecast, at: datetime
) -> None:
    """Make the partner's listings what the reading said they are, as of ``at``; nothing is looked for in vain."""
    if foreseen.changed or foreseen.added:
        async for staged in _staged(connection, run_id):
            await _update_changed(connection, run_id, partner, staged, at)
            await _insert_new(connection, run_id, partner, staged, at)
            await _copy_content(connection, run_id, partner, staged)
            fresh = select(L.id).select_from(staged_listing.join(listing, same_member(partner)))
            await changes.note(connection, fresh.where(staged, L.run_id == run_id))
    if foreseen.withdrawn:
        await _withdraw(connection, run_id, partner, proof, at)
    if proof.is_news:
        await _confirm(connection, run_id, partner, proof, at)


def _staged(connection: AsyncConnection, run_id: int) -> AsyncIterator[ColumnElement[bool]]:
    """The run's staged rows, a slice at a time."""
    return _slices(connection, S.external_id, S.run_id == run_id, WITH_CONTENT)


def _listed(connection: AsyncConnection, partner: str) -> AsyncIterator[ColumnElement[bool]]:
    """The partner's listings, a slice at a time."""
    return _slices(connection, L.external_id, L.partner == partner, WITHOUT)


async def _slices(
    connection: AsyncConnection, external_id: Column[str], whole: ColumnElement[bool], size: int
) -> AsyncIterator[ColumnElement[bool]]:
    """Conditions that share out the rows of a whole, in the order of ids."""
    rest = whole
    while True:
        ids = select(external_id).where(rest).order_by(external_id)
        last = await connection.scalar(ids.offset(size - 1).limit(1))
        if last is None:
            yield rest
            return
        yield and_(rest, external_id <= last)
        rest = and_(whole, external_id > last)


async def _update_changed(
    connection: AsyncConnection, run_id: int, partner: str, staged: ColumnElement[bool], at: datetime
) -> None:
    differs = or_(L.digest != S.digest, L.withdrawn_at.is_not(None))
    said = {name: S[name] for name in ("digest", *KEYS)}
    known = {"run_id": run_id, "changed_at": at, "withdrawn_at": None}
    changed = update(listing).where(same_member(partner), staged, USABLE, differs)
    await connection.execute(changed.values({**said, **known}))


async def _insert_new(
    connection: AsyncConnection, run_id: int, partner: str, staged: ColumnElement[bool], at: datetime
) -> None:
    said = ("external_id", "digest", *KEYS)
    seen = ("first_seen_at", "last_seen_at", "changed_at")
    new = select(
        literal(partner),
        literal(run_id, BigId),
        *(literal(at, Instant) for _ in seen),
        *(S[name] for name in said),
    ).where(staged, USABLE, ~exists().where(same_member(partner)))
    in_order = new.order_by(S.external_id)
    await connection.execute(listing.insert().from_select(["partner", "run_id", *seen, *said], in_order))


async def _copy_content(connection: AsyncConnection, run_id: int, partner: str, staged: ColumnElement[bool]) -> None:
    """Bring the content of what this run added or changed."""
    fresh = select(L.id, S.payload, S.raw).select_from(staged_listing.join(listing, same_member(partner)))
    statement = insert(connection, listing_content).from_select(
        ["listing_id", "payload", "raw"], fresh.where(staged, L.run_id == run_id)
    )
    said = {name: statement.excluded[name] for name in ("payload", "raw")}
    await connection.execute(statement.on_conflict_do_update(index_elements=["listing_id"], set_=said))


async def _withdraw(connection: AsyncConnection, run_id: int, partner: str, proof: Proof, at: datetime) -> None:
    """Withdraw the listings that the reading says are gone."""
    if proof.scope is Scope.FULL:
        spoken_of = exists().where(S.run_id == run_id, S.external_id == L.external_id, S.deleted.is_(False))
        async for listed in _listed(connection, partner):
            await changes.withdraw(connection, at, L.partner == partner, listed, ~spoken_of)
        return
    async for staged in _staged(connection, run_id):
        tombstones = L.external_id.in_(select(S.external_id).where(staged, S.deleted))
        await changes.withdraw(connection, at, L.partner == partner, tombstones)


async def _confirm(connection: AsyncConnection, run_id: int, partner: str, proof: Proof, at: datetime) -> None:
    """Note when the partner last said that a listing is still so: each one, where the reading proves that."""
    seen = update(listing).where(L.partner == partner, ACTIVE).values(last_seen_at=at)
    if proof.scope is not Scope.CHANGES or proof.is_swept:
        async for listed in _listed(connection, partner):
            await connection.execute(seen.where(listed))
        return
    async for staged in _staged(connection, run_id):
        await connection.execute(seen.where(L.external_id.in_(select(S.external_id).where(staged, USABLE))))
