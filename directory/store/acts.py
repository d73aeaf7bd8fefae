"""What stewards did about matching and values: acts, and the words that stand.

An act of a steward may take several rows of ``decision``, a word about a pair each (:mod:`directory.links`); the first
of them stands for the act. Listings are named by partner and external id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, Select, and_, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.links import Key, Link, Pair, pair_of
from directory.records import SupplierField
from directory.store import state
from directory.store.chunks import chunks
from directory.store.decisions import decision, decision_listing
from directory.store.listings import listing

KEYS = 500  # pairs of values in one statement


class WordKind(StrEnum):
    """What a row says about listings; ``payload`` names two of them, or one and a field."""

    MUST_LINK = "must_link"
    CANNOT_LINK = "cannot_link"
    PIN = "pin"
    UNPIN = "unpin"
    UNDO = "undo"


class ActKind(StrEnum):
    """What a steward did, whatever rows that took."""

    CONFIRM = "CONFIRM"
    REJECT = "REJECT"
    MERGE = "MERGE"
    SPLIT = "SPLIT"
    MOVE = "MOVE"
    PIN = "PIN"
    UNPIN = "UNPIN"
    UNDO = "UNDO"


class Word(Struct, frozen=True):
    """A row to be kept: its kind, and what it is about."""

    kind: WordKind
    payload: Mapping[str, Any]


class Standing(Struct, frozen=True):
    """What stands of pairs; ``into`` are the listings whose suppliers were named as those to stay in mergers."""

    links: dict[Pair, Link]
    into: frozenset[Key]


class PinWord(Struct, frozen=True, kw_only=True):
    """A value that stands fixed by an act: ``supplier`` takes its ``field`` from this listing."""

    act: int
    supplier: int
    field: SupplierField
    listing: Key


class Act(Struct, frozen=True, kw_only=True):
    """What a steward did, as it is remembered.

    ``listings`` are those it is about; ``field`` is that of a pin, ``undoes`` the act that an undoing is about.
    """

    id: int
    kind: ActKind
    author: str
    reason: str
    at: datetime
    listings: tuple[Key, ...]
    field: SupplierField | None = None
    undoes: int | None = None
    undone_by: int | None = None


# A row that was written before acts had names is an act of its own.
_UNNAMED = {WordKind.MUST_LINK: ActKind.CONFIRM, WordKind.CANNOT_LINK: ActKind.REJECT}
_ACTS = decision.c.kind.in_(list(WordKind)), decision.c.part_of.is_(None)
_LINKS = {
    (WordKind.MUST_LINK, "company"): Link.ONE_COMPANY,
    (WordKind.MUST_LINK, "establishment"): Link.ONE_SITE,
    (WordKind.CANNOT_LINK, "company"): Link.TWO_COMPANIES,
}
_WORDS = {link: kind_and_level for kind_and_level, link in _LINKS.items()}


async def record_act(
    connection: AsyncConnection,
    kind: ActKind,
    words: Sequence[Word],
    listings: Iterable[Key],
    *,
    author: str,
    reason: str,
    at: datetime,
) -> int:
    """Add an act, which raises the store's revision; its number. ``listings`` are all that it is about."""
    rows = [
        {"kind": word.kind, "payload": {**word.payload, "act": kind}, "author": author, "reason": reason, "at": at}
        for word in words
    ]
    first = await connection.scalar(insert(decision).values(rows[0]).returning(decision.c.id))
    if rows[1:]:
        await connection.execute(insert(decision), [row | {"part_of": first} for row in rows[1:]])
    about = [{"decision_id": first, "partner": key[0], "external_id": key[1]} for key in sorted(set(listings))]
    await connection.execute(insert(decision_listing), about)
    await state.bump(connection)
    return int(first or 0)


async def undo(connection: AsyncConnection, undone: int, by: int) -> None:
    """Let every row of an act be undone by another act."""
    rows = (decision.c.id == undone) | (decision.c.part_of == undone)
    await connection.execute(update(decision).where(rows).values(undone_by=by))


def word(pair: Pair, link: Link) -> Word:
    """The row that says this of two listings."""
    kind, level = _WORDS[link]
    return Word(kind, {"listings": pair, "level": level})


def pinning(kind: WordKind, supplier: int, field: SupplierField, key: Key) -> Word:
    """The row that fixes a value, or lets it go."""
    return Word(kind, {"supplier": supplier, "field": field, "listing": key})


async def standing(connection: AsyncConnection) -> Standing:
    """What stands of pairs of listings: the last word on each that was not undone."""
    statement = _standing(WordKind.MUST_LINK, WordKind.CANNOT_LINK)
    said: dict[Pair, Link] = {}
    into: set[Key] = set()
    for row in await connection.execute(statement):
        if "into" in row.payload:
            into.add((row.payload["into"][0], row.payload["into"][1]))
        one, other = (tuple(key) for key in row.payload["listings"])
        link = _LINKS[WordKind(row.kind), row.payload.get("level", "company")]
        said[pair_of((one[0], one[1]), (other[0], other[1]))] = link
    return Standing(said, frozenset(into))


async def pins(connection: AsyncConnection) -> list[PinWord]:
    """The pins that stand, earliest first; suppliers are named as they were then."""
    said: dict[tuple[int, str, Key], PinWord] = {}
    for row in await connection.execute(_standing(WordKind.PIN, WordKind.UNPIN)):
        partner, external_id = row.payload["listing"]
        about = row.payload["supplier"], row.payload["field"], (partner, external_id)
        said.pop(about, None)
        if row.kind == WordKind.PIN:
            supplier, field, key = about
            said[about] = PinWord(act=row.id, supplier=supplier, field=SupplierField(field), listing=key)
    return list(said.values())


async def by_id(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Act]:
    """Those of these acts that there are."""
    found: dict[int, Act] = {}
    for chunk in chunks(ids):
        found |= await _acts(connection, select(decision).where(*_ACTS, decision.c.id.in_(chunk)))
    return found


async def of_listings(connection: AsyncConnection, keys: Collection[Key]) -> dict[Key, list[Act]]:
    """The acts that are about each of these listings, newest first."""
    named: dict[int, list[Key]] = defaultdict(list)
    wanted = sorted(keys)
    for start in range(0, len(wanted), KEYS):
        about = tuple_(decision_listing.c.partner, decision_listing.c.external_id)
        statement = select(decision_listing).where(about.in_(wanted[start : start + KEYS]))
        for row in await connection.execute(statement):
            named[row.decision_id].append((row.partner, row.external_id))
    found: dict[Key, list[Act]] = defaultdict(list)
    for number, act in sorted((await by_id(connection, named)).items(), reverse=True):
        for key in named[number]:
            found[key].append(act)
    return found


async def latest(connection: AsyncConnection, limit: int) -> list[Act]:
    """The latest acts, newest first."""
    statement = select(decision).where(*_ACTS).order_by(decision.c.id.desc()).limit(limit)
    return list((await _acts(connection, statement)).values())


def _standing(*kinds: WordKind) -> Select[Any]:
    of_these = and_(decision.c.kind.in_(kinds), decision.c.undone_by.is_(None))
    return select(decision.c.id, decision.c.kind, decision.c.payload).where(of_these).order_by(decision.c.id)


async def _acts(connection: AsyncConnection, statement: Select[Any]) -> dict[int, Act]:
    rows = (await connection.execute(statement)).all()
    listings: dict[int, list[Key]] = defaultdict(list)
    for chunk in chunks(row.id for row in rows):
        about = select(decision_listing).where(decision_listing.c.decision_id.in_(chunk))
        in_order = about.order_by(decision_listing.c.partner, decision_listing.c.external_id)
        for each in await connection.execute(in_order):
            listings[each.decision_id].append((each.partner, each.external_id))
    return {row.id: _act(row, listings[row.id]) for row in rows}


def _act(row: Row[Any], listings: Sequence[Key]) -> Act:
    said: Mapping[str, Any] = row.payload
    return Act(
        id=row.id,
        kind=ActKind(said["act"]) if "act" in said else _UNNAMED[WordKind(row.kind)],
        author=row.author,
        reason=row.reason,
        at=row.at,
        listings=tuple(listings) or tuple((partner, external_id) for partner, external_id in said.get("listings", ())),
        field=SupplierField(said["field"]) if "field" in said else None,
        undoes=said.get("decision"),
        undone_by=row.undone_by,
    )


async def newest_about(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """The newest act about each of these rows of ``listing``; those that no act is about are left out."""
    key = and_(
        decision_listing.c.partner == listing.c.partner,
        decision_listing.c.external_id == listing.c.external_id,
    )
    newest = func.max(decision_listing.c.decision_id)
    statement = select(listing.c.id, newest).join(decision_listing, key).group_by(listing.c.id)
    found: dict[int, int] = {}
    for chunk in chunks(ids):
        rows = await connection.execute(statement.where(listing.c.id.in_(chunk)))
        found.update((row[0], row[1]) for row in rows)
    return found
