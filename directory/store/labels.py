"""Labels are decisions: what stewards said of pairs of listings, read and kept as such."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from directory.matching.training.labels import Label, Same, label
from directory.store.decisions import decision, record

_WORDS: Final = {
    Same.SITE: ("must_link", "establishment"),
    Same.COMPANY: ("must_link", "company"),
    Same.NO: ("cannot_link", "company"),
}
_SAME: Final = {word: same for same, word in _WORDS.items()}


async def standing(connection: AsyncConnection) -> list[Label]:
    """The last word on each pair that was not undone."""
    statement = (
        select(decision.c.kind, decision.c.payload)
        .where(decision.c.kind.in_({kind for kind, _ in _SAME}), decision.c.undone_by.is_(None))
        .order_by(decision.c.id)
    )
    said: dict[object, Label] = {}
    for row in await connection.execute(statement):
        one, other = (tuple(key) for key in row.payload["listings"])
        found = label(one, other, _SAME[row.kind, row.payload.get("level", "company")])
        said[found.left, found.right] = found
    return list(said.values())


async def keep(connection: AsyncConnection, labels: Iterable[Label], *, author: str, reason: str, at: datetime) -> int:
    """Add these as decisions, but for those that say what stands already; how many were new."""
    known = set(await standing(connection))
    new = [each for each in labels if each not in known]
    for each in new:
        kind, level = _WORDS[each.same]
        payload = {"listings": [list(each.left), list(each.right)], "level": level}
        await record(connection, kind, payload, author=author, reason=reason, at=at)
    return len(new)
