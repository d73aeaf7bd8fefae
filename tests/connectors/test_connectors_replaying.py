"""Readings made again of kept copies: the same listings without a request, and a refusal when the copies do not fit."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from aiohttp import web

from connectors import Declaration, PartnerRefused, declare, replay
from demo import Region, Running, partners, settings
from directory.records import Copy, End, Page, Scope, Traffic
from tests.connectors.acceptance_partners import CASES
from tests.connectors.partner_kit import HASTE, Declared, Reading, Serve, plain, reading_of

STALE = "the kept copy of this reading does not hold what the present settings ask for; harvest the partner again"


class Kept:
    """The copies of a reading, as a store keeps them: a chapter begun again replaces what was kept of it."""

    def __init__(self, reading: Reading) -> None:
        self.copies: list[Copy] = []
        for page in reading.pages:
            if page.restarts:
                self.copies = [copy for copy in self.copies if copy.chapter != "pass"]
            self.copies += page.copies
        self.copies += reading.end.copies

    async def __call__(self, chapter: str, number: int) -> Sequence[Copy]:
        return [copy for copy in reversed(self.copies) if (copy.chapter, copy.number) == (chapter, number)]


async def replayed(declaration: Declaration, reel: Kept, cursor: str | None = None) -> Reading:
    reading = Reading()
    async for part in replay(declaration, reel).read(cursor):
        reading.pages.append(part) if isinstance(part, Page) else reading.ends.append(part)
    return reading


async def refusal(declaration: Declaration, reel: Kept) -> str:
    with pytest.raises(PartnerRefused) as caught:
        await replayed(declaration, reel)
    return str(caught.value)


@pytest.mark.parametrize("partner", ["chambre", "cmar", "cpme13", "cress_paca", "french_tech"])
async def test_a_reading_made_again_is_the_same_and_asks_nobody(partner: str) -> None:
    async with partners(Region(seed=13, companies=120)) as running:
        declared = declare(partner, {**settings(running)[partner], **HASTE, "page_size": 7})
        first = await reading_of(declared)
    second = await replayed(declared, Kept(first))
    assert second.listings == first.listings
    assert len(second.listings) > 10
    assert (second.unusable, second.deleted) == (first.unusable, first.deleted)
    assert (second.end.scope, second.end.cursor, second.end.shape) == (Scope.FULL, first.end.cursor, first.end.shape)
    assert second.end.traffic == Traffic()
    assert Kept(second).copies == []


@pytest.mark.parametrize("partner", ["chambre", "cmar", "cpme13", "cress_paca", "french_tech"])
async def test_a_reading_of_changes_is_made_again_from_where_it_began(
    partner: str, demo: Running, declared: Declared
) -> None:
    declaration = declared(partner)
    before = await reading_of(declaration)
    edited, deleted, *_ = sorted(before.listings)
    demo[partner].edit(edited, **CASES[partner].renamed("CHANGEE"))
    demo[partner].delete(deleted)
    first = await reading_of(declaration, before.end.cursor)
    mended = declared(partner, fields={"labels": []})
    second = await replayed(mended, Kept(first), before.end.cursor)
    assert second.listings.keys() == first.listings.keys()
    assert second.listings[edited].name == "CHANGEE"
    assert (second.deleted, second.end.scope, second.end.present) == (first.deleted, first.end.scope, first.end.present)


async def test_a_mended_mapping_is_used_on_yesterdays_answers(declared: Declared) -> None:
    first = await reading_of(declared("cpme13"))
    mended = declared("cpme13", fields={"headcount": "slug"})
    second = await replayed(mended, Kept(first))
    assert set(second.listings) == set(first.listings)
    slugs = {external_id: msgspec.json.decode(listing.raw)["slug"] for external_id, listing in first.listings.items()}
    assert {external_id: listing.headcount for external_id, listing in second.listings.items()} == slugs


async def test_nothing_of_accounts_is_among_the_copies(declared: Declared) -> None:
    for partner in ("chambre", "cpme13", "french_tech", "cmar"):
        declaration = declared(partner)
        copies = Kept(await reading_of(declaration)).copies
        assert {copy.chapter for copy in copies} <= {"terms", "pass"}
        assert not [copy.path for copy in copies if "token" in copy.path or "users" in copy.path]
        for secret in declaration.secrets:
            assert secret not in repr(copies)


@pytest.mark.parametrize(
    ("partner", "changes"),
    [
        ("chambre", {"resource": "buckets/cci/collections/autre"}),
        ("cmar", {"base_url": "http://127.0.0.1:1/autre.csv"}),
        ("cpme13", {"resource": "membre"}),
        ("french_tech", {"base_url": "http://127.0.0.1:1/autre"}),
    ],
)
async def test_copies_of_another_address_are_refused(partner: str, changes: dict[str, Any], declared: Declared) -> None:
    first = await reading_of(declared(partner))
    changed = declared(partner, **changes)
    assert await refusal(changed, Kept(first)) == f"{changed.title}: {STALE}"


@pytest.mark.parametrize("partner", ["chambre", "cmar", "cpme13", "cress_paca", "french_tech"])
async def test_copies_that_are_missing_are_refused(partner: str, declared: Declared) -> None:
    declaration = declared(partner, page_size=7)
    kept = Kept(await reading_of(declaration))
    last = max(copy.number for copy in kept.copies if copy.chapter == "pass")
    kept.copies = [copy for copy in kept.copies if (copy.chapter, copy.number) != ("pass", last)]
    assert await refusal(declaration, kept) == f"{declaration.title}: {STALE}"
    kept.copies = []
    assert await refusal(declaration, kept) == f"{declaration.title}: {STALE}"


async def test_a_file_that_lacks_a_piece_is_refused(serve: Serve) -> None:
    lines = b"".join(b"%06d;%s\n" % (number, b"A" * 900) for number in range(4_000))

    async def file(_: web.Request) -> web.Response:
        return web.Response(body=b"id;name\n" + lines)

    declared = plain(await serve({"/": file}), protocol="csv")
    first = await reading_of(declared)
    kept = Kept(first)
    assert len(kept.copies) > 2
    second = await replayed(declared, kept)
    assert second.listings == first.listings
    assert len(second.listings) == 4_000
    for piece in range(len(kept.copies)):
        without = Kept(first)
        without.copies = [copy for copy in kept.copies if copy.piece != piece]
        assert await refusal(declared, without) == f"Essai: {STALE}"


async def test_a_reading_of_changes_is_not_taken_for_everything(declared: Declared) -> None:
    declaration = declared("cpme13", overlap=604_800)
    first = await reading_of(declaration)
    kept = Kept(await reading_of(declaration, first.end.cursor))
    assert {copy.chapter for copy in kept.copies} == {"terms", "pass", "sweep"}
    assert await refusal(declaration, kept) == (
        "CPME 13: the kept copy is that of a reading of changes alone; replay a full reading or harvest the partner "
        "again"
    )


async def test_a_reading_that_began_again_is_made_again_of_its_last_pass(serve: Serve) -> None:
    asked: list[str] = []

    async def page(request: web.Request) -> web.Response:
        asked.append(request.query["page"])
        number, total = int(asked[-1]), 3 if len(asked) == 2 else 2
        return web.json_response({"data": [{"id": number, "name": f"A{len(asked)}"}], "total": total})

    declared = plain(await serve({"/": page}), pages={"paging": "page", "records": "data", "total": "total"})
    first = await reading_of(declared)
    assert asked == ["1", "2", "1", "2"]
    second = await replayed(declared, Kept(first))
    assert [listing.name for listing in second.listings.values()] == ["A3", "A4"]
    assert not any(part.restarts for part in second.pages)


async def test_relative_addresses_after_a_redirect_lead_to_the_same_copies(serve: Serve) -> None:
    async def moved(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/v2/members"})

    async def page(request: web.Request) -> web.Response:
        number = int(request.query.get("page", "1"))
        following = {"next": "?page=2"} if number == 1 else {}
        return web.json_response({"data": [{"id": number, "name": "A"}], **following})

    declared = plain(await serve({"/": moved, "/v2/members": page}), pages={"paging": "next", "records": "data"})
    first = await reading_of(declared)
    second = await replayed(declared, Kept(first))
    assert list(second.listings) == ["1", "2"]
    assert isinstance(second.end, End)
