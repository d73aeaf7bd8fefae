"""What the schema, the index and the exports ask of the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from directory.matching.contract import Match
from directory.records import Contact, MatchDecision, MatchMethod, PartnerInfo, SupplierField
from directory.store import chunks, partners, reading
from directory.store.database import Database
from directory.store.reading import Health, ServedFrom
from directory.store.views import DOWN_AFTER, partner_state
from tests.directory.resolution_kit import NOON, ONE, OTHER, World, says


@pytest.fixture
async def world(database: Database) -> World:
    """Three suppliers: 1 of two partners, 2 and 3 of one."""
    world = World(database)
    contact = Contact(phone="+33491000000")
    await world.tell(
        says("cmar", "a", siret=ONE + "00074", contact=contact, raw='{"DENOMINATION": "Dupont"}'),
        says("cmar", "b", "Garage"),
        says("cmar", "c", "Fleurs", siren=OTHER),
    )
    await world.tell(says("chambre", "x", siren=ONE), partner="chambre")
    await world.resolve()
    return world


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """The SQL sent while the block runs, without BEGIN and the like."""
    sent: list[str] = []

    def note(*said: object) -> None:
        if str(said[2]).startswith(("SELECT", "WITH")):
            sent.append(str(said[2]))

    engine = world.database._reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def test_suppliers_come_in_the_order_asked_twice_if_asked_twice(world: World) -> None:
    found = await world.reader.suppliers([3, 99, 1, 3])
    assert [each and each.supplier.id for each in found] == [3, None, 1, 3]
    assert await world.reader.suppliers([]) == []


@pytest.mark.parametrize("absurd", [0, -1, 2**63, 10**40])
async def test_an_id_that_no_row_can_have_is_only_unknown(world: World, absurd: int) -> None:
    assert await world.reader.suppliers([absurd]) == [None]
    assert await world.reader.listings([absurd]) == [None]
    assert await world.reader.listings_of([absurd]) == [[]]
    assert await world.reader.provenance_of([absurd]) == [()]


async def test_the_number_of_statements_does_not_depend_on_the_number_of_ids(world: World) -> None:
    read = world.reader
    for call, expected in ((read.listings, 1), (read.listings_of, 2), (read.provenance_of, 2)):
        for ids in ([1], [1, 2, 3], list(range(1, 1001))):
            with statements(world) as sent:
                await call(ids)
            assert len(sent) == expected, call


async def test_suppliers_cost_one_statement_and_two_more_where_an_id_is_not_theirs(world: World) -> None:
    for ids, expected in (([1], 1), ([1, 2, 3], 1), (list(range(1, 1001)), 2), ([10**9], 2)):
        with statements(world) as sent:
            await world.reader.suppliers(ids)
        assert len(sent) == expected, ids


async def test_more_ids_than_a_statement_takes_are_asked_for_in_chunks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 2)
    found = await world.reader.suppliers([1, 2, 3])
    assert [each and each.supplier.id for each in found] == [1, 2, 3]
    assert [len(each) for each in await world.reader.listings_of([1, 2, 3, 4])] == [2, 1, 1, 0]
    monkeypatch.undo()
    assert len(await world.reader.suppliers(list(range(1, 40_001)))) == 40_000


async def test_suppliers_by_their_sirens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = {siren: await world.reader.supplier_id(siren=siren) for siren in (ONE, OTHER)}
    asked = [OTHER, "000000000", ONE, OTHER]
    expected = [numbers[OTHER], None, numbers[ONE], numbers[OTHER]]
    assert None not in numbers.values()
    assert await world.reader.numbers_of(asked) == expected
    assert await world.reader.numbers_of([]) == []
    monkeypatch.setattr(reading, "CHUNK", 1)
    assert await world.reader.numbers_of(asked) == expected


async def test_supplier_by_siren_siret_and_listing(world: World) -> None:
    assert await world.reader.supplier_id(siren=ONE) == 1
    assert await world.reader.supplier_id(siret=ONE + "00074") == 1
    assert await world.reader.supplier_id(listing=("chambre", "x")) == 1
    assert await world.reader.supplier_id(listing=("chambre", "a")) is None
    assert await world.reader.supplier_id(siren="000000000") is None
    with pytest.raises(TypeError, match=r"^Give exactly one of siren, siret and listing\.$"):
        await world.reader.supplier_id(siren=ONE, siret=ONE + "00074")
    with pytest.raises(TypeError):
        await world.reader.supplier_id()


async def test_a_listing_comes_whole_with_its_raw_text_and_its_place(world: World) -> None:
    (stored,) = await world.reader.listings([1])
    assert stored is not None
    assert stored.listing.raw == '{"DENOMINATION": "Dupont"}'
    assert stored.listing.contact.phone == "+33491000000"
    assert (stored.supplier_id, stored.establishment) == (1, ONE + "00074")
    assert (stored.first_seen_at, stored.changed_at, stored.last_seen_at) == (NOON, NOON, NOON)
    assert stored.match is not None
    assert (stored.match.method, stored.match.against) == (MatchMethod.SIREN, 4)
    said = [(each.feature, each.level, each.left) for each in stored.match.evidence]
    assert said == [
        ("address", "same door", "12 rue haute, 13400"),
        ("siren", "same SIREN", ONE),
        ("directory", "another directory", "cmar"),
    ]


async def test_an_explanation_is_kept_whole_and_its_weights_add_up(world: World) -> None:
    stored, alone = await world.reader.listings([1, 2])
    assert stored is not None
    assert alone is not None
    assert stored.match is not None
    assert stored.match.prior < 0 < stored.match.weight
    added = stored.match.prior + sum(line.weight for line in stored.match.evidence)
    assert added == pytest.approx(stored.match.weight, abs=1e-9)
    assert stored.match.evidence[0].frequency != 0
    assert alone.match == Match(decision=MatchDecision.AUTOMATIC, score=1.0, method=MatchMethod.EXACT)


async def test_a_listing_that_is_not_resolved_yet_has_no_supplier(world: World) -> None:
    await world.tell(says("cpme13", "new", "Neuf"), partner="cpme13")
    stored = (await world.listings())["new"]
    assert (stored.supplier_id, stored.match) == (None, None)
    assert await world.reader.supplier_id(listing=("cpme13", "new")) is None


async def test_a_withdrawn_listing_can_be_read_but_belongs_to_nobody(world: World) -> None:
    await world.tell(says("cmar", "b", "Garage"), says("cmar", "c", "Fleurs", siren=OTHER))
    assert [[each.id for each in found] for found in await world.reader.listings_of([1])] == [[4]]
    await world.resolve()
    (stored,) = await world.reader.listings([1])
    assert stored is not None
    assert stored.withdrawn_at is not None
    assert await world.reader.supplier_id(listing=("cmar", "a")) is None
    assert "a" not in await world.listings()


async def test_a_merged_away_id_is_followed_by_every_call(world: World) -> None:
    await world.decide("must_link", ("cmar", "a"), ("cmar", "b"))
    await world.resolve()
    survivor, same = await world.reader.suppliers([1, 2])
    assert survivor == same
    assert survivor is not None
    assert survivor.merged_ids == (2,)
    assert await world.reader.provenance_of([1]) == await world.reader.provenance_of([2])
    assert [[each.id for each in found] for found in await world.reader.listings_of([2])] == [[1, 2, 4]]


async def test_provenance_names_listing_and_partner(world: World) -> None:
    ((*provenance,), (), _) = await world.reader.provenance_of([1, 99, 3])
    phone = next(each for each in provenance if each.field is SupplierField.PHONE)
    assert (phone.chosen.value, phone.chosen.listing, phone.chosen.partner) == ("+33491000000", 1, "cmar")


async def test_everything_streams_in_batches_by_ascending_id(world: World) -> None:
    batches = [[each.supplier.id for each in page] async for page in world.reader.every_supplier(batch=2)]
    assert batches == [[1, 2], [3]]
    assert [[each.id for each in page] async for page in world.reader.every_listing(batch=3)] == [[1, 2, 3], [4]]


async def test_changes_since_an_instant_and_after_a_change(world: World) -> None:
    first = await world.reader.changes(NOON, None, 2)
    assert [(each.seq, each.supplier_id) for each in first] == [(1, 1), (2, 2)]
    assert {each.at for each in first} == {NOON + timedelta(minutes=1)}
    assert [each.supplier_id for each in await world.reader.changes(NOON, first[-1].seq, 10)] == [3]
    assert await world.reader.changes(NOON + timedelta(minutes=2), None, 10) == []
    await world.tell(says("cmar", "a", siren=ONE))
    await world.resolve()
    later = await world.reader.changes(NOON + timedelta(minutes=2), None, 10)
    assert {(each.kind.value, each.supplier_id) for each in later} == {("UPDATED", 1), ("REMOVED", 2), ("REMOVED", 3)}


async def test_the_revision_rises_when_suppliers_change(world: World) -> None:
    before = await world.reader.revision()
    await world.resolve()
    assert await world.reader.revision() == before
    await world.decide("must_link", ("cmar", "a"), ("cmar", "b"))
    await world.resolve()
    assert await world.reader.revision() == before + 2


async def test_partners_and_their_runs(world: World) -> None:
    chambre, cmar = await world.reader.partners()
    assert (chambre.info.id, chambre.record_count, cmar.record_count) == ("chambre", 1, 3)
    assert (cmar.health, cmar.served_from, cmar.problem) == (Health.UP, ServedFrom.CACHE, None)
    assert cmar.last_success_at == cmar.last_attempt_at == NOON
    (run,) = await world.reader.runs("cmar", 5)
    assert (run.partner, run.added) == ("cmar", 3)
    assert await world.reader.runs("nobody", 5) == []


@pytest.mark.parametrize(
    ("known", "health", "served_from"),
    [
        ({"last_success_at": NOON}, Health.UP, ServedFrom.CACHE),
        ({"last_success_at": NOON, "failures": 1}, Health.DEGRADED, ServedFrom.STALE_CACHE),
        ({"last_success_at": NOON, "failures": DOWN_AFTER}, Health.DOWN, ServedFrom.STALE_CACHE),
        ({"failures": 1}, Health.DOWN, ServedFrom.NOTHING),
        ({}, Health.DOWN, ServedFrom.NOTHING),
        ({"last_success_at": NOON, "paused": True}, Health.PAUSED, ServedFrom.CACHE),
    ],
)
def test_health_is_read_from_the_last_harvests(
    known: dict[str, object], health: Health, served_from: ServedFrom
) -> None:
    info = PartnerInfo(id="cmar", name="CMAR", organisation="CMAR")
    found = partner_state(partners.PartnerRow(info=info, **known))  # type: ignore[arg-type]
    assert (found.health, found.served_from) == (health, served_from)
