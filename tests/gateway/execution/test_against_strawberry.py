"""Compiled and stock execution give the same bytes: for generated operations, for every role, for what is printed."""

import asyncio
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from graphql import parse, validate
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes, queries

from directory.disclosure import Role
from directory.store.database import Database
from gateway.examples import EXAMPLES
from gateway.execution.fields import conditions
from gateway.execution.plan import NotPlanned
from gateway.execution.plans import Plans
from gateway.execution.running import run
from schema import Caller, build_schema
from schema.hot import Hot
from schema.ids import encode
from tests.gateway.execution.rewriting import VARIABLES, rewritten
from tests.schema.schema_house import MEMBERS, House

SCHEMA = build_schema()
GRAPHQL = SCHEMA._schema
CALLERS = (Caller(), Caller(Role.PARTNER, "cmar"), Caller(Role.BUYER), Caller(Role.STEWARD, name="Anne"))
DEPTH = """query Depth($text: String!, $first: Int = 2, $more: Boolean!) {
  suppliers(query: $text, first: $first, where: {status: [ACTIVE]}) {
    __typename totalCount pageInfo { hasNextPage endCursor }
    interpretation { activities { naf label weight } }
    facets(of: [NAF, SIZE, PARTNER], top: 3) { field buckets { value label count } otherCount }
    coverage { status members partner { name kind } }
    edges { cursor score distanceKm reasons { criterion } node { ...Whole } }
    nodes { n: name n2: name ... @include(if: $more) { similarSuppliers(first: 2) { supplier { name } } } }
  }
  partners { code name status { ageSeconds servedFrom } runs(first: 1) { id } }
  nothing: node(id: "U3VwcGxpZXI6OTk5") { id ... on Supplier { name } }
}
fragment Whole on Supplier {
  id siren name tradeNames size status createdAt closedOn legalForm { label } contact { email phone }
  quality { score criteria { name score } } labels { isExpired label { id name } partner { name } }
  headOffice { siret address { lines commune } location { latitude longitude } isHeadOffice }
  establishments(first: 1) { totalCount nodes { id } pageInfo { endCursor } }
  listings { id name partner { code } match { decision score evidence { feature weight } against { supplier { id } } } }
  provenance(fields: [NAME, ACTIVITIES]) { field value rule partner { code } alternatives { value listing { name } } }
}"""

PLAN = "a plan"


class Judge:
    """Answers by a plan and by Strawberry, over one small directory."""

    def __init__(self, runner: asyncio.Runner, house: House) -> None:
        self.runner, self.house, self.hot = runner, house, Hot()
        self.answered: Counter[str] = Counter()

    def compare(self, text: str, caller: Caller, variables: dict[str, Any]) -> bool:
        """Whether a plan answered; fails where the two differ, or where a plan was owed and not made."""
        by = self.runner.run(self._compare(text, caller, variables))
        self.answered[by] += 1
        return by == PLAN

    async def _compare(self, text: str, caller: Caller, variables: dict[str, Any]) -> str:
        """What answered, or why no plan did."""
        stock = await SCHEMA.execute(text, variable_values=variables, context_value=self.house.context(caller))
        document = parse(text, no_location=True)
        plans = Plans(SCHEMA, text, document.definitions[0], conditions(document))  # type: ignore[arg-type]
        try:
            answers = [await self._planned(plans, caller, variables) for _ in ("new", "again")]
        except NotPlanned as reason:
            assert stock.errors or "__schema" in text or "__type(" in text, (str(reason), text)
            return str(reason)
        except Exception as error:
            assert stock.errors, (repr(error), text)
            return str(error)
        assert not stock.errors, (stock.errors, text)
        assert answers == [msgspec.json.encode(stock.data)] * 2, text
        return PLAN

    async def _planned(self, plans: Plans, caller: Caller, variables: dict[str, Any]) -> bytes:
        plan, values, _ = plans.of(caller.role, variables)
        context = self.house.context(caller)
        context.hot = self.hot  # what one operation leaves behind must not change another
        return msgspec.json.encode(await run(plan, context, values))


@pytest.fixture(scope="module")
def judge(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    folder = tmp_path_factory.mktemp("judged")
    shutil.copy(migrated_file, folder / "circuit.db")
    with asyncio.Runner() as runner:

        async def made() -> House:
            house = House(Database(f"sqlite:///{folder / 'circuit.db'}"), folder / "index")
            await house.take_in(MEMBERS)
            return house

        house = runner.run(made())
        yield Judge(runner, house)
        runner.run(house.database.close())


IDS = [
    *(encode("Supplier", number) for number in (1, 2, 999)),
    *(encode("Listing", number) for number in (1, 2, 3)),
    *(encode("Partner", code) for code in ("cmar", "chambre")),
    *(encode("HarvestRun", number) for number in (1, 2)),
    encode("Label", "rge"),
]


OURS = {
    "Siren": st.sampled_from(["732829320", "552081317"]).map(nodes.String),
    "Siret": st.sampled_from(["73282932000074", "73282932000108"]).map(nodes.String),
    "DateTime": st.sampled_from(["2026-01-31T08:00:00Z", "2027-01-31T08:00:00+01:00"]).map(nodes.String),
    "Date": st.just("2026-01-31").map(nodes.String),
}


# Each is asked by four callers, cut up anew for each.
EXAMPLES_MADE = int(os.environ.get("CIRCUIT_TEST_OPERATIONS", "200")) // len(CALLERS)


@pytest.mark.timeout(1200)
@seed(20261130)
@settings(
    max_examples=EXAMPLES_MADE,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(text=queries(SCHEMA.as_str(), allow_x00=False, custom_scalars=OURS), data=st.data())
def test_generated_operations_have_one_answer(judge: Judge, text: str, data: st.DataObject) -> None:
    document = parse(text)
    for caller in CALLERS:
        changed = rewritten(document, GRAPHQL, data, IDS)
        if not validate(GRAPHQL, parse(changed)):
            judge.compare(changed, caller, VARIABLES)


def test_most_generated_operations_were_answered_by_their_plan(judge: Judge) -> None:
    assert judge.answered.total() > EXAMPLES_MADE, judge.answered
    assert judge.answered[PLAN] > judge.answered.total() / 3, judge.answered


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.role)
@pytest.mark.parametrize("more", [True, False])
@pytest.mark.parametrize("words", ["plomberie", "zzz", "menuiserie Aubagne"])
def test_what_callers_write_has_one_answer(judge: Judge, caller: Caller, more: bool, words: str) -> None:
    assert judge.compare(DEPTH, caller, {"text": words, "more": more})


def test_a_condition_that_is_null_is_not_planned(judge: Judge) -> None:
    query = "query ($a: Boolean = true) { __typename @include(if: $a) x: __typename }"
    assert not judge.compare(query, Caller(), {"a": None})


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title[:20])
def test_what_is_printed_has_one_answer(judge: Judge, example: Any) -> None:
    assert judge.compare(example.query, Caller(), {})
