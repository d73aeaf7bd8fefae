"""The official register: asked by SIREN, masked values absent, whatever is in doubt taken for partial diffusion."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from aiohttp import web

from connectors import BUILTIN, CannotAsk, Declaration, PartnerRefused, PartnerUnavailable, declare, open_connector
from connectors.mapping import Mapper
from demo import Region, Running, serving
from demo.servers.sirene import SireneServer
from directory.intake import prepare
from directory.records import (
    Activity,
    Address,
    CompanySize,
    Disclosure,
    End,
    Flag,
    Listing,
    Location,
    Page,
    SupplierStatus,
    Unusable,
)
from tests.connectors.answers import answering, status
from tests.connectors.partner_kit import HASTE, Declared, Serve, failure_of

SIREN, OTHER = "552032534", "732829320"
COMPANY: Mapping[str, Any] = {
    "siren": SIREN,
    "nom_complet": "FOURNIL DU COURS (LE COURS) (FDC)",
    "nom_raison_sociale": "FOURNIL DU COURS",
    "sigle": "FDC",
    "activite_principale": "10.71C",
    "date_creation": "1998-04-01",
    "date_fermeture": None,
    "date_mise_a_jour": "2026-01-02T03:04:05",
    "etat_administratif": "A",
    "nature_juridique": "5499",
    "tranche_effectif_salarie": "11",
    "statut_diffusion": "O",
    "siege": {
        "siret": "55203253400646",
        "adresse": "BAT B 12 BIS CRS MIRABEAU 13100 AIX-EN-PROVENCE",
        "complement_adresse": "BAT B",
        "numero_voie": "12",
        "indice_repetition": "BIS",
        "type_voie": "CRS",
        "libelle_voie": "MIRABEAU",
        "code_postal": "13100",
        "commune": "13001",
        "libelle_commune": "AIX-EN-PROVENCE",
        "departement": "13",
        "latitude": "43.5265",
        "longitude": "5.4471",
        "nom_commercial": None,
        "liste_enseignes": ["LE COURS"],
        "statut_diffusion_etablissement": "O",
    },
}


def company(siege: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The register's record of a company with some of it changed."""
    return {**COMPANY, **changes, "siege": {**COMPANY["siege"], **(siege or {})}}


def listing_of(record: Mapping[str, Any]) -> Listing:
    outcome = Mapper(BUILTIN["sirene"]).outcome(msgspec.json.encode(record).decode())
    assert isinstance(outcome, Listing)
    return outcome


def results(*records: Mapping[str, Any]) -> web.Response:
    """The register's answer with these companies."""
    answer = {"results": records, "total_results": len(records), "page": 1, "per_page": 25, "total_pages": 1}
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


async def served(serve: Serve, *answers: Any) -> tuple[Declaration, list[web.Request]]:
    """A register that gives one answer after the other, and what it was asked."""
    handler, asked = answering(*answers)
    return declare("sirene", {**HASTE, "base_url": await serve({"/search": handler})}), asked


async def member_of(declaration: Declaration, siren: str = SIREN) -> Listing | None:
    async with open_connector(declaration) as connector:
        return await connector.member(siren)


async def members_of(declaration: Declaration, sirens: Sequence[str]) -> tuple[list[Page], End]:
    async with open_connector(declaration) as connector:
        *pages, end = [part async for part in connector.members(sirens)]
    assert isinstance(end, End)
    return [page for page in pages if isinstance(page, Page)], end


# Asking


async def test_every_company_of_the_region_is_found_by_its_siren(demo: Running, declared: Declared) -> None:
    assert demo.register is not None
    sirens = demo.register.sirens()
    pages, end = await members_of(declared("sirene"), sirens)
    listings = {listing.external_id: listing for page in pages for listing in page.listings}
    assert list(listings) == sirens
    assert (end.traffic.requests, end.cursor, end.present) == (len(sirens), None, None)
    for siren, listing in listings.items():
        record = demo.register.record(siren)
        assert (listing.siren, listing.siret, listing.flags) == (siren, record["siege"]["siret"], ())
        assert listing.headcount == record["tranche_effectif_salarie"]
        assert prepare(listing).listing.legal_form_code == record["nature_juridique"]


async def test_one_company_and_its_head_office_are_asked_for(serve: Serve) -> None:
    declaration, asked = await served(serve, lambda: results(COMPANY))
    listing = await member_of(declaration)
    assert listing is not None
    assert msgspec.json.decode(listing.raw) == COMPANY
    (request,) = asked
    question = {"q": SIREN, "page": "1", "per_page": "25", "minimal": "true", "include": "siege"}
    assert (request.method, dict(request.query)) == ("GET", question)
    assert request.headers["User-Agent"].startswith("circuit-court/")
    assert "(+https://" in request.headers["User-Agent"]


async def test_directors_are_neither_asked_for_nor_kept(demo: Running, declared: Declared) -> None:
    assert demo.register is not None
    siren = demo.register.sirens()[0]
    listing = await member_of(declared("sirene"), siren)
    assert "dirigeants" in demo.register.record(siren)
    assert listing is not None
    assert "dirigeants" not in msgspec.json.decode(listing.raw)


async def test_a_register_is_not_read_whole() -> None:
    failure = await failure_of(declare("sirene"))
    assert isinstance(failure, CannotAsk)
    assert failure.traffic.requests == 0
    assert str(failure) == (
        "Sirene: it is a register, read by SIREN, and not a directory; ask it for the companies that directories list"
    )


async def test_what_is_no_siren_is_not_asked_for(serve: Serve) -> None:
    declaration, asked = await served(serve, lambda: results(COMPANY))
    wrong = ["", "552032535", "552 032 534", "55203253", "55203253400646", "plomberie", "000000000", "٥٥٢٠٣٢٥٣٤"]
    pages, end = await members_of(declaration, wrong)
    assert [page.deleted for page in pages] == [tuple(wrong)]
    assert (asked, end.traffic.requests) == ([], 0)


async def test_only_the_result_of_the_same_siren_counts(serve: Serve) -> None:
    stranger, again = company(siren=OTHER), company(nom_raison_sociale="UNE AUTRE PAGE DU MEME")
    declaration, _ = await served(
        serve,
        lambda: results(stranger, {"siren": None}, COMPANY, again),
        lambda: results(stranger),
        lambda: results(company(siren=int(OTHER))),
        results,
    )
    assert (await member_of(declaration)) == listing_of(COMPANY)
    assert [await member_of(declaration) for _ in range(3)] == [None, None, None]


async def test_a_company_that_the_register_does_not_know_is_gone(demo: Running, declared: Declared) -> None:
    assert demo.register is not None
    known = demo.register.sirens()[3]
    (page,), _ = await members_of(declared("sirene"), [OTHER, known])
    assert ([listing.external_id for listing in page.listings], page.deleted) == ([known], (OTHER,))


async def test_a_probe_looks_at_one_page(demo: Running, declared: Declared) -> None:
    async with open_connector(declared("sirene")) as connector:
        probe = await connector.probe()
    assert (probe.partner, probe.total, probe.requests, probe.unusable) == ("sirene", None, 1, ())
    assert 0 < len(probe.listings) <= 25
    assert all("PLOMBERIE" in msgspec.json.decode(listing.raw)["nom_complet"] for listing in probe.listings)


# Bad days


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            lambda: web.json_response({"erreur": "Veuillez indiquer un paramètre"}, status=400),
            "its server does not understand the request (400); correct partners.sirene.base_url and resource",
        ),
        (
            lambda: web.json_response({"erreur": "Veuillez indiquer un paramètre"}),
            "an answer has no list of records at results; ask the partner what its server says, or correct "
            "partners.sirene.resource",
        ),
        (
            lambda: web.json_response({"results": None, "total_results": 0}),
            "an answer has no list of records at results; ask the partner what its server says, or correct "
            "partners.sirene.resource",
        ),
        (
            lambda: web.Response(text="<html>Maintenance</html>", content_type="text/html"),
            "an answer is HTML instead of JSON; ask the partner what its server says, or correct "
            "partners.sirene.resource",
        ),
        (
            lambda: web.Response(text='{"results": [' + '{"siren": ' + "[" * 5_000 + "]" * 5_000 + "}]}"),
            "an answer is JSON that is cut or damaged; ask the partner what its server says, or correct "
            "partners.sirene.resource",
        ),
        (
            status(301, Location="https://elsewhere.example/search"),
            "its server sends readers to another host, which is not followed; if it has moved, correct "
            "partners.sirene.base_url",
        ),
    ],
)
async def test_an_answer_that_is_none_is_refused(serve: Serve, answer: Any, sentence: str) -> None:
    declaration, asked = await served(serve, answer)
    with pytest.raises(PartnerRefused) as refused:
        await member_of(declaration)
    assert str(refused.value) == f"Sirene: {sentence}"
    assert refused.value.traffic.requests == len(asked) == 1


async def test_too_many_requests_are_waited_out() -> None:
    server = SireneServer(Region(seed=13, companies=12), requests_per_second=8)
    async with serving(server) as address:
        declaration = declare("sirene", {**HASTE, "base_url": address})
        (page,), end = await members_of(declaration, server.sirens())
    assert len(page.listings) == 12
    assert end.traffic.requests - end.traffic.retries == 12
    assert end.traffic.retries > 0
    assert end.traffic.waited_seconds >= 1


async def test_a_long_respite_is_told(serve: Serve) -> None:
    declaration, asked = await served(serve, status(429, Retry_After="3600"))
    with pytest.raises(PartnerUnavailable) as failure:
        await member_of(declaration)
    assert failure.value.retry_at is not None
    assert len(asked) == 1


def test_seven_requests_a_second_are_the_most() -> None:
    assert (BUILTIN["sirene"].rate, BUILTIN["sirene"].page_size) == (7, 25)


# What a record says


def test_a_record_becomes_a_listing() -> None:
    assert prepare(listing_of(COMPANY)).listing == Listing(
        partner="sirene",
        external_id=SIREN,
        name="FOURNIL DU COURS",
        raw=msgspec.json.encode(COMPANY).decode(),
        trade_names=("FDC", "LE COURS"),
        siren=SIREN,
        siret="55203253400646",
        activities=(Activity("10.71C"),),
        address=Address(
            lines=("12 BIS CRS MIRABEAU", "BAT B"),
            postcode="13100",
            commune="Aix-en-Provence",
            commune_code="13001",
            department="13",
        ),
        location=Location(43.5265, 5.4471),
        headcount="11",
        legal_form="5499",
        founded=1998,
        url=f"https://annuaire-entreprises.data.gouv.fr/entreprise/{SIREN}",
        modified_at=datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC),
        size=CompanySize.PME,
        legal_form_code="5499",
        status=SupplierStatus.ACTIVE,
        disclosure=Disclosure.FULL,
    )


def test_a_sole_traders_name_stands_before_the_brackets() -> None:
    trader = company(nom_raison_sociale=None, nom_complet="ANNE ROUX (MARTIN) (CHEZ ANNE)", nature_juridique="1000")
    listing = listing_of(trader)
    assert listing.name == "ANNE ROUX"
    assert prepare(listing).listing.legal_form_code == "1000"


def test_a_closed_company_says_since_when() -> None:
    closed = listing_of(company(etat_administratif="C", date_fermeture="2024-03-31"))
    assert (closed.status, closed.closed_on) == (SupplierStatus.CLOSED, date(2024, 3, 31))
    reopened = listing_of(company(date_fermeture="2024-03-31"))
    assert (reopened.status, reopened.closed_on) == (SupplierStatus.ACTIVE, None)
    timed = listing_of(company(etat_administratif="F", date_fermeture="2024-03-31T00:00:00"))
    assert (timed.status, timed.closed_on) == (SupplierStatus.CLOSED, date(2024, 3, 31))


def test_absurd_values_are_flagged_and_absent() -> None:
    absurd = listing_of(company(etat_administratif="?", date_fermeture="0000-13-99", siege={"siret": "73282932000074"}))
    assert (absurd.status, absurd.closed_on, absurd.siret) == (None, None, None)
    assert absurd.flags == (
        Flag("status", "UNKNOWN", "?"),
        Flag("closed_on", "FORMAT", "0000-13-99"),
        Flag("siret", "RANGE", "73282932000074"),
    )


@pytest.mark.parametrize(
    ("said", "site", "disclosure"),
    [
        ("O", "O", Disclosure.FULL),
        ("o", None, Disclosure.FULL),
        ("P", "O", Disclosure.PARTIAL),
        ("O", "P", Disclosure.PARTIAL),
        ("N", "P", Disclosure.OPTED_OUT),
        (None, None, Disclosure.PARTIAL),
        ("", " ", Disclosure.PARTIAL),
        (7, None, Disclosure.PARTIAL),
        (True, None, Disclosure.PARTIAL),
        ("OUI", "O", Disclosure.PARTIAL),
        ("[ND]", "O", Disclosure.PARTIAL),
    ],
)
def test_the_strictest_diffusion_holds_and_doubt_is_partial(said: Any, site: Any, disclosure: Disclosure) -> None:
    record = company(statut_diffusion=said, siege={"statut_diffusion_etablissement": site})
    assert listing_of(record).disclosure is disclosure


def test_an_unknown_diffusion_is_flagged() -> None:
    assert listing_of(company(statut_diffusion="X")).flags == (Flag("disclosure", "UNKNOWN", "X"),)


# What a record withholds


async def test_a_sole_trader_under_partial_diffusion_has_neither_name_nor_address(
    demo: Running, declared: Declared
) -> None:
    register, region = demo.register, Region(seed=13, companies=120)
    assert register is not None
    trader = next(each for each in map(region.company, range(120)) if each.person and each.sign)
    before = await member_of(declared("sirene"), trader.siren)
    register.set_diffusion(trader.siren, "P")
    listing = await member_of(declared("sirene"), trader.siren)
    assert before is not None and listing is not None
    assert (before.disclosure, bool(before.trade_names), bool(before.address.lines)) == (Disclosure.FULL, True, True)
    assert (listing.disclosure, listing.name, listing.trade_names) == (Disclosure.PARTIAL, "[ND]", ())
    assert (listing.address.lines, listing.address.postcode, listing.location) == ((), None, None)
    assert (listing.siren, listing.siret, listing.flags) == (trader.siren, trader.sites[0].siret, ())
    for withheld in (before.name, *before.trade_names, *before.address.lines):
        assert withheld not in listing.raw


async def test_a_legal_person_under_partial_diffusion_keeps_its_name(demo: Running, declared: Declared) -> None:
    register, region = demo.register, Region(seed=13, companies=120)
    assert register is not None
    firm = next(each for each in map(region.company, range(120)) if each.person is None)
    register.set_diffusion(firm.siren, "P")
    before = await member_of(declared("sirene"), firm.siren)
    register.close(firm.siren, date(2025, 5, 1))
    listing = await member_of(declared("sirene"), firm.siren)
    assert before is not None and listing is not None
    assert (listing.disclosure, listing.name) == (Disclosure.PARTIAL, before.name)
    assert listing.name != "[ND]"
    assert (listing.address.lines, listing.address.postcode, listing.location) == ((), None, None)
    assert (before.status, listing.status, listing.closed_on) == (
        SupplierStatus.ACTIVE,
        SupplierStatus.CLOSED,
        date(2025, 5, 1),
    )


async def test_who_may_not_be_shown_at_all_has_opted_out(demo: Running, declared: Declared) -> None:
    assert demo.register is not None
    siren = demo.register.sirens()[40]
    demo.register.set_diffusion(siren, "N")
    listing = await member_of(declared("sirene"), siren)
    assert listing is not None
    assert (listing.disclosure, listing.name, listing.location) == (Disclosure.OPTED_OUT, "[ND]", None)


@pytest.mark.parametrize("mark", ["[ND]", "[NON-DIFFUSIBLE]", "[ND] [ND]", "12 [ND]"])
def test_a_marked_value_is_none_in_every_field(mark: str) -> None:
    kept = {"siren": SIREN, "siege": {}}
    record = {**dict.fromkeys(COMPANY, mark), **kept}
    masked = {**record, "siege": {**dict.fromkeys(COMPANY["siege"], mark), "liste_enseignes": [mark, mark]}}
    listing = listing_of(masked)
    bare = Listing(
        partner="sirene",
        external_id=SIREN,
        name="[ND]",
        raw=msgspec.json.encode(masked).decode(),
        siren=SIREN,
        url=f"https://annuaire-entreprises.data.gouv.fr/entreprise/{SIREN}",
        disclosure=Disclosure.PARTIAL,
    )
    assert listing == bare


def test_a_mark_means_partial_diffusion_whatever_the_status_says() -> None:
    listing = listing_of(company(nom_raison_sociale=None, nom_complet="[NON-DIFFUSIBLE]"))
    assert (listing.disclosure, listing.name) == (Disclosure.PARTIAL, "[ND]")


def test_a_record_shown_whole_needs_a_name() -> None:
    raw = msgspec.json.encode(company(nom_raison_sociale=None, nom_complet=None)).decode()
    outcome = Mapper(BUILTIN["sirene"]).outcome(raw)
    assert isinstance(outcome, Unusable)
    assert outcome.reason == (
        "The record has no name in nom_raison_sociale or nom_complet: ask the partner to give it one."
    )


def test_a_directory_says_nothing_official() -> None:
    fields = {"id": "id", "name": "name"}
    upe = declare("upe", {"protocol": "json", "base_url": "https://upe.example", "fields": fields})
    listing = Mapper(upe).outcome('{"id": 1, "name": "[ND]", "statut_diffusion": "P"}')
    assert isinstance(listing, Listing)
    assert (listing.name, listing.status, listing.closed_on, listing.disclosure) == ("[ND]", None, None, None)


def test_several_places_make_one_text() -> None:
    fields = {
        "id": "id",
        "name": {"path": "family", "then": ["given"]},
        "address_lines": [{"path": "street.number", "then": ["street.kind", "street.name"]}, "more"],
    }
    upe = declare("upe", {"protocol": "json", "base_url": "https://upe.example", "fields": fields})
    street = {"number": 12, "kind": None, "name": " du Port "}
    listing = Mapper(upe).outcome(msgspec.json.encode({"id": 1, "family": "Roux", "street": street}).decode())
    assert isinstance(listing, Listing)
    assert (listing.name, listing.address.lines) == ("Roux", ("12 du Port",))
