"""What holds for every partner: one test class, run over the five demo partners' real protocols."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from connectors import BUILTIN, Connector, PartnerRefused, PartnerUnavailable, open_connector
from demo import Running
from directory.records import Listing, Scope
from tests.connectors.partner_kit import Declared, failure_of, reading_of

PARTNERS = tuple(BUILTIN)
# How each partner keeps the name of a member, and a new member in its own shape.
NAME_FIELD = {
    "chambre": "raison_sociale",
    "cmar": "DENOMINATION",
    "cpme13": "title",
    "cress_paca": "denomination",
    "french_tech": "raison_sociale",
}
WRONG_SECRET = {
    "chambre": {"client_secret": "hunter2secret"},
    "cmar": {"password": "hunter2secret"},
    "cpme13": {"password": "hunter2secret"},
    "cress_paca": {"token": "hunter2secret"},
    "french_tech": {"token": "hunter2secret"},
}
REFUSAL = {
    "chambre": "Chambre: its token server does not accept the client (401 invalid_client); correct "
    "partners.chambre.client_id and partners.chambre.client_secret",
    "cmar": "CMAR: its server does not accept the credentials (401); correct partners.cmar.username and "
    "partners.cmar.password",
    "cpme13": "CPME 13: its site takes us for an anonymous reader (401 rest_not_logged_in), so the application "
    "password is wrong; make a new one in the user's profile there and correct partners.cpme13.username and "
    "partners.cpme13.password",
    "cress_paca": "Cress Paca: its server does not let these credentials read the directory (403 Authorization Error); "
    "ask the partner for the right or correct partners.cress_paca.token",
    "french_tech": "French Tech: its server does not accept the credentials (401 INVALID_CREDENTIALS); correct "
    "partners.french_tech.token",
}


def new_member(partner: str, name: str) -> dict[str, Any]:
    """A member in the partner's own shape, as its staff would add it."""
    shapes: Mapping[str, dict[str, Any]] = {
        "chambre": {"adresse": {"commune": "Aubagne", "code_postal": "13400"}},
        "cmar": {"COMMUNE": "AUBAGNE", "CODE_POSTAL": "13400"},
        "cpme13": {"content": "<p>Neuf</p>", "secteur": [], "meta": {"commune": "Aubagne", "code_postal": "13400"}},
        "cress_paca": {"commune": "Aubagne", "code_postal": "13400"},
        "french_tech": {"ville": "Aubagne", "code_postal": "13400", "nom": name},
    }
    return {**shapes[partner], NAME_FIELD[partner]: name}


def published(demo: Running, partner: str) -> set[str]:
    """Ids of the members that the partner shows."""
    server = demo[partner]
    return {key for key in server.external_ids() if server.record(key).get("statut") != "draft"}


@pytest.mark.parametrize("partner", PARTNERS)
class TestEveryPartner:
    async def test_a_full_reading_gives_every_member_once(
        self, partner: str, demo: Running, declared: Declared
    ) -> None:
        reading = await reading_of(declared(partner, page_size=5))
        assert len(reading.pages) > 1
        assert set(reading.listings) == published(demo, partner)
        assert sum(len(page.listings) for page in reading.pages) == len(reading.listings)
        assert (reading.unusable, reading.end.scope) == ([], Scope.FULL)

    async def test_two_readings_are_identical(self, partner: str, declared: Declared) -> None:
        first, second = [await reading_of(declared(partner, page_size=50)) for _ in range(2)]
        assert first.listings == second.listings
        assert list(first.listings) == list(second.listings)

    async def test_raw_is_the_record_as_the_partner_gave_it(
        self, partner: str, demo: Running, declared: Declared
    ) -> None:
        reading = await reading_of(declared(partner))
        for external_id, listing in list(reading.listings.items())[:20]:
            upstream, raw = demo[partner].record(external_id), msgspec.json.decode(listing.raw)
            if partner == "cpme13":
                upstream, raw = upstream["meta"], raw["meta"]
            elif partner == "french_tech":
                upstream = {**upstream, "id": external_id}  # ids are strings in Directus' GraphQL
            assert {key: raw.get(key) or None for key in upstream} == {
                key: value or None for key, value in upstream.items()
            }

    async def test_nothing_changed_means_no_listing(self, partner: str, declared: Declared) -> None:
        cursor = (await reading_of(declared(partner))).end.cursor
        again = await reading_of(declared(partner, overlap=0), cursor)
        assert again.deleted == []
        assert (again.end.scope, len(again.listings)) in {(Scope.UNCHANGED, 0), (Scope.CHANGES, 0), (Scope.CHANGES, 1)}
        assert again.end.cursor == cursor or again.end.scope is Scope.CHANGES

    async def test_an_addition_an_edit_and_a_deletion_are_read_as_such(
        self, partner: str, demo: Running, declared: Declared
    ) -> None:
        before = await reading_of(declared(partner))
        server, ids = demo[partner], sorted(before.listings)
        added = server.add(new_member(partner, "NEUVE ET FILS"))
        server.edit(ids[0], **{NAME_FIELD[partner]: "CHANGEE"})
        server.delete(ids[1])
        after = await reading_of(declared(partner), before.end.cursor)

        assert after.listings[added].name == "NEUVE ET FILS"
        assert after.listings[added].address.postcode == "13400"
        assert after.listings[ids[0]].name == "CHANGEE"
        held = {**before.listings, **after.listings}
        assert remaining(held, after.deleted, after.end.present, after.end.scope, set(after.listings)) == published(
            demo, partner
        )
        untouched = set(after.listings) - {added, ids[0]}
        assert all(after.listings[one] == before.listings[one] for one in untouched)
        if after.end.scope is Scope.CHANGES:
            assert len(untouched) <= 1  # CKAN begins at the latest change it had seen, and reads that one again

    async def test_the_cursor_after_changes_brings_nothing_more(
        self, partner: str, demo: Running, declared: Declared
    ) -> None:
        first = await reading_of(declared(partner))
        demo[partner].edit(next(iter(first.listings)), **{NAME_FIELD[partner]: "CHANGEE"})
        second = await reading_of(declared(partner), first.end.cursor)
        third = await reading_of(declared(partner), second.end.cursor)
        assert {listing.name for listing in second.listings.values()} >= {"CHANGEE"}
        assert all(second.listings.get(key, listing) == listing for key, listing in third.listings.items())

    async def test_another_mapping_reads_everything_again(self, partner: str, declared: Declared) -> None:
        first = await reading_of(declared(partner))
        changed = declared(partner, fields={"labels": [], "sectors": []})
        second = await reading_of(changed, first.end.cursor)
        assert second.end.scope is Scope.FULL
        assert set(second.listings) == set(first.listings)
        assert {listing.labels for listing in second.listings.values()} == {()}

    async def test_a_probe_reads_one_page(self, partner: str, demo: Running, declared: Declared) -> None:
        async with open_connector(declared(partner, page_size=5)) as opened:
            connector: Connector = opened
            probe = await connector.probe()
        assert probe.partner == partner
        assert 4 <= len(probe.listings) <= 5
        assert probe.total in {None, len(demo[partner].external_ids())}
        assert probe.requests <= 4

    async def test_wrong_credentials_are_refused_with_the_remedy(self, partner: str, declared: Declared) -> None:
        failure = await failure_of(declared(partner, **WRONG_SECRET[partner]))
        assert isinstance(failure, PartnerRefused)
        assert str(failure) == REFUSAL[partner]
        assert failure.partner == partner

    async def test_a_server_that_is_down_is_unavailable(self, partner: str, declared: Declared) -> None:
        nobody = "http://127.0.0.1:9"
        failure = await failure_of(declared(partner, base_url=nobody, retries=1))
        title = BUILTIN[partner].title
        assert isinstance(failure, PartnerUnavailable)
        assert str(failure) == f"{title}: it cannot be reached (2 times); try again later"


def remaining(
    held: Mapping[str, Listing], deleted: list[str], present: frozenset[str] | None, scope: Scope, read: set[str]
) -> set[str]:
    """What is left of the listings after a reading, as a harvest applies it."""
    if scope is Scope.FULL:
        return read - set(deleted)
    left = set(held) - set(deleted)
    return left if present is None else left & present
