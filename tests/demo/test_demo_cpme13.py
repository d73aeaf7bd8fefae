from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from demo import serving
from demo.clocks import iso_seconds, read_iso, to_ms
from demo.servers.cpme13 import PASSWORD, USER, Cpme13Server
from demo.servers.posts import TERMS, slugify, texturized
from tests.demo.demo_kit import Answer, Clock, ask, basic, rows_of

KNOWN = basic(USER, PASSWORD)
WRONG = basic(USER, "aaaa bbbb cccc dddd eeee ffff")
TITLES = {11: "Forêt d'Ocre", 12: "No&euml;l & Fils", 13: "Trois", 14: "Quatre", 15: "Cinq"}
MODIFIED = {11: "2026-03-01T10:00:00", 12: "2026-01-01T10:00:00", 13: "2026-02-01T10:00:00"}
META = {"siren": "123 456 782", "telephone": "04 65 71 00 01", "email": "a@b.example", "ref": "x"}
ROWS = [
    {
        "id": key,
        "modified_gmt": MODIFIED.get(key, "2026-02-01T10:00:00"),
        "title": title,
        "content": "<p>Bonjour.</p>",
        "secteur": [3],
        "meta": META,
    }
    for key, title in TITLES.items()
]


@pytest.fixture
def server(clock: Clock) -> Cpme13Server:
    instants = {row["id"]: to_ms(read_iso(str(row["modified_gmt"]))) for row in ROWS}
    return Cpme13Server(rows_of(list(ROWS), "id", instants), clock=clock)


@pytest.fixture
async def api(server: Cpme13Server) -> AsyncIterator[str]:
    async with serving(server) as address:
        yield f"{address}/wp-json/wp/v2"


async def posts(http: aiohttp.ClientSession, api: str, headers: dict[str, str] | None = None, **query: Any) -> Answer:
    return await ask(http, f"{api}/adherent", params=query, headers=headers)


def ids(answer: Answer) -> list[int]:
    return [post["id"] for post in answer.json]


# Pages


async def test_pages_by_id_carry_counts_and_links(http: aiohttp.ClientSession, api: str) -> None:
    answer = await posts(http, api, KNOWN, per_page=2, page=2, orderby="id", order="asc")
    assert ids(answer) == [13, 14]
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("5", "3")
    url = f"{api}/adherent?per_page=2&page={{}}&orderby=id&order=asc"
    assert answer.headers["Link"] == f'<{url.format(1)}>; rel="prev", <{url.format(3)}>; rel="next"'
    assert "ETag" not in answer.headers


async def test_the_newest_come_first_unless_said_otherwise(http: aiohttp.ClientSession, api: str) -> None:
    assert ids(await posts(http, api)) == [15, 14, 13, 12, 11]
    assert ids(await posts(http, api, orderby="modified", order="asc")) == [12, 13, 14, 15, 11]


@pytest.mark.parametrize("size", ["0", "101", "many"])
async def test_a_page_of_more_than_a_hundred_is_refused(http: aiohttp.ClientSession, api: str, size: str) -> None:
    answer = await posts(http, api, KNOWN, per_page=size)
    assert (answer.status, answer.json["code"]) == (400, "rest_invalid_param")
    assert list(answer.json["data"]["params"]) == ["per_page"]


async def test_a_page_too_far_is_400(http: aiohttp.ClientSession, api: str) -> None:
    answer = await posts(http, api, KNOWN, per_page=2, page=4)
    assert answer.status == 400
    assert answer.json == {
        "code": "rest_post_invalid_page_number",
        "message": "The page number requested is larger than the number of pages available.",
        "data": {"status": 400},
    }


async def test_some_posts_by_their_ids(http: aiohttp.ClientSession, api: str) -> None:
    answer = await posts(http, api, KNOWN, include="13,99,11", orderby="id", order="asc")
    assert (ids(answer), answer.headers["X-WP-Total"]) == ([11, 13], "2")


@pytest.mark.parametrize(
    "query", [{"include": "13;1"}, {"orderby": "siren"}, {"order": "up"}, {"context": "all"}, {"page": "0"}]
)
async def test_an_unknown_value_is_refused(http: aiohttp.ClientSession, api: str, query: dict[str, str]) -> None:
    answer = await posts(http, api, KNOWN, **query)
    assert (answer.status, answer.json["code"]) == (400, "rest_invalid_param")
    assert answer.json["message"] == f"Invalid parameter(s): {next(iter(query))}"


# Who reads


async def test_a_wrong_password_is_an_anonymous_reader_with_200(http: aiohttp.ClientSession, api: str) -> None:
    for headers in (None, WRONG):
        answer = await posts(http, api, headers, per_page=1)
        assert answer.status == 200
        assert {"telephone", "email", "ref"}.isdisjoint(answer.json[0]["meta"])
    known = await posts(http, api, KNOWN, per_page=1)
    assert known.json[0]["meta"]["telephone"] == "04 65 71 00 01"


@pytest.mark.parametrize("headers", [None, WRONG])
async def test_only_a_user_may_read_in_edit_context(
    http: aiohttp.ClientSession, api: str, headers: dict[str, str] | None
) -> None:
    answer = await posts(http, api, headers, context="edit")
    assert (answer.status, answer.json["code"]) == (401, "rest_forbidden_context")


async def test_who_am_i(http: aiohttp.ClientSession, api: str) -> None:
    assert (await ask(http, f"{api}/users/me", headers=KNOWN)).json["slug"] == USER
    stranger = await ask(http, f"{api}/users/me", headers=WRONG)
    assert (stranger.status, stranger.json["code"]) == (401, "rest_not_logged_in")


async def test_spaces_of_the_password_do_not_count(http: aiohttp.ClientSession, api: str) -> None:
    answer = await ask(http, f"{api}/users/me", headers=basic(USER, PASSWORD.replace(" ", "")))
    assert answer.status == 200


# Posts


async def test_names_are_texturized_and_texts_nested(http: aiohttp.ClientSession, api: str) -> None:
    first, second = (await posts(http, api, KNOWN, orderby="id", order="asc", per_page=2, context="edit")).json
    assert first["title"] == {"rendered": "Forêt d&rsquo;Ocre", "raw": "Forêt d'Ocre"}
    assert second["title"] == {"rendered": "No&euml;l &amp; Fils", "raw": "No&euml;l & Fils"}
    assert first["content"] == {"rendered": "<p>Bonjour.</p>", "protected": False, "raw": "<p>Bonjour.</p>"}
    assert (first["modified_gmt"], first["modified"]) == ("2026-03-01T10:00:00", "2026-03-01T11:00:00")
    assert (first["slug"], first["link"]) == ("foret-d-ocre", "https://cpme13.example/adherent/foret-d-ocre/")
    assert first["meta"]["naf"] == ""


async def test_json_is_written_as_php_writes_it(http: aiohttp.ClientSession, api: str) -> None:
    answer = await posts(http, api, include_raw="1", orderby="id", order="asc", per_page=1)
    assert answer.body.isascii()
    assert rb"https:\/\/cpme13.example\/adherent\/foret-d-ocre\/" in answer.body
    assert rb"For\u00eat d&rsquo;Ocre" in answer.body


async def test_fields_are_projected_to_any_depth(http: aiohttp.ClientSession, api: str) -> None:
    query = {"orderby": "id", "order": "asc", "per_page": 1}
    some = await posts(http, api, KNOWN, _fields="id,title.rendered,meta.siren,meta.naf,nothing", **query)
    assert some.json == [
        {"id": 11, "title": {"rendered": "Forêt d&rsquo;Ocre"}, "meta": {"siren": "123 456 782", "naf": ""}}
    ]
    assert (await posts(http, api, KNOWN, _fields="id", **query)).json == [{"id": 11}]


@pytest.mark.parametrize(
    ("raw", "rendered"),
    [
        ("A & B", "A &amp; B"),
        ("A &amp; B", "A &amp; B"),
        ("A - B", "A &ndash; B"),
        ("Etc...", "Etc&hellip;"),
        ("L’été", "L&rsquo;été"),
        ("&#8217; reste", "&#8217; reste"),
    ],
)
def test_texturizing(raw: str, rendered: str) -> None:
    assert texturized(raw) == rendered


def test_slugs_leave_entities_out() -> None:
    assert slugify("No&euml;l & Fils") == "no-l-fils"


async def test_sectors_are_terms_of_a_taxonomy(http: aiohttp.ClientSession, api: str) -> None:
    answer = await ask(http, f"{api}/secteur", params={"per_page": "100", "orderby": "id", "_fields": "id,name,slug"})
    assert answer.json == [{"id": number, "name": name, "slug": slug} for number, name, slug in TERMS]
    assert answer.headers["X-WP-Total"] == str(len(TERMS))
    by_name = await ask(http, f"{api}/secteur", params={"per_page": "2"})
    assert [term["name"] for term in by_name.json] == sorted(name for _, name, _ in TERMS)[:2]


async def test_another_route_does_not_exist(http: aiohttp.ClientSession, api: str) -> None:
    answer = await ask(http, f"{api}/adherents")
    assert (answer.status, answer.json["code"]) == (404, "rest_no_route")


# Changes


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-02-01T10:00:00Z", [11]),
        ("2026-02-01T09:59:59Z", [11, 13, 14, 15]),
        ("2026-02-01T10:00:00", [11, 13, 14, 15]),  # naive: the site's local time, an hour earlier in UTC
        ("2026-02-01T11:00:00", [11]),
        ("2026-03-01T10:00:00.999Z", []),
    ],
)
async def test_modified_after_is_strictly_later_to_the_second(
    http: aiohttp.ClientSession, api: str, after: str, expected: list[int]
) -> None:
    answer = await posts(http, api, KNOWN, modified_after=after, orderby="id", order="asc")
    assert ids(answer) == expected
    assert answer.headers["X-WP-Total"] == str(len(expected))


async def test_modified_before_bounds_the_other_side(http: aiohttp.ClientSession, api: str) -> None:
    assert ids(await posts(http, api, modified_before="2026-02-01T10:00:00Z")) == [12]


async def test_a_date_that_is_none_is_refused(http: aiohttp.ClientSession, api: str) -> None:
    answer = await posts(http, api, modified_after="hier")
    assert (answer.status, answer.json["data"]["params"]) == (400, {"modified_after": "Invalid date."})


async def test_editing_upstream(http: aiohttp.ClientSession, api: str, server: Cpme13Server, clock: Clock) -> None:
    clock.tick(milliseconds=700)
    server.edit("12", title="Deux", meta={"naf": "43.22A"})
    new = server.add({"title": "Six", "content": "", "meta": {}})
    server.delete("14")
    answer = await posts(http, api, KNOWN, modified_after="2026-11-22T11:59:59Z", orderby="id", order="asc")
    assert ids(answer) == [12, int(new)] == [12, 16]
    edited = answer.json[0]
    assert edited["modified_gmt"] == iso_seconds(clock()) == "2026-11-22T12:00:00"
    assert (edited["title"]["rendered"], edited["meta"]["naf"], edited["meta"]["siren"]) == (
        "Deux",
        "43.22A",
        "123 456 782",
    )
    assert (await posts(http, api, modified_after="2026-11-22T12:00:00Z")).json == []
    assert ids(await posts(http, api, orderby="id", order="asc")) == [11, 12, 13, 15, 16]
