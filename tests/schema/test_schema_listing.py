"""Why a listing is its supplier's: weights that add up, and the picture of them."""

from typing import Any
from xml.etree import ElementTree

import pytest

from directory.disclosure import Role
from directory.matching.comparing import Thresholds
from directory.records import Disclosure
from schema import ids
from tests.schema.schema_house import SCHEMA, Ask, House

WHY = """query($partner: ID!, $id: String!) { listing(partner: $partner, externalId: $id) { match {
  decision score method weight prior evidence { feature left right level weight frequency score } waterfall
} } }"""
SVG = "{http://www.w3.org/2000/svg}"


async def why(ask: Ask, partner: str, external_id: str, role: Role = Role.PUBLIC) -> dict[str, Any]:
    answer = await ask(WHY, role, partner=partner, id=external_id)
    assert "errors" not in answer
    match: dict[str, Any] = answer["data"]["listing"]["match"]
    return match


async def test_prior_and_evidence_add_up_to_the_weight(ask: Ask) -> None:
    match = await why(ask, "cmar", "M1")
    assert (match["decision"], match["method"]) == ("AUTOMATIC", "SIREN")
    assert match["prior"] < 0 < 8 <= match["weight"]
    assert match["prior"] + sum(line["weight"] for line in match["evidence"]) == pytest.approx(match["weight"])
    assert 0.5 < match["score"] <= 1
    by_feature = {line["feature"]: line for line in match["evidence"]}
    assert by_feature["directory"]["frequency"] == 0
    assert by_feature["address"]["frequency"] != 0


async def test_one_that_an_official_number_settled_has_that_number_alone(ask: Ask) -> None:
    match = await why(ask, "cpme13", "P1")
    assert {name: value for name, value in match.items() if name != "waterfall"} == {
        "decision": "AUTOMATIC",
        "score": 1.0,
        "method": "SIREN",
        "weight": 0.0,
        "prior": 0.0,
        "evidence": [
            {
                "feature": "siren",
                "left": "732829320",
                "right": "732829320",
                "level": "same SIREN",
                "weight": 0.0,
                "frequency": 0.0,
                "score": 1.0,
            }
        ],
    }


async def test_one_that_stands_alone_was_compared_with_nobody(ask: Ask) -> None:
    match = await why(ask, "cmar", "M2")
    assert (match["method"], match["score"], match["weight"], match["evidence"]) == ("EXACT", 1.0, 0.0, [])
    picture = ElementTree.fromstring(match["waterfall"])
    assert picture.findtext(f"{SVG}desc") == "Seule fiche de son fournisseur : sans numéro officiel."


@pytest.mark.parametrize(
    ("argument", "width"), [("", 640), ("(width: 900)", 900), ("(width: 1)", 320), ("(width: null)", 640)]
)
async def test_the_picture_is_as_wide_as_asked(ask: Ask, argument: str, width: int) -> None:
    query = f'{{ listing(partner: "cmar", externalId: "M1") {{ match {{ waterfall{argument} }} }} }}'
    picture = ElementTree.fromstring((await ask(query))["data"]["listing"]["match"]["waterfall"])
    assert picture.attrib["width"] == str(width)
    rows = [row.findtext(f"{SVG}text") for row in picture.iter(f"{SVG}g")]
    assert rows == ["Départ", "Adresse", "Contact", "SIREN", "Annuaire", "Total"]


async def test_it_is_drawn_by_the_thresholds_in_force(house: House) -> None:
    context = house.context()
    context.thresholds = Thresholds(automatic=11.5, review=2.5)
    query = '{ listing(partner: "cmar", externalId: "M1") { match { waterfall } } }'
    result = await SCHEMA.execute(query, context_value=context)
    assert result.data is not None
    drawn = result.data["listing"]["match"]["waterfall"]
    assert ">doute ≥ 2,5<" in drawn
    assert ">sûr ≥ 11,5<" in drawn


@pytest.mark.parametrize("role", Role)
async def test_under_partial_diffusion_levels_and_weights_stay_and_values_go(house: House, role: Role) -> None:
    full = await why(house.ask, "cmar", "M1", Role.STEWARD)
    await house.disclose(1, Disclosure.PARTIAL)
    match = await why(house.ask, "cmar", "M1", role)
    seen = {"siren", "directory"} if role is not Role.STEWARD else {"address", "contact", "siren", "directory"}
    assert {line["feature"] for line in match["evidence"] if line["left"] or line["right"]} == seen
    for name in ("level", "weight", "frequency", "score"):
        assert [line[name] for line in match["evidence"]] == [line[name] for line in full["evidence"]]
    for secret in ("republique", "13400", "plomberie-martin", "4203040"):
        assert secret in full["waterfall"]
        assert (secret in match["waterfall"]) is (role is Role.STEWARD)


async def test_the_ids_of_listings_lead_to_the_same_explanation(ask: Ask) -> None:
    query = "query($id: ID!) { node(id: $id) { ... on Listing { externalId match { method weight } } } }"
    number = (await ask('{ listing(partner: "cmar", externalId: "M1") { id } }'))["data"]["listing"]["id"]
    match = await why(ask, "cmar", "M1")
    assert ids.decode(number).type == "Listing"
    assert await ask(query, id=number) == {
        "data": {"node": {"externalId": "M1", "match": {"method": match["method"], "weight": match["weight"]}}}
    }
