"""The printed schema by the rules of @graphql-eslint, those about Relay among them."""

from tests.judges.conftest import Judge


async def test_the_schema_obeys_the_recommended_rules_and_those_of_relay(judge: Judge) -> None:
    assert "1 file, 0 faults" in await judge("lint.mjs")
