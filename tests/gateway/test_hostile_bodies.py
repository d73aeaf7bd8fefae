"""Whatever is sent to ``/graphql``, over real HTTP: never a 500, always JSON, with a sentence and a code an error."""

import asyncio
import gzip
import io
import json
import re
import time
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.lingering import LINGER_SECONDS
from tests.gateway.served import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUERY = "query A($n: Int, $q: String, $w: SupplierWhere) { suppliers(first: $n, query: $q, where: $w) { totalCount } }"
MEDIA = ("application/json", "application/graphql-response+json")
MEGABYTE = 1_048_576


@pytest.fixture
def client(shared: Client) -> Client:
    """Nothing here changes what the hub holds."""
    return shared


async def post(client: Client, body: bytes, **headers: str) -> tuple[int, Any]:
    """Status and JSON of the answer, whose form is checked."""
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with client.session.post("/graphql", data=body, headers=sent) as response:
        return response.status, _checked(response.status, response.content_type, await response.read())


def _checked(status: int, media: str, body: bytes) -> Any:
    assert status < 500, body
    assert media in MEDIA
    answer = json.loads(body.decode("utf-8", "strict"))
    for each in answer if isinstance(answer, list) else [answer]:
        assert set(each) <= {"data", "errors", "extensions"}
        assert "data" in each or each["errors"]
        for error in each.get("errors", ()):
            assert error["message"]
            assert error["extensions"]["code"] != "INTERNAL"
    return answer


def code(answer: Any) -> str | None:
    return answer["errors"][0]["extensions"]["code"] if "errors" in answer else None


def with_variables(text: str) -> bytes:
    return f'{{"query":"{QUERY}","variables":{text}}}'.encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"1", "BAD_REQUEST"),
        (b'"x"', "BAD_REQUEST"),
        (b"null", "BAD_REQUEST"),
        (b"true", "BAD_REQUEST"),
        (b"[]", "BATCH"),
        (b"", "BAD_JSON"),
        (b"\x00", "BAD_JSON"),
        (b"\xff\xfe\xfd", "BAD_JSON"),
        (b'{"query":"\xc3\x28"}', "BAD_JSON"),
        (b"\xef\xbb\xbf" + b'{"query":"{__typename}"}', "BAD_JSON"),
        ('{"query":"{__typename}"}'.encode("utf-16"), "BAD_JSON"),
        ('{"query":"{__typename}"}'.encode("utf-32"), "BAD_JSON"),
        (b"[" * 200_000, "BAD_JSON"),
        (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, "BAD_JSON"),
        (b'{"query":"{__typename}","variables":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}}", "BAD_JSON"),
        (b'{"query":"{__typename}","variables":{"x":NaN}}', "BAD_JSON"),
        (b'{"query":"{__typename}","variables":{"x":-Infinity}}', "BAD_JSON"),
        (b'{"query":"{__typename}","variables":{"x":1e400}}', "BAD_JSON"),
        (b'{"query":"{__typename}","variables":{"x":' + b"9" * 5_000 + b"}}", "BAD_JSON"),
        (b'{"query":"{__typename \\ud800}"}', "BAD_JSON"),
        (b'{"query":"{__typename}","variables":{"q":"\\udfff"}}', "BAD_JSON"),
        (b'{"query":"{__typename}","variables":{"\\ud800":1}}', "BAD_JSON"),
        (b'{"query":"{__typename}","operationName":"\\ud800"}', "BAD_JSON"),
        (b'{"query":"{__typename}","operationName":[]}', "BAD_REQUEST"),
        (b'{"query":"{__typename}","operationName":"\\u0000"}', "BAD_QUERY"),
        (b'{"query":"{__typename}","variables":[]}', "BAD_REQUEST"),
        (b'{"query":"{__typename}","extensions":"x"}', "BAD_REQUEST"),
        (b'{"query":"","variables":{}}', "BAD_REQUEST"),
        (b'{"query":"  #\\n"}', "BAD_QUERY"),
        (b'{"query":"query A{a:__typename} query B{b:__typename}"}', "BAD_QUERY"),
        (b'{"query":"{__typename}","query":7}', "BAD_REQUEST"),
        (b'{"query":7,"query":"{__typename}"}', None),
        (b'{"query":"{__typename}","unknown":{"x":[1]}}', None),
        (b' \n{"query":"{__typename}"}\t ', None),
        (b'{"query":"{__typename}"} x', "BAD_JSON"),
        (b'{"query":"{__typename}"}{}', "BAD_JSON"),
        (b'{"query":"{ node(id: \\"\\\\ud800\\") { id } }"}', "BAD_QUERY"),
        (b'{"query":"{ suppliers(first: ' + b"9" * 5_000 + b') { totalCount } }"}', "BAD_QUERY"),
        (b'{"query":"{ suppliers(first: 1e999) { totalCount } }"}', "BAD_QUERY"),
        (b'{"query":"{ suppliers(where: ' + b"[" * 2_000 + b"]" * 2_000 + b') { totalCount } }"}', "TOO_DEEP"),
        (b'{"query":"query(' + b"$a:" + b"[" * 90 + b"Int" + b"]" * 90 + b'){__typename}"}', "BAD_QUERY"),
        (b'{"query":"' + b"{a" * 4_000 + b'"}', "TOO_DEEP"),
        (b'{"query":"' + b"@a" * 2_400 + b'"}', "BAD_QUERY"),
        (b'{"query":"{__typename' + b" @skip(if:false)" * 800 + b'}"}', "TOO_MANY_TOKENS"),
        (with_variables('{"n":' + "9" * 4_000 + "}"), "BAD_INPUT"),
        (with_variables('{"n":1.5}'), "BAD_INPUT"),
        (with_variables('{"n":1e308}'), "BAD_INPUT"),
        (with_variables('{"n":true}'), "BAD_INPUT"),
        (with_variables('{"q":{"a":1}}'), "BAD_INPUT"),
        (with_variables('{"w":{"naf":' + "[" * 500 + "]" * 500 + "}}"), "VALUE_TOO_DEEP"),
        (with_variables('{"w":{"":1}}'), "BAD_INPUT"),
        (with_variables('{"q":"\\u0000\\uffff\\ud83d\\ude00"}'), None),
        (with_variables('{"other":' + "9" * 4_000 + "}"), None),
    ],
    ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else str(value),
)
@pytest.mark.parametrize("accept", MEDIA)
async def test_what_is_hostile_is_refused_in_so_many_words(
    client: Client, body: bytes, expected: str | None, accept: str
) -> None:
    status, answer = await post(client, body, Accept=accept)
    assert code(answer) == expected
    is_request = expected not in {"BAD_JSON", "BAD_REQUEST", "BATCH"}
    assert status == (200 if expected is None or (is_request and accept == MEDIA[0]) else 400)


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/plain",
        "text/plain; x=application/json",
        "application/graphql",
        "application/json5",
        "application/problem+json",
        "",
    ],
)
async def test_what_another_sites_page_can_send_without_asking_is_refused(client: Client, kind: str) -> None:
    status, answer = await post(client, b'{"query":"{__typename}"}', Content_Type=kind)
    assert (status, code(answer)) == (415, "CONTENT_TYPE")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "nonsense"])
async def test_what_is_packed_is_refused(client: Client, encoding: str) -> None:
    packed = gzip.compress(b'{"query":"{__typename}"}')
    status, answer = await post(client, packed, Content_Encoding=encoding)
    assert (status, code(answer)) == (415, "CONTENT_ENCODING")
    status, answer = await post(client, packed)
    assert (status, code(answer)) == (400, "BAD_JSON")


async def test_a_hundred_megabytes_are_refused_before_they_are_sent(client: Client) -> None:
    head = f"Content-Length: {100 * MEGABYTE}\r\n\r\n"
    answer, sent = await _poured(client, head, lambda: b" " * 65_536, 100 * MEGABYTE)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"BODY_TOO_LARGE"' in answer
    assert sent < 20 * MEGABYTE  # what the kernels between us hold


async def test_a_hundred_megabytes_without_a_length_are_refused_at_the_limit(client: Client) -> None:
    head = "Transfer-Encoding: chunked\r\n\r\n"
    answer, sent = await _poured(client, head, lambda: b"10000\r\n" + b" " * 65_536 + b"\r\n", 100 * MEGABYTE)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert sent < 20 * MEGABYTE


async def test_a_client_that_sends_it_all_is_shown_the_answer(client: Client) -> None:
    """Nothing is kept of it, but a connection that is reset would show the caller no answer."""
    body = io.BytesIO(b" " * 100 * MEGABYTE)
    async with client.session.post("/graphql", data=body, headers={"Content-Type": "application/json"}) as response:
        assert (response.status, code(await response.json())) == (413, "BODY_TOO_LARGE")


async def test_whoever_goes_on_sending_is_cut_off(client: Client) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {10**12}\r\n\r\n"
    writer.write(head.encode())
    began = time.monotonic()
    assert b"HTTP/1.1 413 " in await asyncio.wait_for(reader.read(), 2 * LINGER_SECONDS + 5)
    assert time.monotonic() - began >= LINGER_SECONDS / 2
    writer.close()


async def _poured(client: Client, head: str, chunk: Any, most: int) -> tuple[bytes, int]:
    """The answer to a body poured in as fast as it is taken, and how much of it was."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}".encode())
    answering = asyncio.create_task(reader.readuntil(b"}]}"))
    sent = 0
    try:
        while sent < most and not answering.done():
            writer.write(chunk())
            sent += 65_536
            await asyncio.wait_for(writer.drain(), 10)
        return await asyncio.wait_for(answering, 10), sent
    finally:
        writer.close()


@pytest.mark.parametrize(
    "target",
    [
        "query=%FF%FE",
        "query=%7B__typename%7D&variables=%ED%A0%80",
        "query=%7B__typename%7D&variables=%7B%22a%22%3A%22%5Cud800%22%7D",
        "query=%7B__typename%7D&extensions=" + "%5B" * 9_000,
        "query=%7B__typename%7D&operationName=%00",
        "query",
        "=",
        "&&&",
        "query=%7B__typename%7D&query=%7B",
        "documentId=%ED%A0%80",
        "documentId=sha256%3A",
        "extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%2C%22sha256Hash%22%3A%22%5Cud800%22%7D%7D",
    ],
)
async def test_parameters_are_refused_as_clearly(client: Client, target: str) -> None:
    # Written by hand: a client would tidy the address before sending it.
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(f"GET /graphql?{target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    media = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type:"))
    _checked(int(head.split()[1]), media.split(b":")[1].split(b";")[0].strip().decode(), body)


async def test_parameters_beyond_the_limit_of_a_head_are_refused(client: Client) -> None:
    limit = client.hub.settings.limits.header_bytes
    padded = f"query={quote('{__typename}')}&x="
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(f"GET /graphql?{padded}{'x' * limit} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 431 ")
    _checked(431, "application/json", answer.partition(b"\r\n\r\n")[2])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.integers(10**30, 10**40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
QUERIES = st.sampled_from([QUERY, "{ __typename }", "query A { __typename } query B { __typename }", "{ a", ""])
# Of the grammar's own pieces, in any order.
PIECES = re.findall(
    r"\S+",
    """{ } ( ) [ ] query mutation subscription fragment on F Query ... $n $n:Int : ! = , & | # é @include @skip(if:true)
    "x" "\\ud800" \\u0000 1 -1 1e9 99999999999999999999 null true suppliers supplier node partners totalCount nodes
    name code __typename __schema __type id: first: first:1 where:{naf:["43"]} by:{siren:"732829320"}""",
)
DOCUMENTS = st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "query": QUERIES | DOCUMENTS | JSON,
        "operationName": st.sampled_from(["A", "B", "", None]) | JSON,
        "variables": st.dictionaries(st.sampled_from(["n", "q", "w", "x"]), JSON) | JSON,
        "extensions": st.dictionaries(st.sampled_from(["persistedQuery", "x"]), JSON) | JSON,
        "documentId": JSON,
        "extra": JSON,
    },
)
BODIES = (
    st.binary(max_size=300)
    | MEMBERS.map(lambda members: json.dumps(members).encode())
    | st.lists(MEMBERS, max_size=3).map(lambda members: json.dumps(members).encode())
    | st.tuples(MEMBERS, st.integers(0, 400), st.binary(min_size=1, max_size=3)).map(
        lambda given: _spoilt(json.dumps(given[0]).encode(), given[1], given[2])
    )
)


def _spoilt(body: bytes, place: int, inserted: bytes) -> bytes:
    place %= len(body)
    return body[:place] + inserted + body[place + 1 :]


@given(body=BODIES, accept=st.sampled_from(MEDIA))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
async def test_any_bytes_are_answered(client: Client, body: bytes, accept: str) -> None:
    await post(client, body, Accept=accept)
