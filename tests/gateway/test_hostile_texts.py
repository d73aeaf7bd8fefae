"""Whatever buyers type, over real HTTP: an answer or a typed error, never a 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.served import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUERY = """query Hostile($text: String!, $start: String!) {
  suppliers(query: $text, first: 3) {
    totalCount
    edges { score reasons { criterion points } }
    facets(of: [NAF], top: 2) { buckets { value count } }
    interpretation { words place { label } activities { naf } filters { key } corrections { typed understood } }
  }
  suggest(text: $start) { kind text value }
}"""
PIECES = [
    *("plombier", "à Aubagne", "13005", "km", "moins de 20 km", "3 mois", "12 juin 2026", "pour", "dans", "RGE", "l'"),
    *("name:*", "[* TO *]", '"', "(", "\\", "AND", "~2", "^9", ",", "x2", "24/7", "9", "732829320", "élaguer"),
    *("\x00", "\u202e", "\u200b", "e\u0301", "\u0301", "😀", "ﷺ", "İ", "²", "٣", "\ud800", "\udfff"),
]
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=600),
    st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join),
    st.tuples(st.sampled_from(PIECES), st.integers(1, 10_000)).map(lambda each: (each[0] * each[1])[:10_000]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
async def test_any_text_is_answered_or_refused_by_a_code(shared: Client, text: str) -> None:
    body = json.dumps({"query": QUERY, "variables": {"text": text, "start": text[:100]}})
    async with shared.session.post("/graphql", data=body, headers={"Content-Type": "application/json"}) as response:
        answer: dict[str, Any] = await response.json()
    assert response.status < 500, answer
    assert answer.get("data") or answer["errors"]
    assert {error["extensions"]["code"] for error in answer.get("errors", ())} <= {"BAD_INPUT", "BAD_JSON"}
