"""Anything by its id."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, cast

import strawberry

from directory.nomenclature import labels
from schema import ids, paging
from schema.change import change_of
from schema.classification import Label
from schema.context import Info
from schema.cost import counted_by
from schema.decision import decision_of
from schema.errors import BadInput, RequestError
from schema.establishment import Establishment
from schema.fields import resolved
from schema.ids import Node
from schema.listing import listing_of
from schema.match_review import review_of
from schema.partner import Partner
from schema.run import run_of
from schema.supplier import supplier_of


async def _supplier(info: Info, key: str) -> Node | None:
    return await supplier_of(info, ids.as_number(key))


async def _listing(info: Info, key: str) -> Node | None:
    return await listing_of(info, ids.as_number(key))


async def _establishment(info: Info, key: str) -> Node | None:
    number, _, place = key.partition("/")
    supplier = await supplier_of(info, ids.as_number(number))
    if supplier is None:
        return None
    sites = (site for site in supplier.record.establishments if site.id == place)
    return next((Establishment.of(supplier.record.id, site) for site in sites), None)


async def _partner(info: Info, key: str) -> Node | None:
    state = (await info.context.loaders.partners()).get(key)
    return Partner.of(state) if state else None


async def _run(info: Info, key: str) -> Node | None:
    return await run_of(info, ids.as_number(key))


async def _label(_info: Info, key: str) -> Node | None:
    # Partners have labels of their own, which no list names: any text that is a label's code is that label's.
    return Label.of(key) if labels.find(key).id == key else None


async def _decision(info: Info, key: str) -> Node | None:
    return await decision_of(info, ids.as_number(key))


async def _change(info: Info, key: str) -> Node | None:
    return await change_of(info, ids.as_number(key))


FINDERS: dict[str, Callable[[Info, str], Awaitable[Node | None]]] = {
    "Decision": _decision,
    "Establishment": _establishment,
    "HarvestRun": _run,
    "Label": _label,
    "Listing": _listing,
    "MatchReview": review_of,
    "Partner": _partner,
    "Supplier": _supplier,
    "SupplierChange": _change,
}


async def node_of(info: Info, opaque: str) -> Node | None:
    """The thing with this id; ``None`` when it is gone or the caller may not see it."""
    found = ids.decode(opaque)
    if found.type not in FINDERS:
        raise BadInput(ids.NOT_OURS)
    return await FINDERS[found.type](info, found.key)


@strawberry.type
class NodeQuery:
    """Root fields that fetch anything again."""

    @resolved("Anything by its id; null when it is gone or the caller may not see it.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="An id from an earlier answer.")],  # noqa: A002
    ) -> Node | None:
        return await node_of(info, id)

    @resolved("Many things by their ids, in the order asked; each as `node` would give it.", counted_by("ids"))
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description=f"Ids from earlier answers, at most {paging.MAX}.")
        ],
    ) -> list[Node | None]:
        if len(ids) > paging.MAX:
            raise BadInput(f"`ids` takes at most {paging.MAX} ids; ask for the rest in another request.")
        return list(await asyncio.gather(*(_item(info, opaque) for opaque in ids)))


async def _item(info: Info, opaque: str) -> Node | None:
    try:
        return await node_of(info, opaque)
    except RequestError as refusal:
        # An exception among the items becomes the error of its own item; raised, it would take the others away.
        return cast("Node", refusal)
