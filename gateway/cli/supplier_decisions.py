"""``circuit suppliers`` and ``circuit decisions``: merge and split suppliers, fix their values, take decisions back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from directory.records import SupplierField
from gateway.cli.author import NO_REASON, checked
from gateway.cli.context import run
from gateway.cli.deciding import Reason, decided, told
from gateway.cli.output import AsJson, Failure, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.store.database import Database

DECISION_COLUMNS = {
    "decision": "decision",
    "at": "when",
    "kind": "what",
    "about": "about",
    "field": "field",
    "author": "who",
    "reason": "why",
    "undone_by": "undone by",
}
SupplierId = Annotated[int, typer.Argument(metavar="SUPPLIER", help="A supplier's number, as exports have it.")]
ListingNames = Annotated[
    list[str], typer.Argument(metavar="LISTING…", help="Listings, as PARTNER:ID (`cmar:2024-17`).")
]
FieldName = Annotated[
    SupplierField, typer.Argument(metavar="FIELD", case_sensitive=False, help="Which value of it.", show_choices=True)
]

suppliers = typer.Typer(
    help="Merge suppliers, split them, move their listings, fix their values.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(suppliers, name="suppliers")
    app.command()(decisions)


@suppliers.command()
def merge(
    into: Annotated[int, typer.Argument(metavar="INTO", help="The supplier whose number stays.")],
    others: Annotated[list[int], typer.Argument(metavar="OTHER…", help="The suppliers merged into it.")],
    reason: Reason,
) -> None:
    """Make all listings of these suppliers one company, whatever is harvested later."""
    told(run(_merge(into, others, checked(reason))))


@suppliers.command()
def split(supplier: SupplierId, listings: ListingNames, reason: Reason) -> None:
    """Split listings off from a supplier: they are another company, all of them the same one."""
    told(run(_split(supplier, listings, checked(reason))))


@suppliers.command()
def move(
    listing: Annotated[str, typer.Argument(metavar="LISTING", help="A listing, as PARTNER:ID (`cmar:2024-17`).")],
    to: Annotated[int, typer.Argument(metavar="TO", help="The number of the supplier that it belongs to.")],
    reason: Reason,
) -> None:
    """Move a listing to another supplier."""
    told(run(_move(listing, to, checked(reason))))


@suppliers.command()
def pin(
    supplier: SupplierId,
    field: FieldName,
    listing: Annotated[str, typer.Option(metavar="LISTING", help="Whose value it is, as PARTNER:ID (`cmar:2024-17`).")],
    reason: Reason,
) -> None:
    """Fix a value to what one of the supplier's listings says, whatever the rules would choose."""
    told(run(_pin(supplier, field, listing, checked(reason))))


@suppliers.command()
def unpin(supplier: SupplierId, field: FieldName, reason: Reason) -> None:
    """Let the rules choose a value again."""
    told(run(_unpin(supplier, field, checked(reason))))


def decisions(
    undo: Annotated[int | None, typer.Option(metavar="N", help="Take this decision back.")] = None,
    reason: Reason = NO_REASON,
    first: Annotated[int, typer.Option(min=1, max=1_000, help="How many to show.")] = 20,
    json: AsJson = False,
) -> None:
    """The latest decisions about suppliers, newest first; or take one back."""
    if undo is not None:
        told(run(_undo(undo, checked(reason))))
        return
    table(run(_decisions(first)), DECISION_COLUMNS, json=json)


async def _merge(into: int, others: Sequence[int], reason: str) -> int:
    from directory.stewardship import Merge
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        versions = await _versions(database, [into, *others])
        return await decided(database, Merge(into=into, others=tuple(others), versions=versions), reason)


async def _split(supplier: int, listings: Sequence[str], reason: str) -> int:
    from directory.stewardship import Split
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        (version,) = await _versions(database, [supplier])
        gone = tuple([await _listing(database, each) for each in listings])
        return await decided(database, Split(supplier=supplier, listings=gone, version=version), reason)


async def _move(listing: str, to: int, reason: str) -> int:
    from directory.stewardship import Move
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        number = await _listing(database, listing)
        (stored,) = await Reader(database).listings([number])
        versions = await _versions(database, [(stored and stored.supplier_id) or 0, to])
        return await decided(database, Move(listing=number, to=to, versions=versions), reason)


async def _pin(supplier: int, field: SupplierField, listing: str, reason: str) -> int:
    from directory.stewardship import Pin
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        (version,) = await _versions(database, [supplier])
        number = await _listing(database, listing)
        said = Pin(supplier=supplier, field=field, listing=number, version=version)
        return await decided(database, said, reason)


async def _unpin(supplier: int, field: SupplierField, reason: str) -> int:
    from directory.stewardship import Unpin
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        (version,) = await _versions(database, [supplier])
        return await decided(database, Unpin(supplier=supplier, field=field, version=version), reason)


async def _undo(number: int, reason: str) -> int:
    from directory.stewardship import Undo
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        return await decided(database, Undo(number), reason)


async def _versions(database: "Database", numbers: Sequence[int]) -> tuple[str, ...]:
    from directory.store.reading import Reader

    found = await Reader(database).stewards.versions(numbers)
    for number, version in zip(numbers, found, strict=True):
        if version is None:
            raise Failure(f"There is no supplier {number}; circuit export suppliers lists those there are.")
    return tuple(version or "" for version in found)


async def _listing(database: "Database", name: str) -> int:
    from directory.store.reading import Reader

    partner, _, external_id = name.partition(":")
    (number,) = await Reader(database).stewards.listing_ids([(partner, external_id)])
    if number is None:
        raise Failure(f"There is no listing {name!r}; write it as PARTNER:ID (cmar:2024-17).")
    return number


async def _decisions(first: int) -> list[dict[str, Any]]:
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        found = await Reader(database).stewards.latest_acts(first)
    return [
        {
            "decision": act.id,
            "at": act.at,
            "kind": act.kind,
            "about": ", ".join(f"{partner}:{external_id}" for partner, external_id in act.listings),
            "field": act.field,
            "author": act.author,
            "reason": act.reason,
            "undoes": act.undoes,
            "undone_by": act.undone_by,
        }
        for act in found
    ]
