"""Probes and metrics: what is missing is said with its remedy, and taken up as soon as it is there."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

from directory.records import now
from directory.store import partners
from directory.store.timetable import put_off
from gateway.settings import Settings
from gateway.stores import opened_store
from tests.gateway.served import Client, fill, serve_on_loopback

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "operating.md"
SEARCH = "query Chercher { suppliers { totalCount } }"


async def test_alive(client: Client) -> None:
    response = await client.get("/healthz")
    assert (response.status, await response.json()) == (200, {"status": "ok"})


async def test_ready(client: Client) -> None:
    response = await client.get("/readyz")
    answer = await response.json()
    assert response.status == 200
    fine = {"ok": True, "problem": None}
    assert (answer["ready"], answer["checks"]) == (True, {"store": fine, "index": fine})
    assert (answer["serving"]["suppliers"], answer["serving"]["changed"]) == (2, 0)


async def test_without_an_index_the_hub_starts_says_so_and_takes_it_up(settings: Settings) -> None:
    async with opened_store(settings) as database, serve_on_loopback(settings) as client:
        response = await client.get("/readyz")
        index = (await response.json())["checks"]["index"]
        assert (response.status, index["ok"]) == (503, False)
        assert "circuit index" in index["problem"]
        error = (await (await client.ask(SEARCH)).json())["errors"][0]
        assert error["extensions"]["code"] == "INDEX_MISSING"
        assert (await (await client.ask("{ partners { name } }")).json()) == {"data": {"partners": []}}
        await fill(database, settings.index_dir)
        async with asyncio.timeout(10):
            while (await client.get("/readyz")).status != 200:  # noqa: ASYNC110  # the hub looks once a second
                await asyncio.sleep(0.1)
        assert (await (await client.ask(SEARCH)).json())["data"]["suppliers"]["totalCount"] == 2


async def test_without_a_store_the_hub_starts_and_says_so(settings: Settings) -> None:
    away = Settings(data_dir=settings.data_dir, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    async with serve_on_loopback(away) as client:
        response = await client.get("/readyz")
        problem = (await response.json())["checks"]["store"]["problem"]
        assert response.status == 503
        assert problem == (
            "The PostgreSQL database nothing at 127.0.0.1:1 cannot be reached; "
            "check the address and that the server is up."
        )
        error = (await (await client.ask("{ partners { name } }")).json())["errors"][0]
        assert error["extensions"]["code"] == "STORE_UNAVAILABLE"
        assert (await client.get("/metrics")).status == 200
        refused = await client.ask("{ __typename }", f"cc_{'a' * 12}_{'A' * 43}")
        assert (refused.status, (await refused.json())["errors"][0]["extensions"]["code"]) == (503, "STORE_UNAVAILABLE")


async def test_a_damaged_next_index_leaves_the_good_one(client: Client) -> None:
    pointer = client.hub.settings.index_dir / "current"
    await asyncio.to_thread(pointer.write_text, "20990101T000000Z-deadbeef")
    await client.hub.refresh()
    response = await client.get("/readyz")
    assert response.status == 200
    assert not (await response.json())["checks"]["index"]["ok"]
    assert (await (await client.ask(SEARCH)).json())["data"]["suppliers"]["totalCount"] == 2
    await client.hub.refresh()
    assert not (await (await client.get("/readyz")).json())["checks"]["index"]["ok"]


async def test_metrics(client: Client) -> None:
    await client.ask(SEARCH)
    await client.ask(SEARCH)
    response = await client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain")
    lines = dict(line.rsplit(" ", 1) for line in (await response.text()).splitlines() if not line.startswith("#"))
    assert float(lines['circuit_http_requests_total{method="POST",route="/graphql",status="200"}']) >= 2
    assert float(lines['circuit_graphql_seconds_count{operation="Chercher"}']) >= 2
    assert float(lines['circuit_cache_answers_total{state="HIT"}']) >= 1
    assert lines["circuit_store_up"] == lines["circuit_index_up"] == "1.0"
    assert (lines["circuit_index_suppliers"], lines["circuit_index_changed"]) == ("2.0", "0.0")
    assert float(lines["circuit_index_age_seconds"]) >= 0
    assert lines['circuit_partner_up{partner="cmar"}'] == "1.0"
    assert lines['circuit_partner_members{partner="cmar"}'] == "2.0"
    assert float(lines['circuit_partner_age_seconds{partner="cmar"}']) >= 0
    for nothing in ("failures", "held", "paused"):
        assert lines[f'circuit_partner_{nothing}{{partner="cmar"}}'] == "0.0"


async def test_every_metric_is_documented_and_no_other(client: Client) -> None:
    """To mend: the table of docs/operating.md."""
    page = GUIDE.read_text(encoding="utf-8")
    documented = re.findall(r"^\| `(circuit_\w+)` \|", page, re.MULTILINE)
    text = await (await client.get("/metrics")).text()
    # What it was made when it has the name of a counter, and the half of a gauge, are the library's own.
    families = {name + ("_total" if kind == "counter" else "") for name, kind in _families(text)}
    assert families == set(documented)
    assert len(documented) == len(set(documented))
    in_rules = set(re.findall(r"circuit_\w+", page.partition("```yaml")[2].partition("```")[0]))
    assert {name.removesuffix("_bucket") for name in in_rules} <= families


def _families(text: str) -> list[tuple[str, str]]:
    found = re.findall(r"^# TYPE (circuit_\w+) (\w+)$", text, re.MULTILINE)
    return [(name.removesuffix("_total"), kind) for name, kind in found if not name.endswith("_created")]


async def test_metrics_of_a_partner_in_trouble(client: Client) -> None:
    late = now() - timedelta(minutes=10)
    async with client.hub.database.writing() as connection:
        for _ in range(3):
            await partners.failed(connection, "cmar", "Away.")
        await put_off(connection, "cmar", late)
        await partners.pause(connection, "chambre", paused=True)
        await put_off(connection, "chambre", late)
    text = await (await client.get("/metrics")).text()
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("circuit_partner_"))
    assert lines['circuit_partner_up{partner="cmar"}'] == "0.0"
    assert lines['circuit_partner_failures{partner="cmar"}'] == "3.0"
    assert 600 <= float(lines['circuit_partner_overdue_seconds{partner="cmar"}']) < 660
    assert lines['circuit_partner_paused{partner="chambre"}'] == "1.0"
    assert 'circuit_partner_overdue_seconds{partner="chambre"}' not in lines


async def test_ready_says_how_old_each_partner_is(client: Client) -> None:
    async with client.hub.database.writing() as connection:
        await partners.failed(connection, "cmar", "Away.")
    partners_said = (await (await client.get("/readyz")).json())["partners"]
    assert [(each["partner"], each["health"], each["held"]) for each in partners_said] == [
        ("chambre", "UP", False),
        ("cmar", "DEGRADED", False),
    ]
    assert all(0 <= each["age_seconds"] < 3_600 for each in partners_said)


async def test_callers_cannot_multiply_labels(client: Client) -> None:
    for number in range(60):
        await client.ask(f"query Flood{number} {{ __typename }}")
    await client.get("/made/up/path")
    await client.get("/another")
    text = await (await client.get("/metrics")).text()
    operations = {line.split('operation="')[1].split('"')[0] for line in text.splitlines() if 'operation="' in line}
    assert len(operations) <= 52
    assert "other" in operations
    assert "made/up" not in text
