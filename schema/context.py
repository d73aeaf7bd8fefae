"""What one request brings along: who asks, what answers, and the loaders that batch its reads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import strawberry

from directory.disclosure import Role
from directory.search.engine import Snapshot, TantivyEngine
from directory.search.errors import IndexMissing
from directory.store.reading import Reader
from schema.loaders import Loaders


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as it shapes an answer."""

    role: Role = Role.PUBLIC


@dataclass(slots=True)
class Context:
    """Made by the gateway for each request. ``engine`` is ``None`` until a first index has been built.

    What one request asks of the index it asks of one generation, whatever is swapped in meanwhile.
    """

    reader: Reader
    engine: TantivyEngine | None
    caller: Caller
    clock: Callable[[], datetime]
    request_id: str
    loaders: Loaders = field(init=False)
    _index: Snapshot | None = field(init=False)

    def __post_init__(self) -> None:
        self._index = self.engine.snapshot if self.engine else None
        self.loaders = Loaders(self.reader, self.caller.role)

    def index(self) -> Snapshot:
        """The index to search. Raises :class:`IndexMissing`."""
        if self._index is None:
            raise IndexMissing('There is no search index yet: run "circuit index".')
        return self._index


Info: TypeAlias = strawberry.Info[Context, None]
