"""One partner's members as that partner keeps them: keys, instants of change, records made when first asked for."""

import asyncio
from bisect import bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol

Key = int | str
Record = dict[str, Any]

_YIELD_EVERY = 200  # rows rendered between two looks at the event loop: about 20 ms
_SHAPES_KEPT = 2


class Stock(Protocol):
    """What a ledger starts from: a generated region or a file of real rows."""

    def entries(self) -> Iterable[tuple[Key, int]]:
        """Every member's key and instant of last change (ms since 1970), in the order of the keys."""
        ...

    def record(self, key: Key) -> Record:
        """The member's record, a new object at every call."""
        ...


class Ledger:
    """Members by key with their instant of last change in ms; edits lie over the stock, which never changes."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self._changed: dict[Key, int] = dict(stock.entries())
        self._written: dict[Key, Record] = {}
        self._shapes: dict[Hashable, dict[Key, bytes]] = {}
        self._by_change: list[tuple[int, Key]] | None = None
        self._keys: list[Key] | None = None
        self.tombstones: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._changed)

    def __contains__(self, key: Key) -> bool:
        return key in self._changed

    def living(self) -> Sequence[Key]:
        """Keys of living members, in the order they were given."""
        if self._keys is None:
            self._keys = list(self._changed)
        return self._keys

    def changed(self, key: Key) -> int:
        """Instant of last change, ms since 1970."""
        return self._changed[key]

    def by_change(self) -> Sequence[tuple[int, Key]]:
        """(instant, key) of living members, oldest change first."""
        if self._by_change is None:
            self._by_change = sorted((instant, key) for key, instant in self._changed.items())
        return self._by_change

    def changed_after(self, instant: int) -> Sequence[tuple[int, Key]]:
        """(instant, key) of living members changed strictly later than the instant, oldest change first."""
        rows = self.by_change()
        return rows[bisect_right(rows, instant, key=lambda row: row[0]) :]

    def newest(self) -> int:
        """Instant of the last change or deletion; 0 when nothing ever happened."""
        living = self.by_change()[-1][0] if self._changed else 0
        return max(living, max(self.tombstones.values(), default=0))

    def record(self, key: Key) -> Record:
        """The member's record as stored; change it through :meth:`write` only."""
        return self._written[key] if key in self._written else self._stock.record(key)

    def write(self, key: Key, record: Record, instant: int) -> None:
        """Add or replace a member."""
        self._forget(key)
        if key not in self._changed:
            self._keys = None
        self._written[key] = record
        self._changed[key] = instant
        self.tombstones.pop(key, None)
        if self._by_change is not None:
            insort(self._by_change, (instant, key))

    def remove(self, key: Key, instant: int) -> None:
        """Delete a member, leaving a tombstone."""
        self._forget(key)
        del self._changed[key]
        self._written.pop(key, None)
        self._keys = None
        self.tombstones[key] = instant

    async def encoded(self, keys: Iterable[Key], shape: Hashable, render: Callable[[Record], bytes]) -> list[bytes]:
        """The members' bytes in one representation, rendered once and kept while the representation is in use."""
        kept = self._bodies(shape)
        bodies: list[bytes] = []
        rendered = 0
        for key in keys:
            body = kept.get(key)
            if body is None:
                body = kept[key] = render(self.record(key))
                rendered += 1
                if rendered % _YIELD_EVERY == 0:
                    await asyncio.sleep(0)
            bodies.append(body)
        return bodies

    def _bodies(self, shape: Hashable) -> dict[Key, bytes]:
        kept = self._shapes.pop(shape, {})
        while len(self._shapes) >= _SHAPES_KEPT:
            del self._shapes[next(iter(self._shapes))]
        self._shapes[shape] = kept
        return kept

    def _forget(self, key: Key) -> None:
        for bodies in self._shapes.values():
            bodies.pop(key, None)
        if self._by_change is not None and key in self._changed:
            self._by_change.remove((self._changed[key], key))


def merged(record: Mapping[str, Any], changes: Mapping[str, Any]) -> Record:
    """The record with the changes laid over it; objects inside are merged, everything else is replaced."""
    result = dict(record)
    for field, value in changes.items():
        inner = result.get(field)
        both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        result[field] = merged(inner, value) if both else value  # type: ignore[arg-type]
    return result
