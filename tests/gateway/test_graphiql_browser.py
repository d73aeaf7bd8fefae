"""The GraphiQL page in a real browser that reaches no other host: it loads, runs a query, and nothing complains."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gateway import graphiql
from gateway.examples import EXAMPLES
from gateway.settings import Settings
from tests.gateway import chromium
from tests.gateway.served import Client, serve_on_loopback

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium.PROGRAM is None, reason="no Chromium on this machine (Debian's package: chromium)"),
    pytest.mark.skipif(
        not (graphiql.FOLDER / "graphiql.js").is_file(),
        reason="GraphiQL is not built; run python scripts/build_assets.py",
    ),
]

RUN_BUTTON = "document.querySelector('.graphiql-execute-button')"
# Monaco draws only the lines in sight, so the answer is read from its model.
ANSWER = """(() => {
  const model = globalThis.__MONACO?.editor.getModels().find((each) => each.uri.path.endsWith("response.json"));
  const text = model?.getValue() ?? "";
  return text.includes("}") ? text : "";
})()"""
QUERY_MODEL = 'globalThis.__MONACO?.editor.getModels().find((each) => each.uri.path.endsWith(".graphql"))'
TYPED = 'query Garlaban { suppliers(query: "garlaban") { totalCount nodes { name } } }'
DOCS_BUTTON = "document.querySelector('.graphiql-sidebar button')"
TYPES = "[...document.querySelectorAll('.graphiql-doc-explorer-type-name')].map((each) => each.textContent)"
DRAWN = "document.querySelector('.graphiql-response .view-lines')?.innerText.includes('totalCount')"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A folder for the browser's own files."""
    folder = tmp_path / "profile"
    folder.mkdir()
    return folder


async def test_a_newcomer_runs_a_query(client: Client, profile: Path) -> None:
    async with chromium.open_page(profile) as page:
        await page.command("Page.navigate", url=f"{client.url}/graphql")
        await page.until(f"{RUN_BUTTON} && {QUERY_MODEL}?.getValue().includes('PlombierAubagne')")
        tabs = "[...document.querySelectorAll('.graphiql-tab-button')].map((each) => each.textContent)"
        assert await page.evaluate(tabs) == ["PlombierAubagne", "MenuiserieBouchesDuRhone", "Provenance"]
        await page.evaluate(f"{RUN_BUTTON}.click()")
        answer = json.loads(await page.until(ANSWER))
        assert await page.until(DRAWN)
        await _keep_picture(page)
    expected = (await (await client.ask(EXAMPLES[0].query)).json())["data"]
    # How long ago partners were read differs between two answers.
    assert answer["data"]["suppliers"]["edges"] == expected["suppliers"]["edges"]
    assert answer["data"]["suppliers"]["totalCount"] == 2
    _check_quiet(page, client)


async def test_a_query_is_typed_and_run(client: Client, profile: Path) -> None:
    async with chromium.open_page(profile) as page:
        await page.command("Page.navigate", url=f"{client.url}/graphql")
        await page.until(f"{RUN_BUTTON} && {QUERY_MODEL}?.getValue().includes('PlombierAubagne')")
        await page.evaluate(
            "document.querySelector('.graphiql-query-editor textarea, .graphiql-editor textarea').focus()"
        )
        select_all = {"key": "a", "code": "KeyA", "windowsVirtualKeyCode": 65, "modifiers": 2}  # Ctrl-A
        await page.command("Input.dispatchKeyEvent", type="rawKeyDown", **select_all)
        await page.command("Input.insertText", text=TYPED)
        await page.until(f"{QUERY_MODEL}.getValue() === {json.dumps(TYPED)}")
        # GraphiQL reads the name of the operation a moment after the typing; the tab shows when it has.
        await page.until("document.querySelector('.graphiql-tab-button').textContent === 'Garlaban'")
        await page.evaluate(f"{RUN_BUTTON}.click()")
        answer = json.loads(await page.until(ANSWER))
    assert answer == {"data": {"suppliers": {"totalCount": 1, "nodes": [{"name": "Dépannage Garlaban"}]}}}
    _check_quiet(page, client)


@pytest.mark.parametrize("introspection", ["keys", "nobody"])
async def test_the_schema_is_shown_without_a_key(filled: Settings, profile: Path, introspection: Any) -> None:
    """Introspection is refused to the page; it reads /schema.graphql."""
    settings = Settings(data_dir=filled.data_dir, introspection=introspection)
    async with serve_on_loopback(settings) as client, chromium.open_page(profile) as page:
        await page.command("Page.navigate", url=f"{client.url}/graphql")
        await page.until(f"{RUN_BUTTON} && {QUERY_MODEL}?.getValue().includes('PlombierAubagne')")
        await page.evaluate(f"{DOCS_BUTTON}.click()")
        await page.until(f"{TYPES}.includes('SupplierConnection')")
        # The page itself, then the schema's text, and no question.
        assert [page.requested.count(f"{client.url}/{path}") for path in ("graphql", "schema.graphql")] == [1, 1]
        _check_quiet(page, client)


def _check_quiet(page: chromium.Page, client: Client) -> None:
    elsewhere = [url for url in page.requested if not url.startswith((f"{client.url}/", "data:"))]
    assert elsewhere == []
    assert page.complaints == []


async def _keep_picture(page: chromium.Page) -> None:
    """A picture of the page, for people, where ``CIRCUIT_TEST_PICTURES`` names a folder."""
    if folder := os.environ.get("CIRCUIT_TEST_PICTURES"):
        await page.picture(Path(folder) / "graphiql.png")
