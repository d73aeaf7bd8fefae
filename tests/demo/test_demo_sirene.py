"""The demo's official register: the region it knows, its limits, and what it withholds."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from demo import Region, numbers, partners, serving, settings
from demo.company import is_promised
from demo.running import register_of
from demo.servers.sirene import SireneServer
from demo.views.sirene import HIDDEN, full_name
from tests.demo.demo_kit import Answer, ask, six_free_ports

PERSON = ("nom_complet", "nom_raison_sociale", "sigle")
SITE = ("adresse", "code_postal", "numero_voie", "libelle_voie", "latitude", "longitude", "coordonnees")


@pytest.fixture
def server(region: Region) -> SireneServer:
    return SireneServer(region)


@pytest.fixture
async def address(server: SireneServer) -> AsyncIterator[str]:
    async with serving(server) as running:
        yield running


@pytest.fixture
def search(http: aiohttp.ClientSession, address: str) -> Any:
    async def asked(**query: Any) -> Answer:
        return await ask(http, f"{address}/search", params={key: str(value) for key, value in query.items()})

    return asked


def first(region: Region, *, person: bool) -> str:
    """The SIREN of the first sole trader, or of the first company."""
    companies = (region.company(number) for number in range(region.companies))
    return next(each.siren for each in companies if (each.person is not None) is person)


# The region's register


def test_some_companies_are_closed_and_some_are_under_partial_diffusion() -> None:
    region = Region(seed=13, companies=12_000)
    entries = [(region.company(number), region.entry(number)) for number in range(region.companies)]
    closed = [entry.closed_on for _, entry in entries if entry.closed_on]
    people = [entry.diffusion for company, entry in entries if company.person]
    firms = [entry.diffusion for company, entry in entries if not company.person]
    assert 0.035 < len(closed) / len(entries) < 0.045
    assert 0.05 < people.count("P") / len(people) < 0.07
    assert 0.006 < firms.count("P") / len(firms) < 0.014
    assert 5 < people.count("N") + firms.count("N") < 60
    assert max(closed) < date(2026, 10, 1)
    assert all(entry.closed_on is None or entry.founded_on < entry.closed_on for _, entry in entries)
    assert all(entry.founded_on.year == company.founded for company, entry in entries)


def test_the_same_seed_gives_the_same_register_and_promised_companies_are_open() -> None:
    one, other = Region(seed=5, companies=40), Region(seed=5, companies=4_000)
    assert [one.entry(number) for number in range(40)] == [other.entry(number) for number in range(40)]
    promised = [other.entry(number) for number in range(40) if is_promised(number)]
    assert len(promised) == 16
    assert {(entry.closed_on, entry.diffusion) for entry in promised} == {(None, "O")}


@pytest.mark.parametrize("seed", [0, 7, 13, 2**40])
def test_a_siren_leads_back_to_its_company(seed: int) -> None:
    region = Region(seed=seed, companies=2_000_000)
    for number in (*range(200), 999_999, 1_000_000, 1_999_975, 1_999_999):
        assert region.number(numbers.siren(seed, number)) == number
    assert Region(seed=seed, companies=25).number(numbers.siren(seed, 25)) is None
    assert region.number(numbers.siren(seed, 2_000_000)) is None
    assert region.number("000000000") is None
    assert region.number("999999999") is None


# Questions


async def test_a_siren_gives_the_company_whole(region: Region, server: SireneServer, search: Any) -> None:
    company = region.company(3)
    answer = await search(q=f"{company.siren[:3]} {company.siren[3:6]} {company.siren[6:]}")
    (result,) = answer.json["results"]
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert {key: value for key, value in answer.json.items() if key != "results"} == {
        "total_results": 1,
        "page": 1,
        "per_page": 10,
        "total_pages": 1,
    }
    assert result == server.record(company.siren)
    assert result["_demo"] == "donnée inventée"
    assert result["siege"]["siret"] == company.sites[0].siret
    assert (result["etat_administratif"], result["date_fermeture"], result["statut_diffusion"]) == ("A", None, "O")


async def test_a_siren_of_nobodys_gives_no_result(search: Any) -> None:
    answer = await search(q="732829320")
    assert (answer.status, answer.json["results"], answer.json["total_results"], answer.json["total_pages"]) == (
        200,
        [],
        0,
        0,
    )


async def test_words_give_pages(region: Region, search: Any) -> None:
    first_page = (await search(q="plomberie", per_page=2)).json
    pages = first_page["total_pages"]
    found = [(await search(q="Plomberie", per_page=2, page=page)).json for page in range(1, pages + 2)]
    sirens = [result["siren"] for page in found for result in page["results"]]
    assert len(sirens) == len(set(sirens)) == first_page["total_results"] > 4
    assert found[-1]["results"] == []
    assert all("PLOMBERIE" in result["nom_complet"] for page in found for result in page["results"])
    wanted = full_name(region.company(0)).replace("(", "").replace(")", "")
    named = (await search(q=wanted.lower(), per_page=25)).json["results"]
    assert region.company(0).siren in {result["siren"] for result in named}


async def test_a_minimal_answer_has_the_parts_that_are_asked_for(region: Region, search: Any) -> None:
    siren = region.company(0).siren
    (bare,) = (await search(q=siren, minimal="true")).json["results"]
    (some,) = (await search(q=siren, minimal="True", include="siege,dirigeants")).json["results"]
    assert some.keys() - bare.keys() == {"siege", "dirigeants"}


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"per_page": 26}, "Veuillez indiquer un paramètre `per_page` entre `1` et `25`, par défaut `10`."),
        ({"per_page": 0}, "Veuillez indiquer un paramètre `per_page` entre `1` et `25`, par défaut `10`."),
        ({"page": "x"}, "Veuillez indiquer un paramètre `page` entier."),
        ({"page": 1001}, "Veuillez indiquer un paramètre `page` entre `1` et `1000`, par défaut `1`."),
        ({"page": 401, "per_page": 25}, "Le produit de `page` et de `per_page` ne doit pas excéder 10 000."),
        ({"q": "ab"}, "3 caractères minimum pour les termes de la requête."),
        (
            {"include": "siege"},
            "Veuillez demander une réponse minimale (`minimal=True`) avant de préciser `include`.",
        ),
        (
            {"minimal": "true", "include": "tout"},
            "Veuillez indiquer au moins un champ parmi complements, dirigeants, finances, matching_etablissements, "
            "siege.",
        ),
    ],
)
async def test_a_wrong_question_is_400_with_its_reason(search: Any, query: dict[str, Any], reason: str) -> None:
    answer = await search(**{"q": "plomberie", **query})
    assert (answer.status, answer.json) == (400, {"erreur": reason})


async def test_the_last_page_within_ten_thousand_is_answered(search: Any) -> None:
    assert (await search(q="plomberie", page=400, per_page=25)).json["results"] == []


async def test_beyond_its_limit_it_asks_to_wait_a_second(region: Region, http: aiohttp.ClientSession) -> None:
    async with serving(SireneServer(region, requests_per_second=3)) as address:
        answers = [await ask(http, f"{address}/search?q={region.company(0).siren}") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "1"


# Changes upstream


async def test_a_company_is_closed_on_a_day(region: Region, server: SireneServer, search: Any) -> None:
    siren = first(region, person=False)
    server.close(siren, date(2026, 3, 31))
    (result,) = (await search(q=siren)).json["results"]
    assert (result["etat_administratif"], result["date_fermeture"]) == ("C", "2026-03-31")
    assert (result["siege"]["etat_administratif"], result["nombre_etablissements_ouverts"]) == ("F", 0)


async def test_a_sole_trader_under_partial_diffusion_is_masked_and_not_found_by_name(
    region: Region, server: SireneServer, search: Any
) -> None:
    siren = first(region, person=True)
    name = server.record(siren)["nom_complet"].partition(" (")[0]
    assert siren in {found["siren"] for found in (await search(q=name, per_page=25)).json["results"]}
    server.set_diffusion(siren, "P")
    (result,) = (await search(q=siren)).json["results"]
    assert {result[field] for field in PERSON} == {HIDDEN}
    assert {result["siege"][field] for field in (*SITE, "nom_commercial")} == {HIDDEN}
    assert {result["dirigeants"][0][field] for field in ("nom", "prenoms", "date_de_naissance")} == {HIDDEN}
    assert (result["statut_diffusion"], result["siege"]["statut_diffusion_etablissement"]) == ("P", "P")
    assert result["siege"]["libelle_commune"] != HIDDEN
    assert siren not in {found["siren"] for found in (await search(q=name, per_page=25)).json["results"]}


async def test_a_company_under_partial_diffusion_keeps_its_name(
    region: Region, server: SireneServer, search: Any
) -> None:
    siren = first(region, person=False)
    name = server.record(siren)["nom_raison_sociale"]
    server.set_diffusion(siren, "P")
    (result,) = (await search(q=siren)).json["results"]
    assert (result["nom_raison_sociale"], result["nom_complet"], result["sigle"]) == (name, name, HIDDEN)
    assert {result["siege"][field] for field in SITE} == {HIDDEN}
    assert siren in {found["siren"] for found in (await search(q=name, per_page=25)).json["results"]}
    server.set_diffusion(siren, "N")
    (result,) = (await search(q=siren)).json["results"]
    assert (result["nom_raison_sociale"], result["statut_diffusion"]) == (HIDDEN, "N")
    assert siren not in {found["siren"] for found in (await search(q=name, per_page=25)).json["results"]}


def test_a_company_of_nobodys_cannot_be_changed(server: SireneServer) -> None:
    with pytest.raises(KeyError, match="sirene has no company '732829320'"):
        server.close("732829320", date(2026, 1, 1))


# Beside the partners


async def test_the_register_runs_beside_the_partners(region: Region, http: aiohttp.ClientSession) -> None:
    base_port = six_free_ports()
    async with partners(region, base_port=base_port) as running:
        told = settings(running)["sirene"]
        answer = await ask(http, f"{running.register_address}/search?q={region.company(0).siren}")
        assert "sirene" not in running.servers
    assert told == {
        "base_url": f"http://127.0.0.1:{base_port + 5}",
        "allow_hosts": ("127.0.0.1",),
        "rate": 1_000,
    }
    assert answer.json["total_results"] == 1


def test_a_folder_of_real_rows_has_no_register(tmp_path: Path) -> None:
    assert register_of(tmp_path) is None
