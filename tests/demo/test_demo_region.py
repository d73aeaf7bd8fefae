import subprocess
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

import msgspec
import pytest
from stdnum.fr import siren as stdnum_siren

from demo import COMPANIES, PARTNERS, Region, truth
from demo.ledger import Record
from directory import geography, identifiers
from directory.nomenclature import naf
from directory.records import Location
from tests.demo.demo_kit import fingerprint


def fingerprint_elsewhere(seed: int, companies: int) -> str:
    """The fingerprint made by another process, with another order of sets."""
    code = f"from tests.demo.demo_kit import fingerprint; print(fingerprint({seed}, {companies}))"
    env = {"PYTHONHASHSEED": "1", "PYTHONPATH": str(Path(__file__).parent)}
    result = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env)
    return result.stdout.strip()


def records(region: Region, partner: str) -> dict[str, Record]:
    stock = region.stock(partner)
    return {str(key): stock.record(key) for key, _ in stock.entries()}


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    assert fingerprint_elsewhere(7, 60) == fingerprint(7, 60)


def test_another_seed_gives_another_region() -> None:
    assert fingerprint(7, 60) != fingerprint(8, 60)


def test_the_default_demo_has_twelve_thousand_companies_and_about_twenty_thousand_listings() -> None:
    listed = Counter(truth(Region()).values())
    assert COMPANIES == 12_000
    assert set(listed) == set(range(12_000))
    assert 19_500 < listed.total() < 21_000


def test_listings_scale_with_companies() -> None:
    assert 1.6 < len(truth(Region(seed=4, companies=3_000))) / 3_000 < 1.75


def test_a_company_is_in_one_to_four_directories() -> None:
    directories: dict[int, set[str]] = {}
    for (partner, _), company in truth(Region()).items():
        directories.setdefault(company, set()).add(partner)
    counts = Counter(map(len, directories.values()))
    assert set(counts) == {1, 2, 3, 4}
    assert 0.4 < counts[1] / 12_000 < 0.6
    assert counts[2] > counts[3] > counts[4] > 0


def test_any_company_of_a_large_region_is_made_without_the_others() -> None:
    assert Region(seed=13, companies=200_000).company(199_999) == Region(seed=13, companies=1).company(199_999)


@pytest.mark.parametrize("companies", [0, -1, 2_000_001])
def test_an_impossible_number_of_companies_is_refused(companies: int) -> None:
    with pytest.raises(ValueError, match=f"a demo has 1 to 2,000,000 companies, not {companies}: choose a number"):
        Region(companies=companies)


def test_keys_are_unique_and_lead_back_to_their_record(region: Region) -> None:
    for partner in PARTNERS:
        keys = [key for key, _ in region.stock(partner).entries()]
        assert len(set(keys)) == len(keys)
        names = {"chambre": "id", "cmar": "NUMERO_RM", "cress_paca": "_id"}
        assert [row[names.get(partner, "id")] for row in records(region, partner).values()] == keys


def test_companies_have_identifiers_of_their_own(region: Region) -> None:
    companies = [region.company(number) for number in range(region.companies)]
    assert len({company.siren for company in companies}) == len(companies)
    assert all(stdnum_siren.is_valid(company.siren) for company in companies)
    sirets = list(chain.from_iterable([site.siret for site in company.sites] for company in companies))
    assert len(set(sirets)) == len(sirets)
    assert all(identifiers.siret(siret) == siret for siret in sirets)
    assert any(len(company.sites) > 2 for company in companies)


def test_phones_sites_and_emails_pass_the_hubs_checks(region: Region) -> None:
    for number in range(region.companies):
        company = region.company(number)
        assert identifiers.phone(company.phone) == f"+33{company.phone[1:]}"
        if company.website:
            assert identifiers.website(company.website) == company.website
        if company.email:
            assert identifiers.email(company.email) == company.email


def test_companies_are_in_real_communes(region: Region) -> None:
    for number in range(region.companies):
        for site in region.company(number).sites:
            commune = geography.commune(site.place.commune.code)
            assert commune is not None
            assert site.place.postcode in commune.postcodes
            point = Location(site.place.latitude, site.place.longitude)
            assert geography.distance_km(point, commune.location) < 7


def test_activities_are_real(region: Region) -> None:
    assert all(naf.known(region.company(number).sketch.trade.naf) for number in range(region.companies))


def test_every_record_says_that_it_is_invented(region: Region) -> None:
    assert {row["_demo"] for row in records(region, "chambre").values()} == {"donnée inventée"}
    assert {row["NUMERO_RM"][:6] for row in records(region, "cmar").values()} == {"RM13-D"}
    assert {row["meta"]["ref"] for row in records(region, "cpme13").values()} == {"donnée inventée"}
    assert {row["source"] for row in records(region, "cress_paca").values()} == {"donnée inventée"}
    assert {row["source"] for row in records(region, "french_tech").values()} == {"donnée inventée"}


def test_truth_names_every_listing_and_agrees_with_its_siren(region: Region) -> None:
    known = truth(region)
    for partner, field in (("chambre", "siren"), ("cress_paca", "siren"), ("french_tech", "siren")):
        rows = records(region, partner)
        assert {key for name, key in known if name == partner} == set(rows)
        wrong = 0
        for key, row in rows.items():
            if row.get(field):
                expected = region.company(known[partner, key]).siren
                wrong += row[field].replace(" ", "").zfill(9) != expected
        assert wrong <= 2  # miskeyed ones, as real directories have


def test_directories_differ_as_real_ones_do() -> None:
    region = Region(seed=13, companies=3_000)
    chambre, cmar = records(region, "chambre").values(), records(region, "cmar").values()
    cpme13, cress, tech = (records(region, name).values() for name in ("cpme13", "cress_paca", "french_tech"))

    def share(values: list[bool]) -> float:
        return sum(values) / len(values)

    assert 0.6 < share([not row["meta"]["siren"] for row in cpme13]) < 0.7
    assert any(" " in row["meta"]["siren"] for row in cpme13)
    assert 0.4 < share([row["siren"] is None for row in tech]) < 0.6
    assert 0.4 < share([row["date_updated"] is None for row in tech]) < 0.6
    assert any(row["siren"] and len(row["siren"]) < 9 for row in cress)
    assert any(isinstance(row["latitude"], str) for row in cress)
    assert any("." in row["ape"] for row in cress)
    assert any("." not in row["ape"] for row in cress)
    assert share([row["raison_sociale"].isupper() for row in chambre]) > 0.5
    assert any(" " in row.get("siren", "") for row in chambre)
    assert {"enseigne" in row and row["enseigne"] is None for row in chambre} == {True, False}
    assert share([row["ENSEIGNE"] != "" for row in cmar]) > 0.1
    assert any("&eacute;" in row["title"] for row in cpme13)


def test_the_region_has_its_plumbers_mutuals_and_franchises() -> None:
    region = Region()
    listed = truth(region)
    cmar = {company for (partner, _), company in listed.items() if partner == "cmar"}
    cress = {company for (partner, _), company in listed.items() if partner == "cress_paca"}
    sketches = {number: region.company(number).sketch for number in cmar | cress}
    assert sum(sketches[n].trade.naf == "43.22A" and sketches[n].commune.name == "Aubagne" for n in cmar) >= 4
    assert sum(sketches[n].trade.naf == "65.12Z" for n in cress) > 20
    towns: dict[str, set[str]] = {}
    for number in cmar:
        company = region.company(number)
        if company.sign in company.sketch.trade.enseignes:
            towns.setdefault(str(company.sign), set()).add(company.sketch.commune.name)
    assert sum(len(names) > 1 for names in towns.values()) > 8


def test_chambre_lists_each_site_of_a_company_and_gives_no_instant_twice() -> None:
    region = Region(seed=13, companies=2_000)
    per_company = Counter(company for (partner, _), company in truth(region).items() if partner == "chambre")
    several = {company for company, listings in per_company.items() if listings > 1}
    assert several
    assert all(len(region.company(company).sites) == per_company[company] for company in several)
    instants = [instant for _, instant in region.stock("chambre").entries()]
    assert len(set(instants)) == len(instants)


def test_records_are_json_of_the_partners_own_fields(region: Region) -> None:
    for partner in PARTNERS:
        for row in records(region, partner).values():
            assert msgspec.json.decode(msgspec.json.encode(row)) == row
