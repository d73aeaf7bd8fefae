"""``circuit reviews`` and ``circuit decide``: the queue of pairs that wait for a steward, and the answers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.author import NO_REASON, checked
from gateway.cli.context import run
from gateway.cli.deciding import Reason, decided, told
from gateway.cli.output import AsJson, Failure, as_json, say, table
from gateway.settings import Settings

if TYPE_CHECKING:
    from directory.matching.contract import ReviewReason
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


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(reviews)
    app.command()(decide)


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
    told(run(_answer(review, checked(reason), version, is_one=confirm)))


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


async def _answer(review: str, reason: str, version: str | None, *, is_one: bool) -> int:
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
        return await decided(database, said, reason)
