"""Single values: text, HTML, numbers, dates, and the facts of an answer's head."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import CIMultiDict
from yarl import URL

from connectors import readers
from connectors.replies import Reply, http_date, retry_after

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<p>A &lt;b&gt; c</p>", "A <b> c"),
        ("No&euml;l &amp; Fils", "Noël & Fils"),
        ("a < b", "a < b"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("<a href='javascript:x'>lien</a><style>p{}</style><iframe src=x>y</iframe>", "lien"),
        ("un<br/>deux", "un\ndeux"),
        (None, ""),
        (12, "12"),
    ],
)
def test_html_becomes_plain_text(value: Any, text: str) -> None:
    assert readers.paragraphs(readers.html(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Dupont & Fils", "Dupont & Fils"),
        ("M&notaires, R&D; AT&T", "M&notaires, R&D; AT&T"),
        ("For&ecirc;t d&#039;Ocre &amp; Fils", "Forêt d'Ocre & Fils"),
        ("No&amp;euml;l &amp;amp;amp; Fils", "Noël & Fils"),
        ("&#xE9;lan &#233; &#0; &#99999999;", "élan é \ufffd &#99999999;"),
        ("<b>Bois</b> &lt;i&gt;noir&lt;/i&gt;<script>x()</script>", "Bois noir"),
        ("Prix <5 € & > 3", "Prix <5 € & > 3"),
        ("<p>un</p><p>deux</p>", "un\ndeux"),
        (12, "12"),
        (None, ""),
        ({"a": 1}, ""),
    ],
)
def test_words_of_any_field_are_plain_text(value: Any, text: str) -> None:
    assert readers.paragraphs(readers.plain(value)) == text


def test_html_that_was_escaped_twice_is_read_too() -> None:
    assert readers.html("<p>d&amp;eacute;pose</p>") == "dépose\n"


@pytest.mark.parametrize(
    "code", [*range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0x200B, 0x2010), 0x061C, 0xFEFF, 0, 7]
)
def test_marks_that_nobody_sees_are_no_text(code: int) -> None:
    assert readers.line(f"A{chr(code)}B") == "AB"
    assert readers.paragraphs(f"A{chr(code)}B") == "AB"


@given(st.text())
def test_a_line_is_one_visible_line(text: str) -> None:
    line = readers.line(text)
    assert "\n" not in line
    assert line == line.strip() == readers.line(line)
    assert not any(ord(character) < 32 or 0x202A <= ord(character) <= 0x202E for character in line)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (57505539.0, "57505539"),
        (1.5, "1.5"),
        (True, ""),
        ({"a": 1}, ""),
        ([1], ""),
        ("x", "x"),
        (10**30, "1" + "0" * 30),
    ],
)
def test_scalars_as_the_partner_would_write_them(value: Any, text: str) -> None:
    assert readers.scalar(value) == text


@pytest.mark.parametrize(
    ("value", "number"), [("43,29", 43.29), ("43.29", 43.29), (5, 5.0), ("1 000", None), ("", None), (None, None)]
)
def test_numbers(value: Any, number: float | None) -> None:
    assert readers.number(value) == number


@pytest.mark.parametrize(
    ("value", "yes"), [(True, True), ("Oui", True), (1, True), ("non", False), (None, False), (0, False)]
)
def test_yes(value: Any, yes: bool) -> None:
    assert readers.is_yes(value) is yes


@pytest.mark.parametrize(
    ("read", "value", "moment"),
    [
        (readers.iso, "2026-11-23T13:00:00", NOON),
        (readers.iso, "2026-11-23T12:00:00Z", NOON),
        (readers.iso, "2026-11-23", datetime(2026, 11, 22, 23, tzinfo=UTC)),
        (readers.iso, "0001-01-01T00:00:00", None),
        (readers.iso, "hier", None),
        (readers.french, "23/11/2026 13:00", NOON),
        (readers.french, "23/11/2026", datetime(2026, 11, 22, 23, tzinfo=UTC)),
        (readers.french, "31/02/2026 10:00", None),
        (readers.french, "11-23-2026", None),
        (readers.epoch_ms, NOON.timestamp() * 1000, NOON),
        (readers.epoch_ms, "1e300", None),
        (readers.epoch_ms, None, None),
    ],
)
def test_dates_are_instants_in_utc(read: Any, value: Any, moment: datetime | None) -> None:
    assert read(value, PARIS) == moment


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("1000000000", 86_400.0),
        ("9" * 5_000, 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
    ],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}, NOON) == seconds


def test_a_date_to_come_back_at_is_by_the_servers_own_clock() -> None:
    headers = {"Date": "Mon, 23 Nov 2026 09:00:00 GMT", "Retry-After": "Mon, 23 Nov 2026 09:00:07 GMT"}
    assert retry_after(headers, NOON) == 7.0


@given(st.text())
@example("Fri, 31 Dec 9999 23:59:59 -1200")
def test_no_http_date_raises(text: str) -> None:
    parsed = http_date(text)
    assert parsed is None or parsed.tzinfo is UTC


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ('<https://a.example/?page=2>; rel="next"', "https://a.example/?page=2"),
        ('<https://a.example/?page=1>; rel="prev", </x>; title="y"; rel=next', "/x"),
        ('<https://a.example/>; rel="first"', None),
        ("", None),
    ],
)
def test_the_next_link(link: str, address: str | None) -> None:
    reply = Reply(200, CIMultiDict({"Link": link}), b"", URL("https://a.example/"))
    assert reply.next_link == address


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"code":"rest_forbidden"}', "rest_forbidden"),
        (b'{"errors":[{"extensions":{"code":"TOKEN_EXPIRED"}}]}', "TOKEN_EXPIRED"),
        (b'{"error":{"__type":"Authorization Error"}}', "Authorization Error"),
        (b'{"code":403,"error":"Forbidden"}', "Forbidden"),
        (b'{"code":"<script>"}', ""),
        (b'{"errors":{}}', ""),
        (b"<html>", ""),
        (b'{"code":"rest_forbidden"}' + b" " * 65_536, ""),
    ],
)
def test_the_code_of_an_error(body: bytes, code: str) -> None:
    assert Reply(400, CIMultiDict(), body, URL("https://a.example/")).code == code


def test_a_server_at_the_end_of_time_has_no_clock() -> None:
    """What is reckoned from its time, in a zone or with an overlap, would be none."""
    reply = Reply(200, CIMultiDict({"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}), b"", URL("https://a.example/"))
    assert reply.date is None


def test_html_of_far_too_many_tags_costs_no_more_than_its_beginning() -> None:
    """60,000 unknown tags took seconds, in which nothing else ran."""
    assert readers.html("A<x>B</x>" + "<x>" * 20_000 + "</p>" * 40_000 + "C") == "AB"
