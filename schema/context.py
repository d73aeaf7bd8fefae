"""What one request brings along: who asks, what answers, and the loaders that batch its reads."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Final, Protocol, TypeAlias, TypeVar

import strawberry
from msgspec import Struct

from directory.disclosure import Role
from directory.matching.comparing import Thresholds
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.records import Listing, Supplier
from directory.search.engine import Snapshot, TantivyEngine
from directory.search.errors import IndexMissing
from directory.search.likeness import Similar
from directory.search.query import Near, SearchQuery
from directory.store.database import Database
from directory.store.reading import PartnerState, Reader, StoredSupplier, SupplierChange
from directory.understanding.lexicon import carried
from directory.understanding.understander import Understander
from schema.errors import BadInput
from schema.hot import Hot
from schema.loaders import Loaders

MOST_SIMILAR: Final = 10
MOST_ENTITIES: Final = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: what shapes an answer, and the name that a steward's decisions are kept under.

    ``partner`` is the partner that the caller speaks for, ``name`` that of the API key, ``key`` what is kept
    under it: the public part of the first of the keys that replaced one another.
    """

    role: Role = Role.PUBLIC
    partner: str | None = None
    name: str | None = None
    key: str | None = None

    @property
    def author(self) -> str:
        """Under which name a decision of the caller is kept."""
        return self.name or self.role.value


class LiveReading(Struct, frozen=True, kw_only=True):
    """A member as its partner had it at ``read_at``, completed by :mod:`directory.intake`; ``listing`` is ``None`` when
    the partner has no such member any more. ``is_kept``: it was read for an earlier question.
    """

    read_at: datetime
    listing: Listing | None
    is_kept: bool = False


class NotLive(Exception):
    """The partner could not be asked. ``str()`` is one sentence for everybody; ``cause``, for stewards, may name
    servers and settings.
    """

    def __init__(self, sentence: str, cause: str | None = None) -> None:
        super().__init__(sentence)
        self.cause = cause or sentence


class LiveReader(Protocol):
    """Reads single members from their partners, now. ``most`` is how many of them one request may have read."""

    most: int

    async def member(self, partner: str, external_id: str) -> LiveReading:
        """The member of the partner with this short code, within a deadline. Raises :class:`NotLive`."""
        ...


class SupplierNews(Struct, frozen=True, kw_only=True):
    """A change of a supplier, with the supplier as it was read then (``None`` when it is gone, its survivor when it was
    merged). ``is_found``: it is there and, where there was a question, the question finds it now.
    """

    change: SupplierChange
    stored: StoredSupplier | None
    is_found: bool


class Changes(Protocol):
    """Tells what changes from the moment of the call on. Raises :class:`~schema.errors.RequestError` where no more can
    be followed; a follower who takes things up too slowly meets ``TOO_SLOW`` among them.
    """

    async def suppliers(self, question: SearchQuery | None) -> AsyncIterator[SupplierNews]:
        """Changes of suppliers; with a question, of those alone that it finds or found before."""
        ...

    async def partners(self) -> AsyncIterator[list[PartnerState]]:
        """Every partner's state: as it is now, then whenever one has changed."""
        ...

    async def happens(self) -> None:
        """To be awaited before an event is told: it has its turn then, and its time from then on."""
        ...


@dataclass(frozen=True, slots=True)
class Charged:
    """What a request was charged, in the units of ``@cost``, and how its caller's budget stands after it; without
    ``limit`` there is none.
    """

    cost: int = 0
    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None


@cache
def by_the_carried_lexicon() -> Understander:
    """What understands texts where nobody has added to the lexicon; made once, when first asked."""
    return Understander.of(carried())


def no_webhooks(address: str) -> str | None:
    """Where nobody sends calls, no address is good."""
    return "This hub calls no webhooks; follow the feed."


@dataclass(slots=True)
class Context:
    """Made by the gateway for each request. ``engine`` is ``None`` until a first index has been built, ``live`` where
    no partner is set; ``matcher`` gives what resolves, ``understander`` what understands texts, ``thresholds`` are
    those by which matches are drawn, ``hot`` is what earlier requests worked out, ``webhook_problem`` says why an
    address may not be called, ``most_entities`` is how many a federation's gateway may fetch at once, ``charged`` what
    the request is charged.

    ``changes`` is where subscriptions hear of them; each event of one is a request of its own (:meth:`renew`).
    ``outcomes`` takes what became of each mutation, by the name that it has in the answer.

    ``is_fleeting`` becomes true when something in the answer is of this moment and not to be kept.

    What one request asks of the index it asks of one generation, whatever is swapped in meanwhile.
    """

    database: Database
    reader: Reader
    engine: TantivyEngine | None
    caller: Caller
    clock: Callable[[], datetime]
    request_id: str
    live: LiveReader | None = None
    most_entities: int = MOST_ENTITIES
    matcher: Callable[[], ProbabilisticMatcher] = ProbabilisticMatcher
    understander: Callable[[], Understander] = field(default=by_the_carried_lexicon)
    thresholds: Thresholds = field(default_factory=Thresholds)
    webhook_problem: Callable[[str], str | None] = no_webhooks
    hot: Hot = field(default_factory=Hot)
    charged: Callable[[], Charged] = Charged
    outcomes: dict[str, str] = field(default_factory=dict)
    changes: Changes | None = None
    is_fleeting: bool = field(init=False, default=False)
    loaders: Loaders = field(init=False)
    _index: Snapshot | None = field(init=False, default=None)
    _read_live: int = field(init=False, default=0)
    _similar: "dict[tuple[int, int, Near | None], asyncio.Task[list[Similar]]]" = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.reader, self.caller.role, self.clock)

    def renew(self) -> None:
        """Begin another request of the same caller: what is asked from now on is as it is from now on."""
        self._index, self._read_live, self._similar = None, 0, {}
        self.forget()

    def forget(self) -> None:
        """Read everything anew from now on: what was read before is not as it was."""
        self.hot = Hot()
        self.loaders = Loaders(self.reader, self.caller.role, self.clock)

    async def found(self, call: Callable[..., T], *asked: Hashable) -> T:
        """What this method of :meth:`index` says, or said a moment ago: ``found(index.search, question, window)``."""
        index = self.index()
        key = (index.meta.generation, call.__name__, *asked)
        known: T | None = self.hot.findings.get(key)
        if known is None:
            known = await index.answer(call, *asked)
            self.hot.findings.put(key, known)
        return known

    def index(self) -> Snapshot:
        """The index to search. Raises :class:`IndexMissing`."""
        # Taken when first asked: a subscription that waits holds no generation's files.
        if self._index is None and self.engine is not None:
            self._index = self.engine.snapshot
        if self._index is None:
            raise IndexMissing('There is no search index yet: run "circuit index".')
        return self._index

    async def similar(self, supplier: Supplier, first: int, near: Near | None) -> list[Similar]:
        """What is like a supplier, looked up once; so many look-ups a request. Raises :class:`~schema.errors.BadInput`.

        Each is ten searches: it runs in a thread whatever the size of the index, unlike :meth:`Snapshot.answer`.
        """
        asked = (supplier.id, first, near)
        if asked not in self._similar:
            if len(self._similar) >= MOST_SIMILAR:
                sentence = (
                    f"One request may ask for what is like {MOST_SIMILAR} suppliers; ask for the rest in another."
                )
                raise BadInput(sentence)
            look_up = asyncio.to_thread(self.index().similar, supplier, first, near)
            self._similar[asked] = asyncio.create_task(look_up)
        return await self._similar[asked]

    async def read_live(self, partner: str, external_id: str) -> LiveReading:
        """The member as its partner has it now; so many times a request. Raises :class:`NotLive`."""
        self.is_fleeting = True
        if self.live is None:
            raise NotLive("This hub asks no partner; what was last harvested is shown.")
        if self._read_live >= self.live.most:
            raise NotLive(f"One request may look up {self.live.most} members; what was last harvested is shown.")
        self._read_live += 1
        return await self.live.member(partner, external_id)


Info: TypeAlias = strawberry.Info[Context, None]
