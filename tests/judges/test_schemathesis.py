"""Schemathesis at ``/graphql``: queries and mutations that nobody would write, made from our own schema."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import Node, StringValueNode
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from directory.disclosure import Role
from gateway.auth import create_key
from schema.errors import Code
from tests.gateway.served import Client

schemathesis: Any = pytest.importorskip("schemathesis", reason="the judges are not installed: run make judges")

PRINTED = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"
EXAMPLES = 8
SCALARS = {
    "Siren": st.sampled_from(["732829320", "732 829 320", "552100554", "000000000"]),
    "Siret": st.sampled_from(["73282932000074", "55210055400013"]),
    "DateTime": st.datetimes().map(lambda instant: f"{instant.isoformat()}Z"),
    "Date": st.dates().map(str),
}


@pytest.fixture(scope="module", autouse=True)
def scalars() -> None:
    """What values our scalars take, which no schema can say."""

    def node(text: str) -> Node:
        return StringValueNode(value=text)

    for name, texts in SCALARS.items():
        schemathesis.graphql.scalar(name, texts.map(node))


def operations() -> Iterator[Any]:
    """Every root field."""
    for found in schemathesis.graphql.from_path(str(PRINTED)).get_all_operations():
        yield found.ok()


def judge(response: Any, asked: str) -> None:
    """Whether an answer to a well-formed question is one that the specification and our own guide allow."""
    assert response.status_code == 200, (response.status_code, response.text, asked)
    answer = response.json()
    assert answer.keys() <= {"data", "errors", "extensions"}, (answer, asked)
    errors = answer.get("errors", [])
    assert errors or answer["data"], (answer, asked)
    for error in errors:
        code = error["extensions"]["code"]
        assert code in set(Code) - {Code.INTERNAL}, (error, asked)
        # Schemathesis takes an input of which exactly one field must be given for any other one.
        assert code != Code.BAD_QUERY or "SupplierKey" in error["message"], (error, asked)
        assert "path" not in error or is_null(answer["data"], error["path"]), (answer, asked)


def is_null(data: Any, path: list[str | int]) -> bool:
    """Whether the field of an error is null, or something around it."""
    for step in path:
        if data is None:
            return True
        data = data[step]
    return data is None


def put_to_the_test(hub: Client, headers: dict[str, str]) -> int:
    """Ask the hub everything; how many questions that were."""
    asked = 0
    for operation in operations():

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            nonlocal asked
            asked += 1
            judge(case.call(base_url=f"{hub.url}/graphql", headers=headers), case.body)

        check()
    return asked


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", [Role.PUBLIC, Role.STEWARD])
async def test_whatever_is_asked_the_answer_is_a_good_one(hub: Client, role: Role) -> None:
    headers = {}
    if role is not Role.PUBLIC:
        key = await create_key(hub.hub.database, role=role, name="schemathesis")
        headers["Authorization"] = f"Bearer {key.token}"
    assert await asyncio.to_thread(put_to_the_test, hub, headers) > 100
