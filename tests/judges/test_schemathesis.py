"""Schemathesis at ``/graphql``: queries and mutations that nobody would write, made from our own schema."""

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from directory.disclosure import Role
from gateway.auth import create_key
from gateway.settings_costs import Costs
from schema import ids
from schema.errors import Code
from tests.gateway.served import Client
from tests.judges.conftest import a_hub

schemathesis: Any = pytest.importorskip("schemathesis", reason="the judges are not installed: run make judges")

PRINTED = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"
EXAMPLES = 12
IDS = [ids.encode(*each) for each in (("Supplier", 1), ("Listing", 2), ("Partner", "cmar"), ("MatchReview", "1-3"))]
# Besides anything: what means something to the hub, so that it is not only told what is wrong.
WORDS = ["plombier", "43.22A", "13", "cmar", "Aubagne", "artisan", ""]
SCALARS = {
    "ID": st.sampled_from(IDS) | st.text(),
    "String": st.sampled_from(WORDS) | st.text(),
    "Siren": st.sampled_from(["732829320", "732 829 320", "552100554", "356000000"]),
    "Siret": st.sampled_from(["73282932000074", "55210055400013"]),
    "DateTime": st.datetimes().map(lambda instant: f"{instant.isoformat()}Z"),
    "Date": st.dates().map(str),
}


@pytest.fixture(scope="module", autouse=True)
def scalars() -> None:
    """What values our scalars take, which no schema can say."""
    nodes = schemathesis.graphql.nodes
    for name, texts in SCALARS.items():
        schemathesis.graphql.scalar(name, texts.map(nodes.String))
    numbers = st.integers(0, 20) | st.integers(-(2**31), 2**31 - 1)
    schemathesis.graphql.scalar("Int", numbers.map(nodes.Int))


def operations(roots: Collection[str]) -> Iterator[Any]:
    """Every field of these roots."""
    for found in schemathesis.graphql.from_path(str(PRINTED)).get_all_operations():
        operation = found.ok()
        if operation.label.partition(".")[0] in roots:
            yield operation


def judge(response: Any, asked: str) -> bool:
    """Fail for an answer that the specification or our own guide does not allow; whether it is one without errors."""
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
    return not errors


def is_null(data: Any, path: list[str | int]) -> bool:
    """Whether the field of an error is null, or something around it."""
    for step in path:
        if data is None:
            return True
        data = data[step]
    return data is None


def put_to_the_test(hub: Client, headers: dict[str, str], roots: Collection[str]) -> list[bool]:
    """Ask the hub everything; for each question whether it was answered without errors."""
    answered = []
    for operation in operations(roots):

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
            answered.append(judge(case.call(base_url=f"{hub.url}/graphql", headers=headers), case.body))

        check()
    return answered


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("role", "roots"), [(Role.PUBLIC, {"Query"}), (Role.STEWARD, {"Query", "Mutation"})])
async def test_whatever_is_asked_the_answer_is_a_good_one(tmp_path: Path, role: Role, roots: set[str]) -> None:
    headers = {}
    # What is too dear is measured and answered all the same: it is the answers that are judged.
    async with a_hub(tmp_path, cost=Costs(mode="measure")) as hub:
        if role is not Role.PUBLIC:
            key = await create_key(hub.hub.database, role=role, name="schemathesis")
            headers["Authorization"] = f"Bearer {key.token}"
        answered = await asyncio.to_thread(put_to_the_test, hub, headers, roots)
    assert len(answered) > 50
    assert sum(answered) > len(answered) / 3, (
        "hardly anything was answered: the questions are not such that it could be"
    )
