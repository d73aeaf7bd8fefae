"""What was worked out lately and is still so: below the answers kept whole, and for every query alike.

Two portals that ask for other fields of the same page share its hits and its suppliers. One :class:`Hot` is for one
state of the store, the index and the lexicon: whoever learns of another state takes a new one. Nothing is removed from
it singly, so that nothing of an older state is ever put into a newer one.
"""

from collections.abc import Hashable
from itertools import islice
from typing import Any, Final, Generic, TypeVar

import msgspec

from directory.disclosure import Role

SUPPLIERS: Final = 4096  # some 10 kB each, with what was made of them, and a row
FINDINGS: Final = 1024  # pages of hits, facets
PAGES: Final = 64  # of suppliers in their places, up to a hundred each, which live as long as their page
LONGEST: Final = (
    4096  # bytes of a question that is kept; buyers' take a tenth, and callers could send a hundred times as many
)

V = TypeVar("V")

_encode: Final = msgspec.msgpack.Encoder(enc_hook=lambda _: None).encode


class Lasting:
    """A class whose objects are kept here and never changed: what is made of one alone may be kept in it."""


class Recent(Generic[V]):
    """The last so many values. The oldest half goes at once when it is full: a look-up costs what a dictionary's does,
    a tenth of one that keeps its order of use."""

    __slots__ = ("_most", "get", "values")

    def __init__(self, most: int) -> None:
        self._most = most
        self.values: dict[Hashable, V] = {}
        self.get = self.values.get

    def put(self, key: Hashable, value: V) -> None:
        """Keep the value, unless its key is a long one."""
        if len(_encode(key)) > LONGEST:
            return
        if len(self.values) >= self._most:
            for old in list(islice(self.values, self._most // 2)):
                del self.values[old]
        self.values[key] = value


class Hot:
    """Suppliers by number, as each role may see them (``None`` where it may not), what the index found, and pages of
    suppliers by what was asked, the role included."""

    __slots__ = ("findings", "pages", "suppliers")

    def __init__(self) -> None:
        self.suppliers: dict[Role, Recent[Any]] = {role: Recent(SUPPLIERS // len(Role)) for role in Role}
        self.findings: Recent[Any] = Recent(FINDINGS)
        self.pages: Recent[Any] = Recent(PAGES)
