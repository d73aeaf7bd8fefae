"""Refusals: all in one form, and every code there is explained, with its statuses, in docs/http.md."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.metrics import REFUSALS
from gateway.refusals import CODES, COST_TOO_HIGH
from schema.errors import Code
from tests.gateway.served import Client, refusal

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| ((?:\d{3}(?:, )?)+) \| ((?:`[A-Z_]+`(?:, )?)+) \|", re.MULTILINE)


def documented() -> dict[str, set[int]]:
    """Code → statuses, from the tables of the page."""
    found: dict[str, set[int]] = defaultdict(set)
    for statuses, codes in ROW.findall((ROOT / "docs" / "http.md").read_text(encoding="utf-8")):
        for code in re.findall(r"`([A-Z_]+)`", codes):
            found[code] |= set(map(int, statuses.split(", ")))
    return dict(found)


def raised() -> Iterator[tuple[str, str]]:
    """Every code that is written down in a call which makes a refusal, and where."""
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", None) or getattr(getattr(node, "func", None), "attr", "")
            if isinstance(node, ast.Call) and name in {"RequestRefused", "later", "_refuse"}:
                for part in node.args[:2]:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isupper():
                        yield part.value, f"{path.name}:{node.lineno}"


def test_every_code_is_documented_with_its_statuses_and_no_other() -> None:
    """To mend: the tables of docs/http.md, or CODES in gateway/refusals.py, say what the other does not."""
    pages = documented()
    assert {code: tuple(sorted(statuses)) for code, statuses in sorted(pages.items())} == dict(sorted(CODES.items()))


def test_no_refusal_has_a_code_that_is_not_listed() -> None:
    """To mend: put the code into CODES in gateway/refusals.py and into a table of docs/http.md."""
    assert len(list(raised())) > 20
    assert [each for each in raised() if each[0] not in CODES] == []


def test_every_code_inside_an_answer_is_documented() -> None:
    page = (ROOT / "docs" / "graphql.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z_]+)` \|.*\|.*\|$", page, re.MULTILINE)) == {
        COST_TOO_HIGH,
        *(code.value for code in Code),
    }


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/graphql?query={a}", {"Authorization": "Bearer x"}, 401, "UNAUTHENTICATED"),
        ("GET", "/suppliers.csv?where=%7B%22has%22%3A%5B%22EMAIL%22%5D%7D", {}, 403, "FORBIDDEN"),
        ("GET", "/nowhere", {}, 404, "NOT_FOUND"),
        ("GET", "/saved-searches/x/feed.atom", {}, 404, "NOT_FOUND"),
        ("DELETE", "/graphql", {}, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/hooks/cmar", {}, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/graphql?query={a}", {"Accept": "image/png"}, 406, "NOT_ACCEPTABLE"),
        ("POST", "/graphql", {"Content-Type": "text/plain"}, 415, "CONTENT_TYPE"),
        ("POST", "/hooks/cmar", {"Content-Type": "application/json"}, 401, "UNSIGNED"),
        ("GET", "/static/graphiql/none.js", {}, 404, "NOT_FOUND"),
    ],
)
async def test_refusals_have_one_form_and_are_counted(
    client: Client, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    before = REFUSALS.labels(code)._value.get()
    async with client.session.request(method, path, headers=headers) as response:
        assert (response.status, (await refusal(response))[0]) == (status, code)
        assert response.headers["Cache-Control"] == "no-store"
    assert REFUSALS.labels(code)._value.get() == before + 1
