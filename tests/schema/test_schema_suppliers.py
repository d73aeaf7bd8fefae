"""The search: edges, nodes, totals, facets and coverage of one question."""

from typing import Any

import pytest
from msgspec.structs import replace

from directory.disclosure import Role
from directory.harvest import harvest
from directory.records import SourceError
from schema import ids
from tests.schema.schema_house import MEMBERS, PARTNERS, Ask, House, Source

MARTIN, DURAND = ids.encode("Supplier", 1), ids.encode("Supplier", 2)


def nodes(answer: dict[str, Any]) -> list[str]:
    return [each["id"] for each in answer["data"]["suppliers"]["nodes"]]


async def test_a_buyers_question(ask: Ask) -> None:
    query = """query { suppliers(
      query: "plombier", near: {latitude: 43.2927, longitude: 5.5708, radiusKm: 20}, where: {partners: ["cmar"]}
    ) {
      totalCount
      edges { cursor score distanceKm node { id name } }
      nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }"""
    answer = await ask(query)
    found = answer["data"]["suppliers"]
    edge = found["edges"][0]
    assert edge["score"] > 0
    assert answer == {
        "data": {
            "suppliers": {
                "totalCount": 1,
                "edges": [
                    {
                        "cursor": edge["cursor"],
                        "score": edge["score"],
                        "distanceKm": 0.0,
                        "node": {"id": MARTIN, "name": "PLOMBERIE MARTIN"},
                    }
                ],
                "nodes": [{"id": MARTIN}],
                "pageInfo": {
                    "hasNextPage": False,
                    "hasPreviousPage": False,
                    "startCursor": edge["cursor"],
                    "endCursor": edge["cursor"],
                },
            }
        }
    }


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, [DURAND, MARTIN]),
        ({"naf": None, "partners": []}, [DURAND, MARTIN]),
        ({"naf": ["43.2"]}, [MARTIN]),
        ({"naf": ["43.2", "43.3"]}, [DURAND, MARTIN]),
        ({"size": ["MICRO"]}, [MARTIN]),
        ({"labels": [ids.encode("Label", "rge")]}, [MARTIN]),
        ({"allLabels": ["rge"]}, [MARTIN]),
        ({"responsiblePurchasing": True}, [MARTIN]),
        ({"responsiblePurchasing": False}, [DURAND]),
        ({"labelIssuers": ["État (ADEME)"]}, [MARTIN]),
        ({"legalForm": ["54"]}, [MARTIN]),
        ({"partners": [ids.encode("Partner", "cpme13")]}, [MARTIN]),
        ({"allPartners": ["cmar", "cpme13"]}, [MARTIN]),
        ({"minPartners": 2}, [MARTIN]),
        ({"status": ["CLOSED"]}, []),
        ({"status": []}, [DURAND, MARTIN]),
        ({"locatedIn": ["13005"]}, [DURAND, MARTIN]),
        ({"locatedIn": ["13206"]}, [MARTIN]),
        ({"serves": ["13206"]}, [MARTIN]),
        ({"within": {"south": 43.295, "west": 5.575, "north": 43.305, "east": 5.585}}, [DURAND]),
        ({"not": {"within": {"south": 43.295, "west": 5.575, "north": 43.305, "east": 5.585}}}, [MARTIN]),
        ({"minQuality": 0.9}, [MARTIN]),
        ({"has": ["WEBSITE", "SIREN"]}, [MARTIN]),
        ({"updatedSince": "2026-11-20T08:00:01Z"}, []),
        ({"not": {"partners": ["cpme13"]}}, [DURAND]),
    ],
)
async def test_filters(ask: Ask, where: dict[str, Any], found: list[str]) -> None:
    query = """query($where: SupplierWhere) {
      suppliers(where: $where, orderBy: {field: NAME, direction: ASC}) { nodes { id } }
    }"""
    assert nodes(await ask(query, where=where)) == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ({"field": "NAME", "direction": "ASC"}, [DURAND, MARTIN]),
        ({"field": "NAME", "direction": "DESC"}, [MARTIN, DURAND]),
        ({"field": "DISTANCE", "direction": "ASC"}, [MARTIN, DURAND]),
        ({"field": "QUALITY", "direction": "DESC"}, [MARTIN, DURAND]),
        (None, [MARTIN, DURAND]),
    ],
)
async def test_orders(ask: Ask, order: dict[str, str] | None, found: list[str]) -> None:
    query = """query($order: SupplierOrder) {
      suppliers(orderBy: $order, near: {latitude: 43.2927, longitude: 5.5708, radiusKm: null}) { nodes { id } }
    }"""
    assert nodes(await ask(query, order=order)) == found


async def test_pages_meet_in_both_directions(ask: Ask) -> None:
    query = """query($first: Int, $after: String, $last: Int, $before: String) {
      suppliers(orderBy: {field: NAME, direction: ASC}, first: $first, after: $after, last: $last, before: $before) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }"""
    first = await ask(query, first=1)
    assert nodes(first) == [DURAND]
    assert first["data"]["suppliers"]["pageInfo"]["hasNextPage"] is True
    second = await ask(query, after=first["data"]["suppliers"]["pageInfo"]["endCursor"])
    assert nodes(second) == [MARTIN]
    assert second["data"]["suppliers"]["pageInfo"]["hasNextPage"] is False
    back = await ask(query, last=1, before=second["data"]["suppliers"]["pageInfo"]["startCursor"])
    assert nodes(back) == [DURAND]
    assert nodes(await ask(query, last=1)) == [MARTIN]


async def test_no_page_still_counts(ask: Ask) -> None:
    answer = await ask("{ suppliers(first: 0) { totalCount nodes { id } pageInfo { endCursor } } }")
    assert answer == {"data": {"suppliers": {"totalCount": 2, "nodes": [], "pageInfo": {"endCursor": None}}}}


async def test_the_total_is_counted_wherever_it_is_asked_for(ask: Ask) -> None:
    query = """query($never: Boolean = false) {
      direct: suppliers { totalCount }
      aliased: suppliers { n: totalCount }
      inline: suppliers { ... { totalCount } }
      spread: suppliers { ...Outer }
      twice: suppliers { nodes { id } }
      twice: suppliers { totalCount }
      skipped: suppliers { totalCount @include(if: $never) }
    }
    fragment Outer on SupplierConnection { ...Inner }
    fragment Inner on SupplierConnection { totalCount }"""
    data = (await ask(query))["data"]
    assert [list(data[name].values())[-1] for name in ("direct", "aliased", "inline", "spread", "twice")] == [2] * 5
    assert data["skipped"] == {}


async def test_facets_count_everything_found_and_name_partners(ask: Ask) -> None:
    query = """{ suppliers(first: 1) { facets(of: [PARTNER, LABEL, PARTNER], top: 2) {
      field otherCount buckets { value label count selected }
    } } }"""
    assert await ask(query) == {
        "data": {
            "suppliers": {
                "facets": [
                    {
                        "field": "PARTNER",
                        "otherCount": 1,
                        "buckets": [
                            {"value": "cmar", "label": "CMAR", "count": 2, "selected": False},
                            {"value": "chambre", "label": "Chambre", "count": 1, "selected": False},
                        ],
                    },
                    {
                        "field": "LABEL",
                        "otherCount": 0,
                        "buckets": [
                            {
                                "value": "rge",
                                "label": "Reconnu garant de l'environnement",
                                "count": 1,
                                "selected": False,
                            }
                        ],
                    },
                ]
            }
        }
    }


async def test_a_facet_leaves_out_its_own_filter_and_says_what_it_holds(ask: Ask) -> None:
    query = """{ suppliers(where: {partners: ["cpme13"]}) { totalCount
      facets(of: [PARTNER, PARTNER_COUNT, NAF_SECTION, EPCI, STATUS]) { buckets { value label count selected } }
    } }"""
    found = (await ask(query))["data"]["suppliers"]
    assert found["totalCount"] == 1
    in_short = [
        [(each["value"], each["label"], each["count"], each["selected"]) for each in facet["buckets"]]
        for facet in found["facets"]
    ]
    assert in_short == [
        [("cmar", "CMAR", 2, False), ("chambre", "Chambre", 1, False), ("cpme13", "CPME 13", 1, True)],
        [
            ("1", "Au moins 1 partenaire", 1, False),
            ("2", "Au moins 2 partenaires", 1, False),
            ("3", "Au moins 3 partenaires", 1, False),
        ],
        [("F", "Construction", 1, False)],
        [("200054807", "Métropole d'Aix-Marseille-Provence", 1, False)],
        [("ACTIVE", "En activité", 1, True)],
    ]


async def test_a_label_that_has_expired_is_shown_as_that_and_found_no_more(house: House) -> None:
    query = """{ suppliers(where: {labels: ["rge"]}) { totalCount nodes { labels { expiresOn isExpired } } } }"""
    for day, expired in (("2999-12-31", False), ("2020-12-31", True)):
        held = (f"RGE (jusqu'au {day})",)
        await house.take_in([replace(each, labels=held) if each.external_id == "M1" else each for each in MEMBERS])
        found = (await house.ask(query))["data"]["suppliers"]
        assert found["totalCount"] == (0 if expired else 1)
        everyone = await house.ask("{ suppliers { nodes { labels { expiresOn isExpired } } } }")
        grants = [grant for one in everyone["data"]["suppliers"]["nodes"] for grant in one["labels"]]
        assert grants == [{"expiresOn": day, "isExpired": expired}]


async def test_where_a_company_works_apart_from_where_it_sits(house: House) -> None:
    works = {"M2": ("Vaucluse", "toute la région PACA"), "C1": ("13 ; 83",)}
    await house.take_in([replace(each, service_areas=works.get(each.external_id, ())) for each in MEMBERS])
    query = """query($serves: [String!], $sits: [String!]) {
      suppliers(where: {serves: $serves, locatedIn: $sits}, orderBy: {field: NAME, direction: ASC}) { nodes {
        id serviceAreas { code kind name } provenance(fields: [SERVICE_AREA]) { value partner { code } }
      } }
    }"""
    found = (await house.ask(query, serves=["84"]))["data"]["suppliers"]["nodes"]
    assert found == [
        {
            "id": DURAND,
            "serviceAreas": [
                {"code": "84", "kind": "DEPARTMENT", "name": "Vaucluse"},
                {"code": "93", "kind": "REGION", "name": "Provence-Alpes-Côte d'Azur"},
            ],
            "provenance": [{"value": "Vaucluse, Provence-Alpes-Côte d'Azur", "partner": {"code": "cmar"}}],
        }
    ]
    assert nodes(await house.ask(query, serves=["83137"])) == [DURAND, MARTIN]
    assert nodes(await house.ask(query, serves=["83137"], sits=["84"])) == []
    assert nodes(await house.ask(query, serves=["06"], sits=["13005"])) == [DURAND]


async def test_coverage_says_which_partner_is_stale_and_why(house: House) -> None:
    class Broken(Source):
        async def read(self, cursor: str | None) -> Any:
            raise SourceError("CMAR answers 503; it will be asked again later.")
            yield

    house.clock.forward(hours=2)
    await harvest(house.database, Broken(()), PARTNERS["cmar"], clock=house.clock)
    query = "{ suppliers { coverage { partner { code } status ageSeconds members problem servedFrom } } }"
    fresh = {"status": "UP", "ageSeconds": 7200, "members": 1, "problem": None, "servedFrom": "CACHE"}
    assert await house.ask(query) == {
        "data": {
            "suppliers": {
                "coverage": [
                    {"partner": {"code": "chambre"}, **fresh},
                    {
                        "partner": {"code": "cmar"},
                        "status": "DEGRADED",
                        "ageSeconds": 7200,
                        "members": 2,
                        "problem": "Its last harvest failed; what was read before is served.",
                        "servedFrom": "STALE_CACHE",
                    },
                    {"partner": {"code": "cpme13"}, **fresh},
                ]
            }
        }
    }
    told = (await house.ask("{ partners { status { problem } } }", Role.STEWARD))["data"]["partners"]
    causes = [each["status"]["problem"] for each in told]
    assert causes == [None, "CMAR answers 503; it will be asked again later.", None]


async def test_who_left_since_the_index_was_built_is_left_out(house: House) -> None:
    keep_the_index, house.index = house.index, do_nothing  # type: ignore[method-assign]
    await house.merge_durand_into_martin()
    house.index = keep_the_index  # type: ignore[method-assign]
    query = "{ suppliers { nodes { id } edges { node { id } } } }"
    assert await house.ask(query) == {
        "data": {"suppliers": {"nodes": [{"id": MARTIN}], "edges": [{"node": {"id": MARTIN}}]}}
    }


async def do_nothing() -> None:
    """Instead of building an index."""
