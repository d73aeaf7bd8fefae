"""Saved searches followed: after each indexing, who is new among those found, and who has changed.

Each search has a place in the log of changes. What happened to suppliers since then is put to the index, and what is
found is compared with what was found before, as the search's owner may see it: a change of what the owner may not see
is none, nor is that of the quality, which falls with time alone.
"""

import hashlib
import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from directory.disclosure import Role
from directory.export.found import pages, shown, total
from directory.records import Quality, Supplier
from directory.search.engine import Snapshot
from directory.search.errors import InvalidQuery
from directory.search.query import SearchQuery
from directory.store import saved, state
from directory.store.chunks import batches
from directory.store.database import Database
from directory.store.reading import Reader
from directory.store.saved import Change, Delivery, News, SavedSearch

# Whom a search finds is written down by name, so to speak: a search of everybody is no search.
MOST_MATCHES: Final = 10_000
# In one call or one page of the feed.
MOST_NEWS: Final = 100
_PAGE: Final = 500
_NOTHING: Final = Quality(score=0.0, completeness=0.0)

QuestionOf = Callable[[Mapping[str, Any], Role], SearchQuery]


class TooMany(Exception):
    """The search finds more suppliers than can be followed. ``str()`` is a sentence for its owner."""

    def __init__(self, found: int) -> None:
        super().__init__(f"The search finds {found:,} suppliers, and {MOST_MATCHES:,} can be followed: narrow it.")


async def check_size(index: Snapshot, question: SearchQuery) -> None:
    """Raises :class:`TooMany`, and InvalidQuery for what cannot be searched."""
    found = await total(index, question)
    if found > MOST_MATCHES:
        raise TooMany(found)


async def follow(
    database: Database, index: Snapshot, question_of: QuestionOf, clock: Callable[[], datetime]
) -> dict[int, int]:
    """Bring every saved search that is behind up to the end of the log; how much news each has.

    Nothing is done while the index is behind the store: what is in the log must be in it. A search that cannot be
    followed is paused, and says why. ``question_of`` raises InvalidQuery. Raises StoreError.
    """
    async with database.reading() as connection:
        if await state.revision(connection) != index.meta.revision:
            return {}
        until = await saved.last_seq(connection)
        searches = await saved.behind(connection)
    done: dict[int, int] = {}
    for search in searches:
        try:
            question = question_of(search.asked, Role(search.role))
            done[search.id] = await _Following(database, index, search, question, clock()).up_to(until)
        except (TooMany, InvalidQuery) as error:
            await _pause(database, search, str(error))
    return done


async def _pause(database: Database, search: SavedSearch, problem: str) -> None:
    async with database.writing() as connection:
        await saved.change(connection, search.id, {"paused": True, "problem": problem})


class _Following:
    """One search on its way along the log."""

    def __init__(
        self, database: Database, index: Snapshot, search: SavedSearch, question: SearchQuery, at: datetime
    ) -> None:
        self._database, self._index, self._search = database, index, search
        self._question, self._at = question, at
        self._reader = Reader(database)

    async def up_to(self, until: int) -> int:
        if self._search.seen_seq is None:
            await self._begin(until)
            return 0
        return await self._go_on(self._search.seen_seq, until)

    async def _begin(self, until: int) -> None:
        """Whoever is found at first is no news."""
        await check_size(self._index, self._question)
        found = await self._every_match()
        seen = await self._seen(found)
        rows = [{"supplier_id": each, "digest": digest, "change": None, "at": None} for each, digest in seen.items()]
        async with self._database.writing() as connection:
            await saved.put_matches(connection, self._search.id, rows)
            await saved.change(connection, self._search.id, {"seen_seq": until})

    async def _go_on(self, since: int, until: int) -> int:
        async with self._database.reading() as connection:
            changed = await saved.changed(connection, since, until)
            before = await saved.digests(connection, self._search.id, changed)
        found = await self._index.answer(self._index.among, self._question, changed)
        seen = await self._seen(found)
        news = [News(each, Change.CHANGED if each in before else Change.NEW) for each in sorted(seen)]
        news = [each for each in news if before.get(each.supplier_id) != seen[each.supplier_id]]
        rows = [
            {"supplier_id": each.supplier_id, "digest": seen[each.supplier_id], "change": each.change, "at": self._at}
            for each in news
        ]
        async with self._database.writing() as connection:
            await saved.put_matches(connection, self._search.id, rows)
            await saved.drop_matches(connection, self._search.id, before.keys() - seen.keys())
            if self._search.calls:
                await saved.post(connection, self._calls(news))
            await saved.change(connection, self._search.id, {"seen_seq": until})
        return len(news)

    async def _every_match(self) -> list[int]:
        return [hit.id async for hits in pages(self._index, self._question) for hit in hits]

    async def _seen(self, numbers: Collection[int]) -> dict[int, bytes]:
        """A digest of what the owner may see of each of these; who is not to be seen is left out."""
        seen: dict[int, bytes] = {}
        for batch in batches(sorted(numbers), _PAGE):
            for number, stored in zip(batch, await self._reader.suppliers(batch), strict=True):
                supplier = shown(stored, number, self._question) if stored else None
                if supplier:
                    seen[number] = digest(supplier)
        return seen

    def _calls(self, news: Collection[News]) -> list[Delivery]:
        return [
            Delivery(
                id=f"msg_{secrets.token_hex(16)}",
                search_id=self._search.id,
                news=tuple(batch),
                attempts=0,
                created_at=self._at,
                due_at=self._at,
            )
            for batch in batches(news, MOST_NEWS)
        ]


def digest(supplier: Supplier) -> bytes:
    """Tells one state of a supplier, as somebody may see it, from another."""
    content = msgspec.json.encode(replace(supplier, quality=_NOTHING))
    return hashlib.blake2b(content, digest_size=16).digest()
