"""The sites of one company."""

from datetime import UTC, datetime

from directory.choice import Observation, Policy
from directory.establishments import one_line, sites
from directory.intake import keys_of
from directory.records import Address, Establishment, Listing, Location

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SIREN = "732829320"
HEAD, BRANCH = SIREN + "00074", SIREN + "00082"
HAUTE = Address(lines=("12 rue Haute",), postcode="13400", commune="Aubagne", commune_code="13005")
PORT = Address(lines=("3 quai du Port",), postcode="13002", commune="Marseille", commune_code="13202")


NOWHERE = Address()


def seen(number: int, partner: str = "cmar", address: Address = NOWHERE, **values: object) -> Observation:
    listing = Listing(partner=partner, external_id=str(number), name="Dupont", raw="{}", address=address, **values)  # type: ignore[arg-type]
    return Observation(number, listing, keys_of(listing), NOON)


def found(*observations: Observation) -> list[Establishment]:
    return [site.establishment for site in sites(observations, SIREN, Policy())]


def test_one_line() -> None:
    assert one_line(HAUTE) == "12 rue Haute, 13400 Aubagne"
    assert one_line(Address(commune="Aubagne")) == "Aubagne"
    assert one_line(Address()) == ""


def test_without_address_or_siret_there_is_no_site() -> None:
    assert found(seen(1)) == []


def test_a_department_alone_is_one_site_somewhere_in_it() -> None:
    (site,) = found(seen(1, address=Address(department="13")), seen(2))
    assert (site.siret, site.address, site.listings) == (None, Address(department="13"), (1, 2))
    assert one_line(site.address) == "Bouches-du-Rhône"


def test_a_department_joins_the_site_that_is_known_better() -> None:
    (site,) = found(seen(1, "a", Address(department="13")), seen(2, "b", HAUTE))
    assert (site.address, site.listings) == (HAUTE, (1, 2))


def test_a_siret_with_a_department_alone_keeps_it() -> None:
    (site,) = found(seen(1, address=Address(department="13"), siret=HEAD))
    assert (site.id, site.address) == (HEAD, Address(department="13"))


def test_a_siret_is_a_site_and_an_address_joins_the_site_that_is_there() -> None:
    abbreviated = Address(
        lines=(
            "Bât. B",
            "12, rue Haute",
        ),
        commune="AUBAGNE",
        commune_code="13005",
    )
    head, branch = found(
        seen(1, address=HAUTE, siret=HEAD),
        seen(2, "chambre", abbreviated),
        seen(3, address=PORT, siret=BRANCH),
    )
    assert (head.id, head.listings, head.is_head_office) == (HEAD, (1, 2), True)
    assert (branch.id, branch.listings, branch.is_head_office) == (BRANCH, (3,), False)
    assert head.address == HAUTE


def test_the_head_office_is_the_site_that_most_partners_name() -> None:
    head, other = found(
        seen(1, "cmar", HAUTE),
        seen(2, "cmar", HAUTE),
        seen(3, "chambre", PORT),
        seen(4, "cpme13", PORT),
    )
    assert (head.address, other.address) == (PORT, HAUTE)


def test_a_siret_of_another_company_makes_no_site() -> None:
    (only,) = found(seen(1, address=HAUTE, siren=SIREN, siret="55210055400013"))
    assert only.siret is None
    assert only.id.startswith("-")


def test_a_town_without_a_street_is_the_site_in_that_town_and_an_arrondissement_is_its_city() -> None:
    marseille = Address(commune="Marseille", commune_code="13055")
    (only,) = found(seen(1, address=PORT), seen(2, "chambre", marseille))
    assert only.listings == (1, 2)
    assert only.address == PORT


def test_a_listing_without_any_address_counts_with_the_head_office() -> None:
    (only,) = found(seen(1), seen(2, address=HAUTE))
    assert only.listings == (1, 2)


def test_the_id_of_an_address_is_that_of_its_comparable_form() -> None:
    (one,) = found(seen(1, address=HAUTE))
    (other,) = found(seen(2, address=Address(lines=("12 RUE HAUTE",), commune_code="13005")))
    assert one.id == other.id


def test_a_point_of_the_address_is_preferred_to_the_middle_of_the_commune() -> None:
    middle, exact = Location(43.29, 5.57, approximate=True), Location(43.2951, 5.5702)
    (only,) = found(seen(1, "a", HAUTE, location=middle), seen(2, "b", HAUTE, location=exact))
    assert only.location == exact


def test_a_site_has_the_sign_of_its_best_listing() -> None:
    (only,) = found(seen(1, "b", HAUTE, trade_names=("Chez Paul",)), seen(2, "a", HAUTE))
    assert only.name == "Chez Paul"
