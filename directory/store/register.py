"""Which companies an official register was asked about, when, and whether it knew them; and which to ask about next.

A register is asked by SIREN, a few a second, so that a round over a whole directory takes its time. Who was never asked
about comes first, and among those whoever may be a person: sole traders, and companies of which nobody has said the
legal form. A legal person's name is nobody's secret.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    and_,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.disclosure import SOLE_TRADER
from directory.records import PartnerKind
from directory.store.chunks import CHUNK
from directory.store.database import insert
from directory.store.listings import listing
from directory.store.metadata import Instant, metadata
from directory.store.partners import partner
from directory.store.suppliers import supplier

register_check = Table(
    "register_check",
    metadata,
    Column("partner", String(64), ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True),
    Column("siren", String(9), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("found", Boolean, nullable=False),
    Index(None, "partner", "at"),
)

_L, _C = listing.c, register_check.c
# Said as in the index `ix_listing_siren`, which is not used otherwise.
NUMBERED = and_(_L.withdrawn_at.is_(None), _L.siren.is_not(None))
_DIRECTORIES = select(partner.c.id).where(partner.c.kind == PartnerKind.DIRECTORY)
_LISTED = and_(NUMBERED, _L.partner.in_(_DIRECTORIES))
_MAY_BE_A_PERSON = or_(supplier.c.legal_form.is_(None), supplier.c.legal_form.startswith(SOLE_TRADER))


async def due(
    connection: AsyncConnection, register: str, *, at: datetime, older_than: timedelta, limit: int
) -> list[str]:
    """The SIRENs to ask the register about next, at most ``limit``: never asked, then asked longest ago.

    Only companies that a directory lists now. One asked about within ``older_than`` waits, known to the register or
    not.
    """
    never = await connection.scalars(_never_asked(register).limit(limit))
    sirens = [str(siren) for siren in never]
    if len(sirens) < limit:
        again = _asked_before(register, at - older_than).limit(limit - len(sirens))
        sirens += [str(siren) for siren in await connection.scalars(again)]
    return sirens


async def asked(connection: AsyncConnection, register: str, sirens: Iterable[str], *, at: datetime) -> None:
    """Note that the register was asked about these companies, and which of them it knows: those that it now lists."""
    for chunk in _chunks(sirens):
        mine = _L.partner == register, _L.external_id.in_(chunk), _L.withdrawn_at.is_(None)
        known = frozenset(await connection.scalars(select(_L.external_id).where(*mine)))
        rows = [{"partner": register, "siren": siren, "at": at, "found": siren in known} for siren in chunk]
        statement = insert(connection, register_check)
        said = {"at": statement.excluded["at"], "found": statement.excluded["found"]}
        await connection.execute(statement.on_conflict_do_update(index_elements=["partner", "siren"], set_=said), rows)


def _never_asked(register: str) -> Select[Any]:
    is_asked = exists().where(_C.partner == register, _C.siren == _L.siren)
    rank = func.min(case((_MAY_BE_A_PERSON, 0), else_=1))
    # A supplier that is gone has no SIREN any more, so that whoever has one is in force.
    with_suppliers = listing.outerjoin(supplier, supplier.c.siren == _L.siren)
    never = select(_L.siren).select_from(with_suppliers).where(_LISTED, ~is_asked)
    return never.group_by(_L.siren).order_by(rank, _L.siren)


def _asked_before(register: str, instant: datetime) -> Select[Any]:
    is_listed = select(literal_column("1")).select_from(listing).where(_LISTED, _L.siren == _C.siren).exists()
    stale = select(_C.siren).where(_C.partner == register, _C.at <= instant, is_listed)
    return stale.order_by(_C.at, _C.siren)


def _chunks(sirens: Iterable[str]) -> Iterator[Sequence[str]]:
    distinct = iter(dict.fromkeys(sirens))
    while chunk := list(islice(distinct, CHUNK)):
        yield chunk
