"""The GraphiQL page and its files, without a browser."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from gateway import graphiql
from gateway.examples import EXAMPLES, Example, as_tab
from gateway.settings import Settings
from tests.gateway.served import Client, serve_on_loopback

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
BUILT = (graphiql.FOLDER / "graphiql.js").is_file()
needs_assets = pytest.mark.skipif(not BUILT, reason="GraphiQL is not built; run python scripts/build_assets.py")


@pytest.fixture
def client(shared: Client) -> Client:
    """Nothing here changes what the hub holds."""
    return shared


@needs_assets
async def test_a_browser_is_shown_the_page(client: Client) -> None:
    response = await client.get("/graphql", headers=BROWSER)
    page = await response.text()
    assert (response.status, response.content_type) == (200, "text/html")
    assert response.headers["Content-Security-Policy"] == graphiql.POLICY
    assert '<html lang="fr">' in page
    (examples,) = re.findall(r'<script type="application/json" id="examples">(.*)</script>', page)
    assert json.loads(examples) == [as_tab(example) for example in EXAMPLES]
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses == ["data:,", "/static/graphiql/graphiql.css", "/static/graphiql/graphiql.js"]


@needs_assets
@pytest.mark.parametrize(
    "name", ["graphiql.js", "graphiql.css", "editor.worker.js", "graphql.worker.js", "json.worker.js"]
)
async def test_its_files_are_ours(client: Client, name: str) -> None:
    response = await client.get(f"/static/graphiql/{name}")
    assert (response.status, response.headers["Cache-Control"]) == (200, "no-cache")
    assert response.headers["Content-Security-Policy"] == graphiql.POLICY
    again = await client.get(f"/static/graphiql/{name}", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status == 304


@needs_assets
async def test_chunks_never_change(client: Client) -> None:
    chunk = next(graphiql.FOLDER.glob("chunk-*.js")).name
    response = await client.get(f"/static/graphiql/{chunk}")
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["../graphiql.py", "..%2f..%2fgraphiql.py", "%2e%2e/%2e%2e/settings.py", "none.js"])
async def test_no_other_file_is_served(client: Client, path: str) -> None:
    # Written by hand: a client would tidy the path before sending it.
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(f"GET /static/graphiql/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 404 ")


async def test_files_that_are_not_built_are_said_to_be(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphiql, "FOLDER", tmp_path / "absent")
    response = await client.get("/graphql", headers=BROWSER)
    page = await response.text()
    assert response.status == 503
    assert "GraphiQL n'est pas construit" in page
    assert "python scripts/build_assets.py" in page


async def test_files_that_are_not_built_are_not_found(
    filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graphiql, "FOLDER", tmp_path / "absent")
    async with serve_on_loopback(filled) as client:
        assert (await client.get("/static/graphiql/graphiql.js")).status == 404


async def test_the_page_can_be_turned_off(filled: Settings) -> None:
    async with serve_on_loopback(Settings(data_dir=filled.data_dir, graphiql=False)) as client:
        response = await client.get("/graphql", headers=BROWSER)
        assert (response.status, response.content_type) == (400, "application/json")
        assert (await client.get("/static/graphiql/graphiql.js")).status == 404


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.query.split()[1])
async def test_the_examples_are_answered(client: Client, example: Example) -> None:
    answer = await (await client.ask(example.query)).json()
    assert list(answer) == ["data"]
