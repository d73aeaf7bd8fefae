"""One supplier by each of its keys, with all that hangs on it."""

from typing import Any

import pytest

from directory import records
from directory.disclosure import Role
from directory.records import Nomenclature
from schema import ids
from schema.classification import Activity
from tests.schema.schema_house import MARTIN, MEMBERS, Ask, House

SUPPLIER = ids.encode("Supplier", 1)


@pytest.mark.parametrize(
    "key",
    [
        {"id": SUPPLIER},
        {"siren": "732 829 320"},
        {"siret": "73282932000108"},
        {"listing": {"partner": "cmar", "externalId": "M1"}},
        {"listing": {"partner": ids.encode("Partner", "cmar"), "externalId": "M1"}},
    ],
)
async def test_found_by_any_key(ask: Ask, key: dict[str, Any]) -> None:
    answer = await ask("query($by: SupplierKey!) { supplier(by: $by) { id name } }", by=key)
    assert answer == {"data": {"supplier": {"id": SUPPLIER, "name": "PLOMBERIE MARTIN"}}}


@pytest.mark.parametrize(
    "key",
    [
        {"id": ids.encode("Supplier", 999)},
        {"siren": "552100554"},
        {"siret": "73282932000116"},
        {"listing": {"partner": "cmar", "externalId": "C1"}},
        {"listing": {"partner": "nobody", "externalId": "M1"}},
    ],
)
async def test_unknown_keys_find_nothing(ask: Ask, key: dict[str, Any]) -> None:
    answer = await ask("query($by: SupplierKey!) { supplier(by: $by) { id } }", by=key)
    assert answer == {"data": {"supplier": None}}


async def test_its_own_values(ask: Ask) -> None:
    query = """query($by: SupplierKey!) { supplier(by: $by) {
      siren name tradeNames description website size status disclosure mergedIds createdAt updatedAt
      legalForm { code label }
      activities { code nomenclature label sector }
      labels { label { id code name responsiblePurchasing } partner { code } }
    } }"""
    assert await ask(query, by={"id": SUPPLIER}) == {
        "data": {
            "supplier": {
                "siren": MARTIN,
                "name": "PLOMBERIE MARTIN",
                "tradeNames": ["Martin chauffage"],
                "description": "Plomberie et chauffage depuis 1985.",
                "website": "https://plomberie-martin.example/",
                "size": "MICRO",
                "status": "ACTIVE",
                "disclosure": "FULL",
                "mergedIds": [],
                "createdAt": "2026-11-20T08:00:00Z",
                "updatedAt": "2026-11-20T08:00:00Z",
                "legalForm": {
                    "code": "5499",
                    "label": "Société à responsabilité limitée",
                },
                "activities": [
                    {
                        "code": "43.22A",
                        "nomenclature": "NAF_REV2",
                        "label": "Travaux d'installation d'eau et de gaz en tous locaux",
                        "sector": "Construction",
                    }
                ],
                "labels": [
                    {
                        "label": {
                            "id": ids.encode("Label", "rge"),
                            "code": "rge",
                            "name": "Reconnu garant de l'environnement",
                            "responsiblePurchasing": True,
                        },
                        "partner": {"code": "cmar"},
                    }
                ],
            }
        }
    }


def test_an_activity_of_the_naf_2025_is_shown_as_that() -> None:
    newer = Activity.of(records.Activity("43.22Y", Nomenclature.NAF_2025, "Plomberie"))
    assert (newer.code, newer.naf, newer.label, newer.sector) == ("43.22Y", None, "Plomberie", None)
    assert newer.nomenclature is Nomenclature.NAF_2025


def line(feature: str, left: str, right: str, level: str, score: float = 1.0) -> dict[str, object]:
    return {"feature": feature, "left": left, "right": right, "level": level, "score": score}


async def test_its_listings_say_why_they_are_its_own(ask: Ask) -> None:
    query = """query($by: SupplierKey!) { supplier(by: $by) { listings {
      externalId name url licence firstSeenAt fetchedAt lastSeenAt
      partner { code } supplier { id }
      match { decision method evidence { feature left right level score } against { externalId } }
    } } }"""
    answer = await ask(query, Role.BUYER, by={"id": SUPPLIER})
    listings = answer["data"]["supplier"]["listings"]
    assert [(each["externalId"], each["partner"]["code"], each["licence"]) for each in listings] == [
        ("C1", "chambre", None),
        ("M1", "cmar", "ODbL"),
        ("P1", "cpme13", None),
    ]
    assert listings[1] == {
        "externalId": "M1",
        "name": "Plomberie Martin SARL",
        "url": None,
        "licence": "ODbL",
        "firstSeenAt": "2026-11-20T08:00:00Z",
        "fetchedAt": "2026-11-20T08:00:00Z",
        "lastSeenAt": "2026-11-20T08:00:00Z",
        "partner": {"code": "cmar"},
        "supplier": {"id": SUPPLIER},
        "match": {
            "decision": "AUTOMATIC",
            "method": "SIREN",
            "evidence": [
                line("address", "12 rue republique, 13400", "12 rue republique, 13400", "same door"),
                line("contact", "+33442030406", "+33442030405, contact@plomberie-martin.example", "other phone", 0.25),
                line("siren", MARTIN, MARTIN, "same SIREN"),
                line("directory", "cmar", "chambre", "another directory"),
            ],
            "against": {"externalId": "C1"},
        },
    }


async def test_provenance_says_who_when_by_which_rule_and_what_lost(ask: Ask) -> None:
    query = """query($by: SupplierKey!) { supplier(by: $by) { provenance(fields: [NAME, LABELS]) {
      field value observedAt rule partner { code } listing { externalId }
      alternatives { value observedAt partner { code } listing { externalId } }
    } } }"""
    assert await ask(query, by={"id": SUPPLIER}) == {
        "data": {
            "supplier": {
                "provenance": [
                    {
                        "field": "NAME",
                        "value": "PLOMBERIE MARTIN",
                        "observedAt": "2026-11-20T08:00:00Z",
                        "rule": "PARTNER_PRIORITY",
                        "partner": {"code": "chambre"},
                        "listing": {"externalId": "C1"},
                        "alternatives": [
                            {
                                "value": "Martin chauffage",
                                "observedAt": "2026-11-20T08:00:00Z",
                                "partner": {"code": "cpme13"},
                                "listing": {"externalId": "P1"},
                            }
                        ],
                    },
                    {
                        "field": "LABELS",
                        "value": "rge",
                        "observedAt": "2026-11-20T08:00:00Z",
                        "rule": "ONLY_VALUE",
                        "partner": {"code": "cmar"},
                        "listing": {"externalId": "M1"},
                        "alternatives": [],
                    },
                ]
            }
        }
    }


async def test_provenance_of_no_field_is_empty_and_of_null_is_all(ask: Ask) -> None:
    query = """query($by: SupplierKey!) { supplier(by: $by) {
      none: provenance(fields: []) { field }
      all: provenance(fields: null) { field }
      unsaid: provenance { field }
    } }"""
    supplier = (await ask(query, by={"id": SUPPLIER}))["data"]["supplier"]
    assert supplier["none"] == []
    assert supplier["all"] == supplier["unsaid"]
    assert [each["field"] for each in supplier["all"]][:3] == ["NAME", "SIREN", "DESCRIPTION"]


async def test_quality_counts_its_freshness_to_now(house: House) -> None:
    house.clock.forward(days=3, hours=5)
    query = "query($by: SupplierKey!) { supplier(by: $by) { quality { freshnessDays } } }"
    assert await house.ask(query, by={"id": SUPPLIER}) == {"data": {"supplier": {"quality": {"freshnessDays": 3}}}}


async def test_the_id_of_a_merged_away_supplier_leads_to_its_survivor(house: House) -> None:
    await house.merge_durand_into_martin()
    query = "query($by: SupplierKey!) { supplier(by: $by) { id mergedIds } }"
    merged = ids.encode("Supplier", 2)
    assert await house.ask(query, by={"id": merged}) == {"data": {"supplier": {"id": SUPPLIER, "mergedIds": [merged]}}}


async def test_a_listing_that_is_withdrawn_is_gone(house: House) -> None:
    await house.take_in([each for each in MEMBERS if each.external_id != "M1"])
    query = """query($by: SupplierKey!, $listing: ID!) {
      supplier(by: $by) { listings { externalId } } node(id: $listing) { id }
    }"""
    answer = await house.ask(query, by={"id": SUPPLIER}, listing=ids.encode("Listing", 2))
    assert answer == {"data": {"supplier": {"listings": [{"externalId": "C1"}, {"externalId": "P1"}]}, "node": None}}
