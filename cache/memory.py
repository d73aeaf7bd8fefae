"""The tier in this process: least recently used goes first, bounded by the bytes it holds."""

from cachetools import LRUCache

from cache.entry import Entry

# Measured with tracemalloc on CPython 3.11 (428): key, entry, float, dictionary slots and links, beside the value.
OVERHEAD_BYTES = 450


def _size(entry: Entry) -> int:
    return len(entry.value) + OVERHEAD_BYTES


class MemoryTier:
    """Entries in this process, up to ``max_bytes`` of values and their overhead."""

    def __init__(self, max_bytes: int) -> None:
        self._entries: LRUCache[bytes, Entry] = LRUCache(maxsize=max_bytes, getsizeof=_size)
        self._too_large = 0

    def get(self, key: bytes) -> Entry | None:
        """The entry, however old: the caller knows how long it stays good."""
        return self._entries.get(key)

    def put(self, key: bytes, entry: Entry) -> None:
        """Keep the entry, dropping others to make room; one larger than the whole tier is not kept, and counted."""
        if _size(entry) > self._entries.maxsize:
            self._too_large += 1
            self._entries.pop(key, None)
            return
        self._entries[key] = entry

    def drop(self, key: bytes) -> None:
        """Forget the entry, if there is one."""
        self._entries.pop(key, None)

    def counts(self) -> dict[str, int]:
        """How many entries and bytes are held now, and how many answers were too large to keep."""
        return {
            "memory_entries": len(self._entries),
            "memory_bytes": int(self._entries.currsize),
            "memory_too_large": self._too_large,
        }
