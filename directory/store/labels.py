"""Labels are decisions: what stewards said of pairs of listings, read and kept as such."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from directory import links
from directory.links import Link
from directory.matching.training.labels import Label, Same
from directory.store import acts, resolving
from directory.store.acts import ActKind

_LINKS: Final = {Same.SITE: Link.ONE_SITE, Same.COMPANY: Link.ONE_COMPANY, Same.NO: Link.TWO_COMPANIES}
_SAME: Final = {link: same for same, link in _LINKS.items()}


async def standing(connection: AsyncConnection) -> list[Label]:
    """The last word on each pair that was not undone."""
    said = (await acts.standing(connection)).links
    return [Label(left, right, _SAME[link]) for (left, right), link in said.items()]


async def keep(connection: AsyncConnection, labels: Iterable[Label], *, author: str, reason: str, at: datetime) -> int:
    """Add these as decisions, but for those that say what stands already; how many were new."""
    await resolving.lock(connection)  # of two at once the second sees what the first has decided
    words = dict((await acts.standing(connection)).links)
    kept = 0
    for each in labels:
        link = _LINKS[each.same]
        if words.get((each.left, each.right)) is link:
            continue
        said = links.linked(words, each.left, each.right, link)
        words |= said
        kind = ActKind.REJECT if each.same is Same.NO else ActKind.CONFIRM
        rows = [acts.word(pair, word) for pair, word in said.items()]
        await acts.record_act(connection, kind, rows, [each.left, each.right], author=author, reason=reason, at=at)
        kept += 1
    return kept
