"""Whatever bytes arrive become a request or one clear refusal, and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RequestRefused
from gateway.requests import (
    GraphQLRequest,
    announced_length,
    check_content,
    check_length,
    from_body,
    from_parameters,
)

NOT_OBJECT = (400, "BAD_REQUEST", "The body must be a JSON object with « query ».")
NO_QUERY = (400, "BAD_REQUEST", "« query » is missing; it must be a text holding a GraphQL document.")


def refusal_of_body(body: bytes) -> tuple[int, str, str]:
    with pytest.raises(RequestRefused) as caught:
        from_body(body)
    return caught.value.status, caught.value.code, caught.value.message


def test_a_whole_request() -> None:
    body = b'{"query":"{a}","operationName":"A","variables":{"x":[1,null]},"extensions":{"any":1},"other":2}'
    assert from_body(body) == GraphQLRequest("{a}", "A", {"x": [1, None]}, {"any": 1})


def test_null_members_are_absent_ones() -> None:
    body = b'{"query":"{a}","operationName":null,"variables":null,"extensions":null}'
    assert from_body(body) == GraphQLRequest("{a}")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"null", NOT_OBJECT),
        (b"12", NOT_OBJECT),
        (b'"{a}"', NOT_OBJECT),
        (b"true", NOT_OBJECT),
        (b"[]", (400, "BATCH", "A body holds one request: an object with « query », not a list.")),
        (b"{}", NO_QUERY),
        (b'{"query":null}', NO_QUERY),
        (b'{"query":7}', NO_QUERY),
        (b'{"query":["{a}"]}', NO_QUERY),
        (b'{"query":""}', NO_QUERY),
        (b'{"query":" \\n "}', NO_QUERY),
        (b'{"query":"{a}","operationName":1}', (400, "BAD_REQUEST", "« operationName » must be a text or null.")),
        (b'{"query":"{a}","variables":"{}"}', (400, "BAD_REQUEST", "« variables » must be an object or null.")),
        (b'{"query":"{a}","variables":[]}', (400, "BAD_REQUEST", "« variables » must be an object or null.")),
        (b'{"query":"{a}","extensions":0}', (400, "BAD_REQUEST", "« extensions » must be an object or null.")),
        (b"[" * 100_000, (400, "BAD_JSON", "The body is nested too deeply.")),
    ],
)
def test_what_is_not_a_request(body: bytes, refusal: tuple[int, str, str]) -> None:
    assert refusal_of_body(body) == refusal


@pytest.mark.parametrize("body", [b"", b"{", b"{'query':1}", b"\xff\xfe", b'{"query":"\xe9"}', b'{"query":"\\ud800"}'])
def test_what_is_not_json(body: bytes) -> None:
    status, code, message = refusal_of_body(body)
    assert (status, code) == (400, "BAD_JSON")
    assert message.startswith("The body is not JSON in UTF-8: ")


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_nothing_else_is_ever_raised(body: bytes) -> None:
    try:
        from_body(body)
    except RequestRefused as refused:
        assert refused.status == 400


def test_parameters() -> None:
    asked = from_parameters({"query": "{a}", "operationName": "", "variables": '{"x":1}', "extensions": "", "utm": "x"})
    assert asked == GraphQLRequest("{a}", None, {"x": 1})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, NO_QUERY[2]),
        ({"query": ""}, NO_QUERY[2]),
        ({"query": "{a}", "variables": "{"}, "The parameter « variables » is not JSON."),
        ({"query": "{a}", "variables": "[]"}, "« variables » must be an object or null."),
        ({"query": "{a}", "extensions": "[" * 9_000}, "The parameter « extensions » is not JSON."),
    ],
)
def test_parameters_that_are_refused(parameters: dict[str, str], message: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        from_parameters(parameters)
    assert (caught.value.status, caught.value.message) == (400, message)


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_in_utf8_is_read(kind: str) -> None:
    given = {"content-type": kind, "content-encoding": "identity"}
    check_content(given)
    with pytest.raises(RequestRefused):
        check_content(given | {"content-encoding": "gzip"})


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "CONTENT_TYPE"),
        ({"content-type": "text/plain"}, "CONTENT_TYPE"),
        ({"content-type": "application/x-www-form-urlencoded"}, "CONTENT_TYPE"),
        ({"content-type": "application/jsonp"}, "CONTENT_TYPE"),
        ({"content-type": "application/json; charset=latin-1"}, "CHARSET"),
        ({"content-type": "application/json", "content-encoding": "gzip"}, "CONTENT_ENCODING"),
    ],
)
def test_other_contents_are_refused(headers: dict[str, str], code: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        check_content(headers)
    assert (caught.value.status, caught.value.code) == (415, code)


@pytest.mark.parametrize(
    ("text", "length"), [("12", 12), ("0", 0), ("-1", None), ("٣", None), ("1e3", None), ("9" * 30, None), ("", None)]
)
def test_announced_length(text: str, length: int | None) -> None:
    assert announced_length({"content-length": text}) == length


def test_parameters_have_the_limit_of_a_body() -> None:
    check_length(b"x" * 10, 10)
    with pytest.raises(RequestRefused) as refused:
        check_length(b"x" * 11, 10)
    assert (refused.value.status, refused.value.code) == (414, "PARAMETERS_TOO_LONG")
