"""WordPress: identity proved, terms resolved, members that vanish between pages, notices before the JSON."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from aiohttp import web

from connectors import Declaration, PartnerRefused, PartnerUnavailable, declare, open_connector
from demo import Running
from directory.records import End, Nomenclature, Scope
from tests.connectors.partner_kit import HASTE, Declared, Serve, failure_of, reading_of

Rows = list[dict[str, object]]


def anonymous(address: str, page_size: int = 2, **fields: object) -> Declaration:
    overrides = {
        "title": "Essai",
        "protocol": "wordpress",
        "base_url": address,
        "resource": "membre",
        "page_size": page_size,
        "fields": {"id": "id", "name": {"path": "title.rendered", "read": "html"}, **fields},
        **HASTE,
    }
    return declare("essai", overrides)


def site(rows: Callable[[], Rows]) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A site without accounts: posts by page, the total in its header."""

    async def answer(request: web.Request) -> web.Response:
        found, size, page = rows(), int(request.query["per_page"]), int(request.query["page"])
        if page > max(1, -(-len(found) // size)):
            return web.json_response({"code": "rest_post_invalid_page_number"}, status=400)
        body = msgspec.json.encode(found[(page - 1) * size : page * size])
        headers = {"X-WP-Total": str(len(found)), "Content-Type": "application/json"}
        return web.Response(body=body, headers=headers)

    return answer


def posts(*ids: int) -> Rows:
    return [{"id": one, "title": {"rendered": f"N&deg;&nbsp;{one}"}} for one in ids]


PATH = "/wp-json/wp/v2/membre"


async def test_sectors_are_words_not_numbers(declared: Declared) -> None:
    reading = await reading_of(declared("cpme13"))
    own = {
        activity.label
        for listing in reading.listings.values()
        for activity in listing.activities
        if activity.nomenclature is Nomenclature.PARTNER
    }
    assert "Bâtiment et travaux publics" in own
    assert all(word and not word.isdecimal() for word in own)


async def test_deletions_show_in_a_sweep_of_ids(demo: Running, declared: Declared) -> None:
    first = await reading_of(declared("cpme13"))
    gone = sorted(first.listings)[3]
    demo["cpme13"].delete(gone)
    second = await reading_of(declared("cpme13"), first.end.cursor)
    assert second.end.scope is Scope.CHANGES
    assert second.end.present == frozenset(first.listings) - {gone}


async def test_changes_are_asked_for_in_utc_by_the_sites_own_clock(serve: Serve) -> None:
    asked: list[str | None] = []
    answer = site(lambda: posts(1))

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.query.get("modified_after"))
        response = await answer(request)
        response.headers["Date"] = "Mon, 23 Nov 2026 10:00:00 GMT"
        return response

    address = await serve({PATH: handler})
    first = await reading_of(anonymous(address))
    await reading_of(anonymous(address), first.end.cursor)
    assert asked == [None, "2026-11-23T09:57:59Z", None]


async def test_a_member_trashed_between_pages_makes_the_reading_begin_again(demo: Running, declared: Declared) -> None:
    server = demo["cpme13"]
    first, *_ = server.external_ids()
    seen: set[str] = set()
    restarts = 0
    async with open_connector(declared("cpme13", page_size=3)) as connector:
        async for part in connector.read():
            if isinstance(part, End):
                break
            seen = set() if part.restarts else seen
            restarts += part.restarts
            seen |= {listing.external_id for listing in part.listings}
            if first in server.external_ids():
                server.delete(first)
    assert (seen, restarts) == (set(server.external_ids()), 1)
    assert isinstance(part, End)


async def test_a_site_that_never_stands_still_is_given_up(serve: Serve) -> None:
    ids = list(range(1, 100))

    def shrinking() -> Rows:
        ids.pop(0)
        return posts(*ids)

    failure = await failure_of(anonymous(await serve({PATH: site(shrinking)})))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: its directory changed while it was read; try again later"


async def test_a_page_that_no_longer_exists_begins_again(serve: Serve) -> None:
    answers = iter([posts(1, 2, 3), posts(1), posts(1), posts(1)])
    reading = await reading_of(anonymous(await serve({PATH: site(lambda: next(answers))})))
    assert (sorted(reading.listings), reading.deleted, reading.pages[-1].announced) == (["1"], [], 1)


@pytest.mark.parametrize("total", [3, 99_999_999_999])
async def test_an_empty_page_before_the_end_is_read_once_more_and_then_given_up(total: int, serve: Serve) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.query["page"])
        body = msgspec.json.encode(posts(1, 2) if request.query["page"] == "1" else [])
        return web.Response(body=body, headers={"X-WP-Total": str(total)})

    failure = await failure_of(anonymous(await serve({PATH: answer}), page_size=1))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        f"Essai: it announced {total:,} records and gave an empty page before their end; try again later, or ask the "
        "partner if it persists"
    )
    assert asked == ["1", "2", "1", "2"]


async def test_a_notice_before_the_json_is_refused(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="<br />\n<b>Notice</b>: x\n[]", headers={"X-WP-Total": "0"})

    failure = await failure_of(anonymous(await serve({PATH: answer})))
    assert isinstance(failure, PartnerRefused)
    assert str(failure) == (
        "Essai: an answer is HTML instead of JSON; ask the partner what its server says, or correct "
        "partners.essai.resource"
    )


async def test_a_wrong_parameter_is_refused_with_wordpress_code(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"code": "rest_invalid_param", "message": "x"}, status=400)

    failure = await failure_of(anonymous(await serve({PATH: answer})))
    assert str(failure) == (
        "Essai: its server does not understand the request (400 rest_invalid_param); correct partners.essai.base_url "
        "and resource"
    )


async def test_a_proxy_that_drops_the_total_is_named(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response([])

    failure = await failure_of(anonymous(await serve({PATH: answer})))
    assert str(failure) == "Essai: its site sends no X-WP-Total; ask the partner to let this header through"


@pytest.mark.parametrize("term", [b'{"id":"x","name":"BTP"}', b'{"id":1}', b"null", b'{"id":1,"name":[' + b"9" * 5_000])
async def test_a_term_of_another_shape_is_refused(term: bytes, serve: Serve) -> None:
    async def terms(_: web.Request) -> web.Response:
        return web.Response(body=b"[" + term + b"]", headers={"X-WP-Total": "1"})

    address = await serve({PATH: site(lambda: posts(1)), "/wp-json/wp/v2/secteur": terms})
    failure = await failure_of(anonymous(address, sectors={"path": "secteur", "terms": "secteur"}))
    assert isinstance(failure, PartnerRefused)
    is_damaged = term.endswith(b"9")
    assert str(failure) == (
        f"Essai: an answer {'is JSON that is cut or damaged' if is_damaged else 'has not the shape of its protocol'}; "
        "ask the partner what its server says, or correct "
        f"partners.essai.{'resource' if is_damaged else 'fields'}"
    )


@pytest.mark.parametrize("ids", [(), (1,), (1, 2), (1, 2, 3)])
async def test_an_anonymous_site_is_read_without_an_account(ids: tuple[int, ...], serve: Serve) -> None:
    reading = await reading_of(anonymous(await serve({PATH: site(lambda: posts(*ids))})))
    assert {listing.name for listing in reading.listings.values()} == {f"N° {one}" for one in ids}


async def test_terms_are_bounded_and_clean(serve: Serve) -> None:
    body = msgspec.json.encode([{"id": 7, "name": "<b>B</b>" * 9_000, "slug": "b\0tp" + "p" * 900}])

    async def terms(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"X-WP-Total": "1"})

    address = await serve({PATH: site(lambda: [{**posts(1)[0], "secteur": [7]}]), "/wp-json/wp/v2/secteur": terms})
    reading = await reading_of(anonymous(address, sectors={"path": "secteur", "terms": "secteur"}))
    (activity,) = reading.listings["1"].activities
    assert (activity.code, activity.label) == ("btp" + "p" * 196, "B" * 200)


async def test_terms_that_go_in_circles_are_refused(serve: Serve) -> None:
    async def terms(_: web.Request) -> web.Response:
        return web.Response(body=b'[{"id":1,"name":"BTP"}]', headers={"X-WP-Total": "99999999999"})

    address = await serve({PATH: site(lambda: posts(1)), "/wp-json/wp/v2/secteur": terms})
    failure = await failure_of(anonymous(address, sectors={"path": "secteur", "terms": "secteur"}))
    assert str(failure) == (
        "Essai: its server leads back to a page that was read already; ask the partner to mend its paging"
    )


async def test_an_id_that_wordpress_reads_as_another_is_nobodys(serve: Serve) -> None:
    async def answer(request: web.Request) -> web.Response:
        raise AssertionError(request.query["include"])

    async with open_connector(anonymous(await serve({PATH: answer}))) as connector:
        assert await connector.member("007") is None
