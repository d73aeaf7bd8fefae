"""An application with Relay: compiled by relay-compiler, and the operations that it makes answered page by page."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.served import Client
from tests.judges.conftest import Judge

PRINTED = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"


async def compiled(judge: Judge, folder: Path, schema: Path = PRINTED) -> dict[str, str]:
    """The text of every operation of the application, by its name."""
    said = await judge("relay.mjs", str(folder), str(schema))
    made = (line.partition(".graphql.js ") for line in said.splitlines() if ".graphql.js " in line)
    return {name: json.loads(text) for name, _, text in made}


async def test_pages_go_on_and_fragments_are_fetched_again(judge: Judge, hub: Client, tmp_path: Path) -> None:
    operations = await compiled(judge, tmp_path / "app")
    assert sorted(operations) == [
        "appEstablishmentsPaginationQuery",
        "appPageQuery",
        "appSupplierRefetchQuery",
        "appSuppliersPaginationQuery",
    ]

    async def ask(name: str, **variables: object) -> dict[str, Any]:
        answer = await (await hub.ask(operations[name], operationName=name, variables=variables)).json()
        assert "errors" not in answer
        data: dict[str, Any] = answer["data"]
        return data

    first = (await ask("appPageQuery", need="plombier", count=1))["suppliers"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (2, True)
    cursor = first["pageInfo"]["endCursor"]
    second = (await ask("appSuppliersPaginationQuery", need="plombier", count=1, cursor=cursor))["suppliers"]
    assert second["pageInfo"]["hasNextPage"] is False
    suppliers = [edge["node"] for page in (first, second) for edge in page["edges"]]
    assert sorted(each["name"] for each in suppliers) == ["Dépannage Garlaban", "Plomberie Fabre"]

    for supplier in suppliers:
        again = (await ask("appSupplierRefetchQuery", id=supplier["id"]))["node"]
        assert again == {**supplier, "__typename": "Supplier"}
        more = (await ask("appEstablishmentsPaginationQuery", id=supplier["id"], count=1))["node"]
        assert more["establishments"]["edges"] == supplier["establishments"]["edges"]


async def test_the_compiler_refuses_a_schema_in_which_nothing_is_found_again(judge: Judge, tmp_path: Path) -> None:
    schema = tmp_path / "schema.graphql"
    printed = PRINTED.read_text(encoding="utf-8")
    assert "type Supplier implements Node {" in printed
    schema.write_text(printed.replace("type Supplier implements Node {", "type Supplier {"), encoding="utf-8")
    with pytest.raises(AssertionError, match="@refetchable"):
        await compiled(judge, tmp_path / "app", schema)
