"""Labels are decisions: what stewards said of pairs of listings, read and kept as such."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from directory import links
from directory.links import Link
from directory.matching.training.labels import Key, Label, Same
from directory.store import acts, members, resolving
from directory.store.acts import ActKind

_LINKS: Final = {Same.SITE: Link.ONE_SITE, Same.COMPANY: Link.ONE_COMPANY, Same.NO: Link.TWO_COMPANIES}
_SAME: Final = {link: same for same, link in _LINKS.items()}


async def standing(connection: AsyncConnection) -> list[Label]:
    """The last word on each pair that was not undone."""
    said = (await acts.standing(connection)).links
    return [Label(left, right, _SAME[link]) for (left, right), link in said.items()]


async def unknown(connection: AsyncConnection, labels: Collection[Label]) -> dict[Label, list[Key]]:
    """The labels among these that name listings which the store has never had, and these."""
    known = await members.sirens_of(connection, _keys(labels))
    missing = {each: [key for key in (each.left, each.right) if key not in known] for each in labels}
    return {each: keys for each, keys in missing.items() if keys}


async def impossible(connection: AsyncConnection, labels: Collection[Label]) -> dict[Label, tuple[str, str]]:
    """Those that make one company of two valid SIRENs, which is never one whatever anybody says; and the two."""
    sirens = await members.sirens_of(connection, _keys(labels))
    found = {each: (sirens.get(each.left), sirens.get(each.right)) for each in labels if each.same is not Same.NO}
    return {each: (one, other) for each, (one, other) in found.items() if one and other and one != other}


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


def _keys(labels: Iterable[Label]) -> set[Key]:
    return {key for each in labels for key in (each.left, each.right)}
