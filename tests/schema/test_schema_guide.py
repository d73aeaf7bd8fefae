"""The queries that are printed anywhere fit the schema; the guide for partner sites names every error code."""

import re
from pathlib import Path

import pytest
from graphql import parse, print_ast, validate

from schema import build_schema
from schema.errors import Code
from schema.payload import ErrorCode

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "graphql.md").read_text(encoding="utf-8")
PAGES = (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))


def queries_of(page: Path) -> list[str]:
    found: list[str] = re.findall(r"```graphql\n(.+?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return found


@pytest.mark.parametrize("query", [pytest.param(query, id=page.name) for page in PAGES for query in queries_of(page)])
def test_a_printed_query_fits_the_schema(query: str) -> None:
    assert validate(build_schema()._schema, parse(query)) == []


def test_the_pages_have_their_queries() -> None:
    counts = {page.relative_to(ROOT).as_posix(): len(queries_of(page)) for page in PAGES}
    assert {name: count for name, count in counts.items() if count} == {
        "README.md": 1,
        "docs/graphql.md": 22,
        "docs/stewards.md": 1,
    }


def test_the_other_subgraph_of_the_guide_can_be_read() -> None:
    (subgraph,) = re.findall(r"```gql\n(.+?)```", GUIDE, re.DOTALL)
    assert "@key" in print_ast(parse(subgraph))


def test_every_error_code_is_explained() -> None:
    explained = re.findall(r"^\| `([A-Z_]+)` \|", GUIDE.partition("## Errors")[2], re.MULTILINE)
    assert explained == [code.value for code in Code]


def test_every_user_error_code_is_explained() -> None:
    told = GUIDE.partition("## Decisions")[2].partition("## Errors")[0]
    assert [code for code in ErrorCode if f"`{code.value}`" not in told] == []
