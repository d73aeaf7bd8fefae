"""Erases what a partner said of its members; the rows of these stay, with their ids, and say nothing any more."""

from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.store import matches
from directory.store.listings import key_columns, listing, listing_content
from directory.store.partners import run, run_skip
from directory.store.suppliers import membership

_NOTHING: Final[dict[str, Any]] = {column.name: None for column in key_columns()}
_BLANK: Final = _NOTHING | {"name_key": "", "trade_keys": (), "digest": b""}


async def erase(connection: AsyncConnection, partner_id: str) -> None:
    """Erase the content of a partner's listings, what they were matched by, and the excerpts of its runs.

    Only for listings that are withdrawn: of one in force everything else would still be expected.
    """
    mine = select(listing.c.id).where(listing.c.partner == partner_id)
    await connection.execute(delete(listing_content).where(listing_content.c.listing_id.in_(mine)))
    await connection.execute(update(listing).where(listing.c.partner == partner_id).values(_BLANK))
    await connection.execute(update(membership).where(membership.c.listing_id.in_(mine)).values(evidence=()))
    await matches.erase(connection, partner_id)
    runs = select(run.c.id).where(run.c.partner == partner_id)
    await connection.execute(delete(run_skip).where(run_skip.c.run_id.in_(runs)))
    await connection.execute(update(run).where(run.c.partner == partner_id).values(drift=()))
