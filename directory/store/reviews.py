"""The queue of pairs that wait for a steward: computed with the suppliers, thrown away and rebuilt like them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    Row,
    Select,
    String,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.matching.contract import ReviewReason
from directory.store.chunks import chunks
from directory.store.database import insert
from directory.store.listings import listing
from directory.store.metadata import Instant, metadata

match_review = Table(
    "match_review",
    metadata,
    Column("left_id", BigInteger, ForeignKey("listing.id"), primary_key=True, autoincrement=False),
    Column("right_id", BigInteger, ForeignKey("listing.id"), primary_key=True, autoincrement=False, index=True),
    Column("reason", String(16), nullable=False),
    Column("weight", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("listings", Integer, nullable=False),
    Column("gain", Float, nullable=False, index=True),
    # When the pair came into the queue: kept for as long as it stays there.
    Column("created_at", Instant, nullable=False),
)

Pair = tuple[int, int]
Place = tuple[float, int, int]  # gain and pair: where a question stands in the queue
PAIRS = 500  # in one statement
_LEFT, _RIGHT = listing.alias("one"), listing.alias("other")


class Question(Struct, frozen=True, kw_only=True):
    """A pair to decide on; ``left`` is the lower listing id. See :class:`directory.matching.contract.Review`.

    ``gain`` is what an answer is expected to bring (:mod:`directory.reviewing`).
    """

    left: int
    right: int
    reason: ReviewReason
    weight: float
    confidence: float
    listings: int
    gain: float


class StoredReview(Question, frozen=True, kw_only=True):
    """A question as it waits, since ``created_at``."""

    created_at: datetime

    @property
    def place(self) -> Place:
        """Where it stands in the queue."""
        return self.gain, self.left, self.right


class ReviewFilter(Struct, frozen=True, kw_only=True):
    """Every part given must hold. ``partner`` gave either listing; weights are in bits, both bounds included."""

    partner: str | None = None
    min_weight: float | None = None
    max_weight: float | None = None
    reasons: tuple[ReviewReason, ...] = ()


async def rewrite(
    connection: AsyncConnection, questions: Collection[Question], at: datetime, among: Collection[int] | None = None
) -> bool:
    """Make the queue hold these questions, and no others about listings ``among`` these; whether it changed."""
    there = await _there(connection, among)
    asked = {(each.left, each.right): each for each in questions}
    gone = sorted(there.keys() - asked.keys())
    for start in range(0, len(gone), PAIRS):
        pairs = tuple_(match_review.c.left_id, match_review.c.right_id).in_(gone[start : start + PAIRS])
        await connection.execute(delete(match_review).where(pairs))
    rows = [_row(each, at) for pair, each in asked.items() if there.get(pair) != each]
    if rows:
        statement = insert(connection, match_review)
        said = {name: column for name, column in statement.excluded.items() if name != "created_at"}
        keys = ["left_id", "right_id"]
        await connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=said), rows)
    return bool(gone or rows)


async def page(connection: AsyncConnection, where: ReviewFilter, after: Place | None, first: int) -> list[StoredReview]:
    """The queue, largest gain first, continued behind ``after``."""
    review = match_review.c
    statement = _filtered(select(match_review), where)
    if after is not None:
        gain, left, right = after
        behind = or_(review.left_id > left, and_(review.left_id == left, review.right_id > right))
        statement = statement.where(or_(review.gain < gain, and_(review.gain == gain, behind)))
    in_order = statement.order_by(review.gain.desc(), review.left_id, review.right_id).limit(first)
    return [_stored(row) for row in await connection.execute(in_order)]


async def count(connection: AsyncConnection, where: ReviewFilter) -> int:
    """How many questions wait."""
    return await connection.scalar(_filtered(select(func.count()).select_from(match_review), where)) or 0


async def by_pairs(connection: AsyncConnection, pairs: Sequence[Pair]) -> dict[Pair, StoredReview]:
    """Those of these questions that wait."""
    found: dict[Pair, StoredReview] = {}
    wanted = sorted(set(pairs))
    for start in range(0, len(wanted), PAIRS):
        named = tuple_(match_review.c.left_id, match_review.c.right_id).in_(wanted[start : start + PAIRS])
        rows = await connection.execute(_filtered(select(match_review), ReviewFilter()).where(named))
        found.update(((row.left_id, row.right_id), _stored(row)) for row in rows)
    return found


async def _there(connection: AsyncConnection, among: Collection[int] | None) -> dict[Pair, Question]:
    if among is None:
        return {(row.left_id, row.right_id): _question(row) for row in await connection.execute(select(match_review))}
    found: dict[Pair, Question] = {}
    for chunk in chunks(among):
        for side in (match_review.c.left_id, match_review.c.right_id):
            rows = await connection.execute(select(match_review).where(side.in_(chunk)))
            found.update(((row.left_id, row.right_id), _question(row)) for row in rows)
    return found


def _filtered(statement: Select[Any], where: ReviewFilter) -> Select[Any]:
    """Of pairs that are still listed: one that was withdrawn since the queue was made is no question any more."""
    review = match_review.c
    statement = statement.join(_LEFT, _LEFT.c.id == review.left_id).join(_RIGHT, _RIGHT.c.id == review.right_id)
    statement = statement.where(_LEFT.c.withdrawn_at.is_(None), _RIGHT.c.withdrawn_at.is_(None))
    if where.partner is not None:
        statement = statement.where(or_(_LEFT.c.partner == where.partner, _RIGHT.c.partner == where.partner))
    if where.min_weight is not None:
        statement = statement.where(review.weight >= where.min_weight)
    if where.max_weight is not None:
        statement = statement.where(review.weight <= where.max_weight)
    return statement.where(review.reason.in_(where.reasons)) if where.reasons else statement


def _row(question: Question, at: datetime) -> dict[str, Any]:
    values = asdict(question)
    return {"left_id": values.pop("left"), "right_id": values.pop("right"), "created_at": at} | values


def _values(row: Row[Any]) -> dict[str, Any]:
    same = {name: row._mapping[name] for name in ("weight", "confidence", "listings", "gain")}
    return same | {"left": row.left_id, "right": row.right_id, "reason": ReviewReason(row.reason)}


def _question(row: Row[Any]) -> Question:
    return Question(**_values(row))


def _stored(row: Row[Any]) -> StoredReview:
    return StoredReview(**_values(row), created_at=row.created_at)
