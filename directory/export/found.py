"""All suppliers that a question finds, read as one role may see them: a page at a time, in constant memory.

The question is put to one generation of the index; the store may be ahead of it: who is gone, hidden or merged since
then is left out, and so is whoever was found by a place that may not be shown any more.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from directory.disclosure import Role, Sight, visible
from directory.records import FieldProvenance, Supplier
from directory.search.access import may_be_placed
from directory.search.engine import Snapshot
from directory.search.query import MAX_PAGE, Hit, SearchQuery, Window
from directory.store.reading import Reader, StoredSupplier


class Found(Struct, frozen=True, kw_only=True):
    """A supplier found, as the role may see it. ``sources`` are the partners that its listings and its values are of,
    registers included; ``distance_km`` is that of its nearest site where the question had a place.
    """

    supplier: Supplier
    updated_at: datetime
    sources: tuple[str, ...]
    distance_km: float | None = None


async def total(index: Snapshot, question: SearchQuery) -> int:
    """How many suppliers the question finds. Raises InvalidQuery."""
    return (await index.answer(index.search, question, Window(first=0))).total or 0


async def every_found(index: Snapshot, reader: Reader, question: SearchQuery) -> AsyncGenerator[list[Found]]:
    """Every supplier found, in the question's order. Raises InvalidQuery and StoreError."""
    async for hits in pages(index, question):
        yield await read(reader, question, hits)


async def pages(index: Snapshot, question: SearchQuery) -> AsyncGenerator[Sequence[Hit]]:
    """All hits, a page at a time, in the question's order. Raises InvalidQuery."""
    after: str | None = None
    while True:
        window = Window(first=MAX_PAGE, after=after, count=False)
        page = await index.answer(index.search, question, window)
        yield page.hits
        if not page.has_next:
            return
        after = page.hits[-1].cursor


async def read(reader: Reader, question: SearchQuery, hits: Sequence[Hit]) -> list[Found]:
    """Those of a page that the role may see, now."""
    ids = [hit.id for hit in hits]
    stored = await reader.suppliers(ids)
    provenance = dict(zip(ids, await reader.provenance_of(ids), strict=True))
    pairs = zip(hits, stored, strict=True)
    seen = ((hit, each, shown(each, hit.id, question)) for hit, each in pairs if each)
    return [_found(hit, each, supplier, provenance, question.role) for hit, each, supplier in seen if supplier]


def shown(stored: StoredSupplier, number: int, question: SearchQuery) -> Supplier | None:
    """What the role may see of the supplier that the index has under this number; ``None`` for nothing."""
    supplier = visible(stored.supplier, question.role)
    if supplier is None or supplier.id != number:
        return None
    return supplier if may_be_placed(question, supplier) else None


def _found(
    hit: Hit,
    stored: StoredSupplier,
    supplier: Supplier,
    provenance: Mapping[int, Sequence[FieldProvenance]],
    role: Role,
) -> Found:
    chosen = Sight.of(supplier, role).provenance(provenance[hit.id])
    sources = {*supplier.partners, *(each.chosen.partner for each in chosen)}
    return Found(
        supplier=supplier,
        updated_at=stored.updated_at,
        sources=tuple(sorted(sources)),
        distance_km=None if hit.distance_km is None else round(hit.distance_km, 3),
    )
