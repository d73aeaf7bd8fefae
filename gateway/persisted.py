"""Documents that callers name instead of sending: trusted ones of a manifest, and those the hub keeps for callers.

The latter are Apollo's automatic persisted queries, by ``extensions.persistedQuery`` or ``documentId``: a caller sends
a hash alone, and once more with the text where it is not known. Only what was executed is kept, by the hash of its own
text; they are kept in this process and, where there is Redis, for all. Nothing here decides what a caller may see.
"""

import re
import time
from dataclasses import dataclass, replace
from typing import Final

from cachetools import LRUCache, TTLCache
from graphql import GraphQLError
from prometheus_client import Counter

from cache import SharedTier
from cache.entry import Entry
from directory.disclosure import Role
from gateway.auth import Identity
from gateway.manifests import Trusted, digest
from gateway.requests import GraphQLRequest
from gateway.settings import Persisted

LONGEST_TEXT: Final = 32_768  # of bytes; longer documents are answered and not kept
OVERHEAD: Final = 300  # of bytes: key, strings' heads, the cache's links
HOUR: Final = 3_600.0
DAY: Final = 86_400.0
CALLERS: Final = 10_000
SHARES: Final = 8  # so many callers together may fill the room within an hour, none alone

FOUND = Counter("circuit_persisted_documents", "Documents named instead of sent, by where they were found.", ("where",))

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class _Share:
    """What one caller has had kept within the hour."""

    documents: int = 0
    bytes: int = 0


class PersistedDocuments:
    """Texts by their identifiers, and who may run only ``trusted`` ones, which may be put in the place of others.

    ``shared`` is whoever's gave it to close.
    """

    def __init__(self, settings: Persisted, trusted: Trusted, shared: SharedTier | None) -> None:
        self._settings, self.trusted, self._shared = settings, trusted, shared
        self._kept: LRUCache[str, str] = LRUCache(settings.max_bytes, getsizeof=_size)
        self._shares: TTLCache[str, _Share] = TTLCache(CALLERS, HOUR)

    async def resolve(self, asked: GraphQLRequest, identity: Identity) -> GraphQLRequest:
        """The request with its text. Raises :class:`graphql.GraphQLError` where there is none that may be run."""
        text, name = asked.query, asked.document_id
        trusted = self.trusted.find(name) if name else None
        if text and name and name != digest(text) and text != trusted:
            raise _error("PERSISTED_QUERY_HASH_MISMATCH", "provided sha does not match query")
        if self._restricts(identity):
            if trusted is None and not self.trusted.holds(text):
                raise _not_trusted(self._settings.only)
            return replace(asked, query=trusted or text)
        if text:
            return asked
        if trusted:
            FOUND.labels("manifest").inc()
        return replace(asked, query=trusted or await self._look_up(name or ""))

    async def keep(self, asked: GraphQLRequest, identity: Identity, caller: str) -> None:
        """Keep the text that was sent with its hash; to be called when it has been executed, behind the answer.

        ``caller`` is whose share it is kept in: whoever the budgets charge.
        """
        name, text = asked.document_id, asked.query
        if not (name and self._settings.automatic) or self._restricts(identity) or name != digest(text):
            return
        if _size(text) > min(LONGEST_TEXT, self._kept.maxsize):
            return
        if name not in self._kept and not self._has_room(_size(text), caller):
            return
        self._kept[name] = text
        if self._shared:
            await self._shared.put(_key(name), Entry(text.encode(), time.time()), DAY)

    def _restricts(self, identity: Identity) -> bool:
        only = self._settings.only
        return only == "everyone" or (only == "anonymous" and identity.role is Role.PUBLIC)

    async def _look_up(self, name: str) -> str:
        if not self._settings.automatic and _SHA256.fullmatch(name):
            # Clients that hear this send texts from then on.
            raise _error("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
        if text := self._kept.get(name):
            FOUND.labels("memory").inc()
            return text
        if _SHA256.fullmatch(name) and (text := await self._shared_text(name)):
            FOUND.labels("shared").inc()
            self._kept[name] = text
            return text
        FOUND.labels("nowhere").inc()
        # Clients compare the sentence to the letter, and send hash and text again.
        raise _error("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")

    async def _shared_text(self, name: str) -> str | None:
        entry = await self._shared.get(_key(name)) if self._shared else None
        text = entry.value.decode(errors="replace") if entry else None
        # Whoever can write to Redis must not choose what a hash means here.
        return text if text and digest(text) == name and _size(text) <= self._kept.maxsize else None

    def _has_room(self, size: int, caller: str) -> bool:
        """Whether this caller's share has room for a new text, which it takes."""
        # Changed in place: putting it anew would begin the hour anew.
        share = self._shares.setdefault(caller, _Share())
        share.documents += 1
        share.bytes += size
        most = self._settings.max_bytes // SHARES
        return share.documents <= self._settings.per_caller and share.bytes <= most


def _error(code: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def _not_trusted(only: str) -> GraphQLError:
    remedy = "send a key" if only == "anonymous" else "have it added to the manifest"
    message = f"Only documents that the hub's operator has listed are run for you; name one of them, or {remedy}."
    return _error("PERSISTED_DOCUMENT_REQUIRED", message)


def _size(text: str) -> int:
    return len(text.encode()) + OVERHEAD


def _key(name: str) -> bytes:
    return b"document:" + name.encode()
