"""A member added and another deleted while a directory is read: the total stands still, and nobody slips through."""

from datetime import timedelta

import pytest

from bench.soak_truth import STREETS
from connectors import Declaration, open_connector
from demo import Running
from demo.servers.base import PartnerServer
from directory.records import Page
from tests.connectors.acceptance_partners import CASES
from tests.connectors.partner_kit import Declared, Reading, reading_of

SWEEPING = ("cpme13", "cress_paca", "french_tech")


async def disturbed(declaration: Declaration, cursor: str | None, server: PartnerServer, newcomer: str) -> Reading:
    """A reading during which the first member goes and another comes, once its first page is there."""
    reading = Reading()
    async with open_connector(declaration) as connector:
        async for part in connector.read(cursor):
            if isinstance(part, Page) and part.listings and not reading.pages:
                server.delete(server.external_ids()[0])
                server.add(CASES[server.name].newcomer(newcomer))
            reading.take(part)
    return reading


@pytest.mark.parametrize("partner", SWEEPING)
async def test_nobody_slips_through_between_two_pages(partner: str, demo: Running, declared: Declared) -> None:
    server = demo[partner]
    before = len(server.external_ids())
    reading = await disturbed(declared(partner, page_size=7), None, server, "NEUVE")
    assert len(server.external_ids()) == before
    shown = {key for key in server.external_ids() if server.record(key).get("statut") != "draft"}
    assert set(reading.listings) == shown


@pytest.mark.parametrize("partner", SWEEPING)
async def test_nobody_slips_through_a_sweep(partner: str, demo: Running, declared: Declared) -> None:
    server = demo[partner]
    first = await reading_of(declared(partner))
    for number in range(15):
        server.add(CASES[partner].newcomer(f"NEUVE {number}"))
    reading = await disturbed(declared(partner, page_size=7), first.end.cursor, server, "ENCORE UNE")
    shown = {key for key in server.external_ids() if server.record(key).get("statut") != "draft"}
    assert reading.end.present is not None
    assert reading.end.present == shown


@pytest.mark.parametrize("partner", SWEEPING)
async def test_nobody_slips_through_changes(partner: str, demo: Running, declared: Declared) -> None:
    server = demo[partner]
    first = await reading_of(declared(partner))
    edited = [key for key in server.external_ids() if server.record(key).get("statut") != "draft"][:30]
    present = server.clock
    server.clock = lambda: present() - timedelta(seconds=10)
    for key in edited:
        server.edit(key, **STREETS[partner].as_change(f"{key} rue Neuve"))
    server.clock = present
    reading = await disturbed(declared(partner, page_size=7), first.end.cursor, server, "NEUVE")
    assert set(edited[1:]) <= set(reading.listings)
    assert reading.end.present is not None
    assert set(edited[1:]) <= reading.end.present
