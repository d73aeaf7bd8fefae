"""What applying a staged run would do, in numbers, before anything is done."""

from collections import Counter

from msgspec import Struct, json
from sqlalchemy import ColumnElement, Select, Text, and_, func, select, type_coerce, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.records import Flag, Scope
from directory.store.listings import listing, listing_content, staged_listing
from directory.store.partners import RunKind, RunStatus, run, run_skip
from directory.store.rows import is_id
from directory.store.staging import ACTIVE, PAGE, USABLE, L, S, same_member


class Forecast(Struct, frozen=True, kw_only=True):
    """Listings that a run adds, changes, confirms and withdraws; ``members`` are the partner's before it.

    ``failing`` counts those of them, read again, with a flag on a field that had none before, by field.
    """

    members: int
    added: int
    changed: int
    unchanged: int
    withdrawn: int
    failing: dict[str, int] = {}

    @property
    def used(self) -> int:
        """Listings that the reading gave and that are of use."""
        return self.added + self.changed + self.unchanged

    @property
    def again(self) -> int:
        """Members before the run that it read again."""
        return self.changed + self.unchanged

    @property
    def members_after(self) -> int:
        """The partner's members once the run is applied."""
        return self.members + self.added - self.withdrawn

    @property
    def is_nothing(self) -> bool:
        """Whether applying the run changes no listing."""
        return not (self.added or self.changed or self.withdrawn)


async def foresee(connection: AsyncConnection, run_id: int, partner: str, scope: Scope) -> Forecast:
    """Compare what is staged with what is stored."""
    stored = select(func.count()).select_from(listing).where(L.partner == partner, ACTIVE)
    members = int((await connection.execute(stored)).scalar_one())
    row = (await connection.execute(_compared(run_id, partner))).one()
    return Forecast(
        members=members,
        added=row.used - row.changed - row.unchanged,
        changed=row.changed,
        unchanged=row.unchanged,
        withdrawn=members - row.kept if scope is Scope.FULL else row.gone,
        failing=await _failing(connection, run_id, partner) if row.changed else {},
    )


async def unread(connection: AsyncConnection, run_id: int, partner: str, present: frozenset[str]) -> int:
    """How many members exist that are neither stored nor spoken of by the run.

    Rows of no use do not count, or one of them would have everything read again for ever: neither those whose id
    cannot be stored, nor those among the skips kept since the last whole reading. Only the first skips of a run are
    kept: a partner with more is read wholly more often than it need be, and nobody is lost.
    """
    stored = select(L.external_id).where(L.partner == partner, ACTIVE)
    spoken_of = select(S.external_id).where(S.run_id == run_id)
    lost = set(filter(is_id, present))
    known = await connection.stream_scalars(union_all(stored, spoken_of, _skipped(partner)))
    async for page in known.partitions(PAGE):
        lost.difference_update(page)
    return len(lost)


class _Flagged(Struct):
    """A listing's JSON, of which only the flags are read."""

    flags: tuple[Flag, ...] = ()

    @property
    def fields(self) -> set[str]:
        return {flag.field for flag in self.flags}


_flagged = json.Decoder(_Flagged).decode


def _compared(run_id: int, partner: str) -> Select[int, int, int, int, int]:
    is_member = and_(L.id.is_not(None), ACTIVE)
    return (
        select(
            func.count(S.digest).label("used"),
            _count(USABLE, is_member, L.digest != S.digest).label("changed"),
            _count(USABLE, is_member, L.digest == S.digest).label("unchanged"),
            _count(is_member, S.deleted.is_(False)).label("kept"),
            _count(is_member, S.deleted.is_(True)).label("gone"),
        )
        .select_from(staged_listing.outerjoin(listing, same_member(partner)))
        .where(S.run_id == run_id)
    )


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(*conditions)


async def _failing(connection: AsyncConnection, run_id: int, partner: str) -> dict[str, int]:
    """Members of whom a value fails its check that passed, or was absent, before.

    Only changed listings that have flags at all are looked at: unquoted, this text is in no JSON but as that key.
    """
    staged, stored = type_coerce(S.payload, Text), type_coerce(listing_content.c.payload, Text)
    changed = (
        select(staged.label("after"), stored.label("before"))
        .select_from(staged_listing.join(listing, same_member(partner)).join(listing_content))
        .where(S.run_id == run_id, USABLE, ACTIVE, L.digest != S.digest, S.payload.like('%"flags":[%'))
    )
    count: Counter[str] = Counter()
    async for page in (await connection.stream(changed)).partitions(PAGE):
        for row in page:
            count.update(_flagged(row.after).fields - _flagged(row.before).fields)
    return dict(count)


def _skipped(partner: str) -> Select[tuple[str]]:
    """Ids of rows that were of no use to the last accepted run that read everything, or to a later one."""
    accepted = and_(run.c.partner == partner, run.c.status == RunStatus.ACCEPTED)
    whole = select(func.max(run.c.id)).where(accepted, run.c.kind == RunKind.FULL).scalar_subquery()
    return (
        select(run_skip.c.external_id).join(run).where(accepted, run.c.id >= whole, run_skip.c.external_id.is_not(None))
    )
