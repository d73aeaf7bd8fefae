"""``circuit reviews``, ``decide``, ``suppliers`` and ``decisions``: what stewards decide, on the command line.

What is decided here is decided on the directory as it is now; suppliers are up to date when the command ends, the
search index after the next ``circuit index`` (a hub that harvests on schedule builds it by itself).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.author import NO_REASON, author, checked
from gateway.cli.context import run
from gateway.cli.output import AsJson, Failure, as_json, say, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.matching.contract import ReviewReason
    from directory.stewardship import Decision
    from directory.store.database import Database
    from directory.store.reading import Reader
    from directory.store.reviews import StoredReview

REVIEW_COLUMNS = {
    "review": "review",
    "why": "why",
    "weight": "weight",
    "confidence": "sure",
    "listings": "listings",
    "left": "one",
    "right": "other",
}
DECISION_COLUMNS = {
    "decision": "decision",
    "at": "when",
    "kind": "what",
    "about": "about",
    "author": "who",
    "reason": "why",
    "undone_by": "undone by",
}
Reason = Annotated[str, typer.Option(help="Why; kept with the decision.")]
SupplierId = Annotated[int, typer.Argument(metavar="SUPPLIER", help="A supplier's number, as exports have it.")]
ListingNames = Annotated[
    list[str], typer.Argument(metavar="LISTING…", help="Listings, as PARTNER:ID (`cmar:2024-17`).")
]

suppliers = typer.Typer(help="Merge suppliers, split them, move their listings.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(reviews)
    app.command()(decide)
    app.add_typer(suppliers, name="suppliers")
    app.command()(decisions)


def reviews(
    partner: Annotated[str | None, typer.Option(metavar="NAME", help="One of the two is this partner's.")] = None,
    min_weight: Annotated[float | None, typer.Option(help="Match weight of at least this, in bits.")] = None,
    max_weight: Annotated[float | None, typer.Option(help="Match weight of at most this, in bits.")] = None,
    why: Annotated[
        list[str] | None,
        typer.Option(help="Waits for this: LIKELY, TWO_COMPANIES, UNSURE_CLUSTER or CONTRADICTION; may be repeated."),
    ] = None,
    first: Annotated[int, typer.Option(min=1, max=1_000, help="How many to show.")] = 20,
    json: AsJson = False,
) -> None:
    """Pairs of listings that wait for a steward, the answer that brings most first."""
    rows, total = run(_reviews(partner, min_weight, max_weight, _reasons(why or []), first))
    if json:
        as_json(rows)
        return
    table([{**row, "confidence": f"{row['confidence']:.0%}"} for row in rows], REVIEW_COLUMNS, json=False)
    say(f"{len(rows):,} of {total:,} are shown. Answer with circuit decide REVIEW --confirm or --reject.")


def decide(
    review: Annotated[str, typer.Argument(metavar="REVIEW", help="A question, as `circuit reviews` shows it.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="The two are one company.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="They are two companies.")] = False,
    reason: Reason = NO_REASON,
    version: Annotated[
        str | None, typer.Option(help="Refuse unless this is still the version that `circuit reviews --json` showed.")
    ] = None,
) -> None:
    """Answer a question of the queue."""
    if confirm is reject:
        raise Failure("Say --confirm or --reject.", code=2)
    _told(run(_answer(review, checked(reason), version, is_one=confirm)))


@suppliers.command()
def merge(
    into: Annotated[int, typer.Argument(metavar="INTO", help="The supplier whose number stays.")],
    others: Annotated[list[int], typer.Argument(metavar="OTHER…", help="The suppliers merged into it.")],
    reason: Reason,
) -> None:
    """Make all listings of these suppliers one company, whatever is harvested later."""
    _told(run(_merge(into, others, checked(reason))))


@suppliers.command()
def split(supplier: SupplierId, listings: ListingNames, reason: Reason) -> None:
    """Split listings off from a supplier: they are another company, all of them the same one."""
    _told(run(_split(supplier, listings, checked(reason))))


@suppliers.command()
def move(
    listing: Annotated[str, typer.Argument(metavar="LISTING", help="A listing, as PARTNER:ID (`cmar:2024-17`).")],
    to: Annotated[int, typer.Argument(metavar="TO", help="The number of the supplier that it belongs to.")],
    reason: Reason,
) -> None:
    """Move a listing to another supplier."""
    _told(run(_move(listing, to, checked(reason))))


def decisions(
    undo: Annotated[int | None, typer.Option(metavar="N", help="Take this decision back.")] = None,
    reason: Reason = NO_REASON,
    first: Annotated[int, typer.Option(min=1, max=1_000, help="How many to show.")] = 20,
    json: AsJson = False,
) -> None:
    """The latest decisions about suppliers, newest first; or take one back."""
    if undo is not None:
        _told(run(_undo(undo, checked(reason))))
        return
    table(run(_decisions(first)), DECISION_COLUMNS, json=json)


def _told(numbers: Sequence[int]) -> None:
    for number in numbers:
        say(f"Kept as decision {number}; circuit decisions --undo {number} takes it back.")


def _reasons(names: Sequence[str]) -> "tuple[ReviewReason, ...]":
    from directory.matching.contract import ReviewReason

    try:
        return tuple(ReviewReason(name.upper()) for name in names)
    except ValueError:
        raise Failure(f"--why is one of {', '.join(ReviewReason)}.", code=2) from None


async def _reviews(
    partner: str | None,
    min_weight: float | None,
    max_weight: float | None,
    reasons: "tuple[ReviewReason, ...]",
    first: int,
) -> tuple[list[dict[str, Any]], int]:
    from directory.store.reading import Reader
    from directory.store.reviews import ReviewFilter
    from gateway.stores import opened_store

    where = ReviewFilter(partner=partner, min_weight=min_weight, max_weight=max_weight, reasons=reasons)
    async with opened_store(Settings()) as database:
        reader = Reader(database)
        found = await reader.stewards.reviews(where, None, first)
        return await _rows(reader, found), await reader.stewards.review_count(where)


async def _rows(reader: "Reader", found: "Sequence[StoredReview]") -> list[dict[str, Any]]:
    pairs = [(each.left, each.right) for each in found]
    listings = {each.id: each for each in await reader.listings([one for pair in pairs for one in pair]) if each}
    named = {
        number: f"{each.listing.name} ({each.listing.partner}:{each.listing.external_id})"
        for number, each in listings.items()
    }
    return [
        {
            "review": f"{each.left}-{each.right}",
            "why": each.reason,
            "weight": round(each.weight, 2),
            "confidence": each.confidence,
            "gain": each.gain,
            "listings": each.listings,
            "left": named.get(each.left),
            "right": named.get(each.right),
            "left_supplier": listings[each.left].supplier_id if each.left in listings else None,
            "right_supplier": listings[each.right].supplier_id if each.right in listings else None,
            "waits_since": each.created_at,
            "version": version,
        }
        for each, version in zip(found, await reader.stewards.review_versions(pairs), strict=True)
    ]


async def _answer(review: str, reason: str, version: str | None, *, is_one: bool) -> list[int]:
    from directory.stewardship import Confirm, Reject
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    left, _, right = review.partition("-")
    if not (left.isdecimal() and right.isdecimal()):
        raise Failure(f"{review!r} is no question; circuit reviews shows those there are.", code=2)
    pair = int(left), int(right)
    async with opened_store(Settings()) as database:
        reader = Reader(database).stewards
        (waiting,), (now,) = await reader.reviews_by_pair([pair]), await reader.review_versions([pair])
        if waiting is None or now is None:
            raise Failure(f"{review} does not wait for a decision (any more).")
        said = (Confirm if is_one else Reject)(left=waiting.left, right=waiting.right, version=version or now)
        return await _decided(database, said, reason)


async def _merge(into: int, others: Sequence[int], reason: str) -> list[int]:
    from directory.stewardship import Merge
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        versions = await _versions(database, [into, *others])
        return await _decided(database, Merge(into=into, others=tuple(others), versions=versions), reason)


async def _split(supplier: int, listings: Sequence[str], reason: str) -> list[int]:
    from directory.stewardship import Split
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        (version,) = await _versions(database, [supplier])
        gone = tuple([await _listing(database, each) for each in listings])
        return await _decided(database, Split(supplier=supplier, listings=gone, version=version), reason)


async def _move(listing: str, to: int, reason: str) -> list[int]:
    from directory.stewardship import Move
    from directory.store.reading import Reader
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        number = await _listing(database, listing)
        (stored,) = await Reader(database).listings([number])
        versions = await _versions(database, [(stored and stored.supplier_id) or 0, to])
        return await _decided(database, Move(listing=number, to=to, versions=versions), reason)


async def _undo(number: int, reason: str) -> list[int]:
    from directory.stewardship import Undo
    from gateway.stores import opened_store

    async with opened_store(Settings()) as database:
        return await _decided(database, Undo(number), reason)


async def _decided(database: "Database", said: "Decision", reason: str) -> list[int]:
    """Decide, and bring the suppliers up to date."""
    from directory import stewardship
    from gateway.pipeline import resolve_all

    try:
        numbers = await stewardship.decide(database, [said], author=author(), reason=reason)
    except stewardship.Refused as refusal:
        raise Failure(str(refusal)) from None
    await resolve_all(database, Settings())
    return numbers


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
