"""What happened to suppliers, for sites that keep a copy."""

import asyncio
from datetime import datetime
from typing import Annotated, Self

import strawberry

from directory.records import ChangeKind
from directory.store.reading import SupplierChange as Change
from schema import ids, paging
from schema.arguments import ABSENT, given
from schema.context import Info
from schema.cost import counted_by, weighs
from schema.enums import publish
from schema.fields import resolved
from schema.paging import AFTER, PageInfo
from schema.supplier import Supplier, supplier_of

publish(
    ChangeKind,
    "What happened to a supplier.",
    {
        ChangeKind.CREATED: "It is new.",
        ChangeKind.UPDATED: "Its record changed.",
        ChangeKind.MERGED: "It was found to be the same company as another, which took it over: forget it.",
        ChangeKind.SPLIT: "It is new, made of listings that another supplier had.",
        ChangeKind.REMOVED: "Nothing may be shown of it any more: forget it.",
    },
)

CURSOR = "change"
DEFAULT = 100


@strawberry.type(description="Something that happened to a supplier.")
class SupplierChange(ids.Node):
    """A line of the change log, as the caller may see it."""

    kind: ChangeKind = strawberry.field(description="What happened.")
    supplier_id: strawberry.ID = strawberry.field(description="The id of the supplier that it happened to.")
    supplier: Supplier | None = strawberry.field(
        description="The supplier as it is now; for a merged one, its survivor; null when it is gone."
    )
    merged_into: strawberry.ID | None = strawberry.field(
        description="The id of the supplier that took it over; null unless it was merged."
    )
    at: datetime = strawberry.field(description="When it happened.")

    @classmethod
    async def of(cls, info: Info, change: Change) -> Self:
        """The change, or the removal that it amounts to for a caller who may no longer see the supplier."""
        supplier = await supplier_of(info, change.supplier_id)
        return cls(
            id=ids.encode("SupplierChange", change.seq),
            kind=change.kind if supplier else ChangeKind.REMOVED,
            supplier_id=ids.encode("Supplier", change.supplier_id),
            supplier=supplier,
            merged_into=ids.encode("Supplier", change.merged_into) if supplier and change.merged_into else None,
            at=change.at,
        )


async def change_of(info: Info, seq: int) -> SupplierChange | None:
    """The change with this number; ``None`` when there is none."""
    change = await info.context.loaders.changes.load(seq)
    return await SupplierChange.of(info, change) if change else None


@strawberry.type(description="A change and its place in the log.")
class SupplierChangeEdge:
    """The Relay edge."""

    cursor: str = strawberry.field(description="Its place, to be given as `after`; it stays good for ever.")
    node: SupplierChange = strawberry.field(description="The change.")


@strawberry.type(description="A page of the change log, oldest first.")
class SupplierChangeConnection:
    """The Relay connection, without a total: the log only grows."""

    edges: list[SupplierChangeEdge] = strawberry.field(description="The changes with their cursors.")
    nodes: list[SupplierChange] = strawberry.field(description="The changes alone.")
    page_info: PageInfo = strawberry.field(description="Where this page lies in the log.")


@strawberry.type
class ChangeQuery:
    """The root field that tells what changed."""

    @resolved(
        "Suppliers created, updated, merged and removed, oldest change first: read on from the last "
        "`endCursor` to keep a copy up to date.",
        weighs(20),
        counted_by("first", otherwise=paging.MAX, in_fields=("edges", "nodes")),
    )
    async def supplier_changes(
        self,
        info: Info,
        since: Annotated[datetime, strawberry.argument(description="Changes from this instant on.")],
        first: Annotated[
            int | None, strawberry.argument(description=f"How many to give, at most {paging.MAX}.")
        ] = DEFAULT,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = ABSENT,
    ) -> SupplierChangeConnection:
        size = paging.size(first, DEFAULT)
        found = await info.context.reader.changes(since, _seq(given(after)), size + 1)
        changes = await asyncio.gather(*(SupplierChange.of(info, change) for change in found[:size]))
        cursors = [paging.cursor(CURSOR, change.seq) for change in found[:size]]
        return SupplierChangeConnection(
            edges=[SupplierChangeEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, changes, strict=True)],
            nodes=list(changes),
            page_info=PageInfo.around(cursors, has_next=len(found) > size, has_previous=given(after) is not None),
        )


def _seq(after: str | None) -> int | None:
    return None if after is None else paging.number(CURSOR, after)
