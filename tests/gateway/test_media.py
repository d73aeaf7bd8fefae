"""Media types are chosen as RFC 9110 says."""

import pytest

from gateway.media import Media, negotiate

PROGRAMS = (Media.JSON, Media.GRAPHQL)
EVERYONE = (*PROGRAMS, Media.HTML)
CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "offers", "chosen"),
    [
        (None, PROGRAMS, Media.JSON),
        (" ", PROGRAMS, Media.JSON),
        ("*/*", PROGRAMS, Media.JSON),
        ("*/*", EVERYONE, Media.JSON),
        ("application/*", PROGRAMS, Media.JSON),
        ("application/json", PROGRAMS, Media.JSON),
        ("application/graphql-response+json", PROGRAMS, Media.GRAPHQL),
        ("APPLICATION/GraphQL-Response+JSON; charset=utf-8", PROGRAMS, Media.GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", PROGRAMS, Media.GRAPHQL),
        ("application/graphql-response+json, application/json", PROGRAMS, Media.GRAPHQL),
        ("application/json, application/graphql-response+json", PROGRAMS, Media.JSON),
        ("application/json;q=0.5, application/graphql-response+json", PROGRAMS, Media.GRAPHQL),
        ("application/json;q=0, */*", PROGRAMS, Media.GRAPHQL),
        ("application/graphql-response+json, */*", PROGRAMS, Media.GRAPHQL),
        (CHROMIUM, EVERYONE, Media.HTML),
        (CHROMIUM, PROGRAMS, Media.JSON),
        ("text/html", PROGRAMS, None),
        ("text/*", EVERYONE, Media.HTML),
        ("image/png", EVERYONE, None),
        ("application/json;q=0", PROGRAMS, None),
        ("application/json;q=high", PROGRAMS, None),
        ("application/json;q=nan", PROGRAMS, None),
        (",;,=,/", PROGRAMS, None),
    ],
)
def test_negotiate(accept: str | None, offers: tuple[Media, ...], chosen: Media | None) -> None:
    assert negotiate(accept, offers) is chosen
