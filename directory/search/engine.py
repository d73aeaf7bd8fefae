"""The search engine: answers from the generation served, and changes to a newer one between two questions."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final, ParamSpec, Self, TypeVar

from tantivy import Occur

from directory.records import Supplier
from directory.search import access, cursors, facets, generations, layout, likeness
from directory.search.catalogue import Catalogue
from directory.search.cursors import Key
from directory.search.errors import IndexMissing
from directory.search.ground import Ground
from directory.search.likeness import Similar
from directory.search.orders import Row, ordering
from directory.search.plan import Plan, Planner
from directory.search.query import (
    DEFAULT_WINDOW,
    Facet,
    FacetField,
    Hit,
    Near,
    Results,
    SearchQuery,
    Window,
)
from directory.search.reader import Reader
from directory.search.suggest import Suggested, Suggester, SuggestionKind
from directory.search.terms import all_of, any_of, term
from directory.store.chunks import batches

_DEFAULT_PAGE: Final = 20
_ATTEMPTS: Final = 5
_IDS_AT_ONCE: Final = 500
# Up to here a search takes 1 to 4 ms; at 300,000 suppliers, 5 to 30 (bench/search/threads.py).
INLINE_UP_TO: Final = 50_000

P = ParamSpec("P")
T = TypeVar("T")


class Snapshot:
    """One generation, open: it stays whole and the same for as long as it is held, whatever is built meanwhile."""

    def __init__(self, index_dir: Path, generation: str) -> None:
        self.meta: Final = generations.read_meta(index_dir, generation)
        self._reader = Reader(generations.open_index(index_dir, generation))
        self._ground = Ground(self._reader)
        self._planner = Planner(self._reader, self._ground)
        self._suggester = Suggester(self._reader)

    def search(self, query: SearchQuery, window: Window = DEFAULT_WINDOW) -> Results:
        """One page of hits and the total. Raises InvalidQuery, InvalidCursor."""
        access.check_query(query)
        access.check_window(window)
        digest = cursors.query_digest(query)
        forward = window.last is None
        count = window.last if window.last is not None else _DEFAULT_PAGE if window.first is None else window.first
        cursor = window.after if forward else window.before
        key = None if cursor is None else cursors.decode(digest, cursor)
        plan = self._planner.plan(query, key.weights if key else ())
        rows = self._rows(query, plan, key, count, forward=forward)
        more, page = len(rows) > count, rows[:count] if forward else rows[:count][::-1]
        return Results(
            hits=self._hits(plan, page, digest),
            total=plan.total if window.count else None,
            has_next=more if forward else cursor is not None,
            has_previous=cursor is not None if forward else more,
            clues=plan.clues,
        )

    def facets(self, query: SearchQuery, fields: tuple[FacetField, ...], top: int = 20) -> tuple[Facet, ...]:
        """Exact counts over every hit of the query, each without its field's own filter. Raises InvalidQuery."""
        access.check_query(query)
        access.check_facets(query, fields, top)
        return facets.count(self._reader, self._planner, query, fields, top)

    def similar(self, supplier: Supplier, first: int, near: Near | None = None) -> list[Similar]:
        """The suppliers most like this one, the best first, and why (:mod:`.likeness`). Raises InvalidQuery."""
        access.check_query(SearchQuery(near=near))
        return likeness.similar(self._reader, self._ground, supplier, first, near)

    def among(self, query: SearchQuery, ids: Collection[int]) -> frozenset[int]:
        """Those of these suppliers that the question finds, whatever its order. Raises InvalidQuery."""
        access.check_query(query)
        found = self._planner.plan(query).found
        numbers: list[int] = []
        for some in batches(sorted(ids), _IDS_AT_ONCE):
            these = any_of([term(layout.ID, number) for number in some])
            holders = self._reader.every(all_of([(Occur.Must, found), (Occur.Must, these)]))
            numbers += self._reader.column(layout.ID, holders)
        return frozenset(numbers)

    def suggest(
        self, text: str, kinds: Iterable[SuggestionKind], first: int, trades: Catalogue
    ) -> tuple[Suggested, ...]:
        """What may be meant by a text that is being typed (:mod:`.suggest`). Raises InvalidQuery."""
        return self._suggester.suggest(text, kinds, first, trades)

    def vocabulary(self) -> Iterator[tuple[str, int]]:
        """Every word of the names of companies in business, folded and unstemmed, and how many of them have it."""
        yield from self._reader.terms(layout.WORD, "")

    def stems(self) -> Iterator[str]:
        """Every stem of a word that is looked for in suppliers."""
        yield from (stem for stem, _ in self._reader.terms(layout.TEXT, ""))

    async def answer(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A call of this snapshot from an event loop: ``await index.answer(index.search, query, window)``.

        The one place that says where searches run. Tantivy lets other threads run meanwhile; a thread costs a search
        some tenths of a millisecond, and spares the loop the whole of it: worth it once the index is large.
        """
        if self.meta.suppliers <= INLINE_UP_TO:
            return call(*args, **kwargs)
        return await asyncio.to_thread(call, *args, **kwargs)

    def _rows(self, query: SearchQuery, plan: Plan, key: Key | None, count: int, *, forward: bool) -> list[Row]:
        """The rows of the page and one more, to know whether there is one; ``count=0`` has no rows."""
        order = ordering(query, self._reader, self._ground)
        return order.rows(plan, key, count + 1, forward=forward) if count else []

    def _hits(self, plan: Plan, rows: Sequence[Row], digest: str) -> tuple[Hit, ...]:
        distances = [row.distance_km for row in rows]
        if plan.near and None in distances:
            distances = list(self._ground.distances([row.address for row in rows if row.address], plan.near))
        return tuple(
            Hit(row.id, row.score, distance, cursors.encode(digest, row.key))
            for row, distance in zip(rows, distances, strict=True)
        )


class TantivyEngine:
    """A :class:`~directory.search.query.SearchEngine` over the generations in a directory. Thread-safe.

    Several processes may share the directory; each serves what it has open until :meth:`refresh` finds a newer one.
    """

    def __init__(self, index_dir: Path) -> None:
        self._index_dir = index_dir
        pointer = generations.pointer_fingerprint(index_dir)
        self._snapshot, is_newest = _newest_or_base(index_dir)
        # Of a damaged one, the base is served meanwhile, and the first refresh says what is wrong.
        self._pointer = pointer if is_newest else None
        self._refreshing = Lock()

    @classmethod
    def open(cls, index_dir: Path) -> Self:
        """The engine over what is served now. Raises IndexMissing, IndexOutdated."""
        return cls(index_dir)

    @property
    def snapshot(self) -> Snapshot:
        """The generation served now: hold it to answer several questions from the same one."""
        return self._snapshot

    @property
    def generation(self) -> str:
        """The name of the index being served; it changes with every build and update."""
        return self._snapshot.meta.generation

    @property
    def base(self) -> str:
        """The name of the base of the index being served; it changes with every whole build, not with every update."""
        return generations.base_of(self.generation)

    @property
    def supplier_count(self) -> int:
        """How many suppliers the index holds."""
        return self._snapshot.meta.suppliers

    @property
    def changed_count(self) -> int:
        """How many suppliers have changed since the base of the index being served was built."""
        return self._snapshot.meta.changed

    @property
    def built_at(self) -> datetime:
        """When the index being served was built."""
        return self._snapshot.meta.built_at

    def search(self, query: SearchQuery, window: Window = DEFAULT_WINDOW) -> Results:
        """One page of hits and the total. Raises InvalidQuery, InvalidCursor."""
        return self._snapshot.search(query, window)

    def facets(self, query: SearchQuery, fields: tuple[FacetField, ...], top: int = 20) -> tuple[Facet, ...]:
        """Exact counts over every hit of the query, in the order of ``fields``. Raises InvalidQuery."""
        return self._snapshot.facets(query, fields, top)

    def refresh(self) -> bool:
        """Serve the newest generation; true when it changed.

        Raises IndexMissing or IndexOutdated for a new generation that cannot be served: the one before still is, and
        the next call tries again, for what was in the way may have passed.
        """
        pointer = generations.pointer_fingerprint(self._index_dir)
        if pointer is None or pointer == self._pointer or not self._refreshing.acquire(blocking=False):
            return False
        try:
            changed = generations.current(self._index_dir) != self.generation
            if changed:
                self._snapshot = _newest(self._index_dir)
            self._pointer = pointer
            return changed
        finally:
            self._refreshing.release()


def _newest(index_dir: Path) -> Snapshot:
    """The generation the pointer names, open. One may be swept away between the naming and the opening: asked again."""
    generation = generations.current(index_dir)
    for _ in range(_ATTEMPTS):
        try:
            return Snapshot(index_dir, generation)
        except IndexMissing:
            newer = generations.current(index_dir)
            if newer == generation:
                raise
            generation = newer
    return Snapshot(index_dir, generation)


def _newest_or_base(index_dir: Path) -> tuple[Snapshot, bool]:
    """The newest or, where it is damaged, the base it was made of; and whether it is the newest."""
    try:
        return _newest(index_dir), True
    except IndexMissing:
        generation = generations.current(index_dir)
        base = generations.base_of(generation)
        if base == generation:
            raise
        return Snapshot(index_dir, base), False
