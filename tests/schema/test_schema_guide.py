"""The guide for partner sites: its queries fit the schema, and it names every error code."""

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from schema import build_schema
from schema.errors import Code
from schema.payload import ErrorCode

GUIDE = (Path(__file__).parents[2] / "docs" / "graphql.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```graphql\n(.+?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_guide_fits_the_schema(query: str) -> None:
    assert validate(build_schema()._schema, parse(query)) == []


def test_the_guide_has_its_queries() -> None:
    assert len(QUERIES) == 20


def test_every_error_code_is_explained() -> None:
    explained = re.findall(r"^\| `([A-Z_]+)` \|", GUIDE.partition("## Errors")[2], re.MULTILINE)
    assert explained == [code.value for code in Code]


def test_every_user_error_code_is_explained() -> None:
    told = GUIDE.partition("## Decisions")[2].partition("## Errors")[0]
    assert [code for code in ErrorCode if f"`{code.value}`" not in told] == []
