"""What one request brings along: who asks, what answers, and the loaders that batch its reads."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import strawberry

from directory.disclosure import Role
from directory.search.errors import IndexMissing
from directory.search.query import SearchEngine
from directory.store.reading import Reader
from schema.loaders import Loaders


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``name`` is that of the API key, for logs; ``None`` without a key."""

    role: Role = Role.PUBLIC
    name: str | None = None


@dataclass(slots=True)
class Context:
    """Made by the gateway for each request. ``engine`` is ``None`` until a first index has been built."""

    reader: Reader
    engine: SearchEngine | None
    caller: Caller
    clock: Callable[[], datetime]
    request_id: str
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.reader, self.caller.role)

    def index(self) -> SearchEngine:
        """The search engine, or :class:`IndexMissing`."""
        if self.engine is None:
            raise IndexMissing("No index has been built yet; run `circuit index`.")
        return self.engine


Info: TypeAlias = strawberry.Info[Context, None]
