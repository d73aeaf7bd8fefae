"""Anything by its id, one at a time or many."""

from typing import Any

from msgspec.structs import replace

from schema import ids
from tests.schema.schema_house import MEMBERS, Ask, House

NODE = """query($id: ID!) { node(id: $id) {
  __typename id
  ... on Supplier { name } ... on Listing { externalId } ... on Partner { code } ... on Establishment { siret }
  ... on Label { name }
} }"""


async def node(ask: Ask, opaque: str) -> dict[str, Any]:
    return await ask(NODE, id=opaque)


async def test_every_type_of_node_is_found(ask: Ask) -> None:
    expected = {
        ids.encode("Supplier", 1): {"__typename": "Supplier", "name": "PLOMBERIE MARTIN"},
        ids.encode("Listing", 2): {"__typename": "Listing", "externalId": "M1"},
        ids.encode("Partner", "cmar"): {"__typename": "Partner", "code": "cmar"},
        ids.encode("Establishment", "1/73282932000108"): {"__typename": "Establishment", "siret": "73282932000108"},
        ids.encode("Label", "rge"): {"__typename": "Label", "name": "Reconnu garant de l'environnement"},
    }
    found = {opaque: (await node(ask, opaque))["data"]["node"] for opaque in expected}
    assert found == {opaque: {"id": opaque, **fields} for opaque, fields in expected.items()}


async def test_a_partners_own_label_is_found_again(house: House) -> None:
    await house.take_in([replace(each, labels=("Club des Calanques",)) for each in MEMBERS])
    answer = await house.ask("{ suppliers(first: 1) { nodes { labels { label { id code name issuer } } } } }")
    label = answer["data"]["suppliers"]["nodes"][0]["labels"][0]["label"]
    assert (label["code"], label["name"], label["issuer"]) == ("club-des-calanques", "Club des calanques", None)
    assert (await node(house.ask, label["id"]))["data"]["node"] == {
        "__typename": "Label",
        "id": label["id"],
        "name": label["name"],
    }


async def test_what_is_gone_is_null(ask: Ask) -> None:
    gone = [
        ids.encode("Supplier", 99),
        ids.encode("Supplier", 0),
        ids.encode("Listing", 99),
        ids.encode("Partner", "nobody"),
        ids.encode("Establishment", "1/00000000000000"),
        ids.encode("Establishment", "99/73282932000108"),
        ids.encode("Label", "No code!"),
    ]
    assert [await node(ask, opaque) for opaque in gone] == [{"data": {"node": None}}] * len(gone)


async def test_what_is_no_id_is_refused(ask: Ask) -> None:
    message = "This is not an id of this API; use an id as it was given in an answer."
    for opaque in ("1", ids.encode("Need", 1), ids.encode("Supplier", "x"), ids.encode("Establishment", "x")):
        assert await node(ask, opaque) == {
            "data": {"node": None},
            "errors": [
                {
                    "message": message,
                    "locations": [{"line": 1, "column": 19}],
                    "path": ["node"],
                    "extensions": {"code": "BAD_INPUT"},
                }
            ],
        }


async def test_nodes_come_in_order_each_with_its_own_error(ask: Ask) -> None:
    opaque = [ids.encode("Label", "rge"), "nonsense", ids.encode("Supplier", 99), ids.encode("Supplier", 1)]
    answer = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=opaque)
    assert answer == {
        "data": {"nodes": [{"id": opaque[0]}, None, None, {"id": opaque[3]}]},
        "errors": [
            {
                "message": "This is not an id of this API; use an id as it was given in an answer.",
                "locations": [{"line": 1, "column": 23}],
                "path": ["nodes", 1],
                "extensions": {"code": "BAD_INPUT"},
            }
        ],
    }


async def test_nodes_are_bounded(ask: Ask) -> None:
    answer = await ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[ids.encode("Supplier", 1)] * 101)
    assert answer == {
        "data": None,
        "errors": [
            {
                "message": "`ids` takes at most 100 ids; ask for the rest in another request.",
                "locations": [{"line": 1, "column": 23}],
                "path": ["nodes"],
                "extensions": {"code": "BAD_INPUT"},
            }
        ],
    }
