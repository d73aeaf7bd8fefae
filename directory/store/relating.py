"""Which listings have a site or a name in common: what relates suppliers, looked up in the indexes of `listing`."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.establishments import town
from directory.records import PartnerKind
from directory.relations import Presence, Shared
from directory.store.chunks import chunks
from directory.store.listings import listing
from directory.store.partners import partner
from directory.store.suppliers import membership, supplier_alias

LARGEST: Final = 2_000  # listings that one look-up gives: those of the oldest ids
_CHUNK: Final = 200  # values of one look-up
_SUPPLIER = func.coalesce(supplier_alias.c.survivor, membership.c.supplier_id)
# A register's listing has the legal name, and the seat, which is an accountant's for many: it relates nobody.
_PRESENCES: Select[Any] = (
    select(
        _SUPPLIER.label("supplier"),
        *(listing.c[name] for name in ("name_key", "trade_keys", "commune_code", "town", "street_key", "site")),
    )
    .select_from(
        listing.join(membership, and_(membership.c.listing_id == listing.c.id, membership.c.left_at.is_(None)))
        .join(partner, partner.c.id == listing.c.partner)
        .outerjoin(supplier_alias, supplier_alias.c.id == membership.c.supplier_id)
    )
    .where(listing.c.withdrawn_at.is_(None), partner.c.kind == PartnerKind.DIRECTORY)
    .order_by(listing.c.id)
)


async def of(connection: AsyncConnection, suppliers: Collection[int]) -> list[Presence]:
    """Those of these suppliers."""
    found: list[Presence] = []
    for chunk in chunks(suppliers):
        rows = await connection.execute(_PRESENCES.where(membership.c.supplier_id.in_(chunk)))
        found.extend(map(_presence, rows))
    return found


async def sharing(connection: AsyncConnection, shared: Shared) -> list[Presence]:
    """Those that have any of this, each once."""
    found: dict[int, Presence] = {}
    statement = _PRESENCES.add_columns(listing.c.id).limit(LARGEST)
    for condition in _conditions(shared, connection.dialect.name):
        found.update((row.id, _presence(row)) for row in await connection.execute(statement.where(condition)))
    return list(found.values())


def _conditions(shared: Shared, dialect: str) -> Iterator[ColumnElement[bool]]:
    for sites in _cut(shared.sites):
        yield listing.c.site.in_(sites)
    for names in _cut(shared.names):
        yield listing.c.name_key.in_(names)
    for beginnings in _cut(shared.beginnings):
        yield or_(*(_begins(f"{beginning} ", dialect) for beginning in beginnings))


def _begins(text: str, dialect: str) -> ColumnElement[bool]:
    """As either system finds it in an index: PostgreSQL by its pattern operators, SQLite by the order of bytes."""
    if dialect == "postgresql":
        return listing.c.name_key.startswith(text, autoescape=True)
    behind = text[:-1] + chr(ord(text[-1]) + 1)
    # That it is present is said in each alternative: SQLite looks nowhere else whether a partial index will do.
    return and_(listing.c.withdrawn_at.is_(None), listing.c.name_key >= text, listing.c.name_key < behind)


def _cut(values: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = iter(sorted(values))
    while some := list(islice(ordered, _CHUNK)):
        yield some


def _presence(row: Row[Any]) -> Presence:
    return Presence(
        supplier=row.supplier,
        names=(row.name_key, *row.trade_keys) if row.name_key else tuple(row.trade_keys),
        town=town(row.commune_code) if row.commune_code else row.town,
        street=row.street_key,
        site=row.site,
    )
