"""What happens, told when it happens: changes of suppliers and of how partners answer.

A subscription tells what happens from the moment it has begun; what came before is asked with ``supplierChanges``, from
the cursor of the last event on.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Self

import strawberry

from directory.records import ChangeKind
from directory.search.query import SearchQuery
from directory.store.reading import PartnerState
from schema import paging
from schema.arguments import ABSENT, given
from schema.change import CURSOR, SupplierChange
from schema.context import Changes, Info, SupplierNews
from schema.errors import Code, Unavailable
from schema.fields import followed
from schema.filters import SupplierWhere, where_of
from schema.partner import PartnerStatus
from schema.supplier import Supplier


@strawberry.type(description="Something that has just happened to a supplier.")
class SupplierEvent:
    """A line of the change log as it is written, as the caller may see it."""

    kind: ChangeKind = strawberry.field(description="What happened.")
    supplier_id: strawberry.ID = strawberry.field(description="The id of the supplier that it happened to.")
    supplier: Supplier | None = strawberry.field(
        description="The supplier as it is now; for a merged one, its survivor; null when it is gone."
    )
    merged_into: strawberry.ID | None = strawberry.field(
        description="The id of the supplier that took it over; null unless it was merged."
    )
    at: datetime = strawberry.field(description="When it happened.")
    cursor: str = strawberry.field(
        description="Its place in the log of changes: give it to `supplierChanges` as `after` to read on from here."
    )
    is_found: bool = strawberry.field(
        description="Whether the supplier is there and `where` finds it now. False for one that it found before and "
        "finds no more: take it out of your list."
    )

    @classmethod
    async def told(cls, info: Info, news: SupplierNews) -> Self:
        """The event; the supplier comes with it and is not read again."""
        info.context.loaders.know(news.change.supplier_id, news.stored)
        change = await SupplierChange.of(info, news.change)
        return cls(
            kind=change.kind,
            supplier_id=change.supplier_id,
            supplier=change.supplier,
            merged_into=change.merged_into,
            at=change.at,
            cursor=paging.cursor(CURSOR, news.change.seq),
            is_found=news.is_found and change.supplier is not None,
        )


@strawberry.type
class ChangeSubscription:
    """The root fields of subscriptions."""

    @followed(
        "Suppliers created, updated, merged and removed, as it happens; with `where` those alone that it "
        "finds, and once more each that it does not find any more."
    )
    async def supplier_changed(
        self,
        info: Info,
        where: Annotated[
            SupplierWhere | None,
            strawberry.argument(description="Filters, as `suppliers` takes them; without it every change is told."),
        ] = ABSENT,
    ) -> AsyncGenerator[SupplierEvent, None]:
        role, asked = info.context.caller.role, given(where)
        question = SearchQuery(where=where_of(asked, role), role=role) if asked else None
        changes = _changes(info)
        return _events(info, changes, await changes.suppliers(question))

    @followed(
        "The state of a partner whenever it has changed in what you may see of it, its age aside: how it "
        "answers, how many members it has, when it was last harvested."
    )
    async def partner_status_changed(self, info: Info) -> AsyncGenerator[PartnerStatus, None]:
        changes = _changes(info)
        return _statuses(info, changes, await changes.partners())


async def _events(
    info: Info, changes: Changes, news: AsyncIterator[SupplierNews]
) -> AsyncGenerator[SupplierEvent, None]:
    async for each in news:
        await changes.happens()
        info.context.renew()
        yield await SupplierEvent.told(info, each)
        info.context.renew()  # whoever waits holds nothing


async def _statuses(
    info: Info, changes: Changes, states: AsyncIterator[list[PartnerState]]
) -> AsyncGenerator[PartnerStatus, None]:
    seen: Mapping[str, object] | None = None
    async for every in states:
        now, role = info.context.clock(), info.context.caller.role
        statuses = {state.info.id: PartnerStatus.of(state, now, role) for state in every}
        shown = {code: _shown(status) for code, status in statuses.items()}
        for code, status in statuses.items():
            if seen is not None and seen.get(code) != shown[code]:
                await changes.happens()
                yield status
                info.context.renew()
        seen = shown


def _shown(status: PartnerStatus) -> object:
    """What of it may have changed; its age always does."""
    told = {name: value for name, value in vars(status).items() if name not in {"partner", "age_seconds"}}
    return told | {"next_run_at": status.partner.next_run_at}


def _changes(info: Info) -> Changes:
    if info.context.changes is None:
        raise Unavailable(Code.STORE_UNAVAILABLE, "Nothing can be followed here; ask a query.")
    return info.context.changes
