"""From listings to suppliers with ids that last, on a real database."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from directory import resolution
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.records import ChangeKind, MatchDecision, MatchMethod, PartnerInfo, SupplierField
from directory.resolution import ResolutionReport, resolve
from directory.store import chunks, partners
from directory.store.database import Database
from directory.store.suppliers import establishment, supplier, supplier_alias
from directory.survivorship import Policy
from tests.directory.resolution_kit import NOON, ONE, OTHER, THIRD, World, says


@pytest.fixture
def world(database: Database) -> World:
    """A world in which nobody has said anything."""
    return World(database)


async def test_an_empty_store_resolves_to_nothing(world: World) -> None:
    assert await world.resolve() == ResolutionReport()
    assert await world.suppliers() == []


async def test_two_partners_one_company(world: World) -> None:
    await world.tell(says("cmar", "a", siren=ONE, siret=ONE + "00074"))
    await world.tell(says("chambre", "b", "SARL DUPONT", siren=ONE), partner="chambre")
    assert await world.resolve() == ResolutionReport(listings=2, suppliers=1, created=1)
    (stored,) = await world.suppliers()
    assert (stored.supplier.siren, stored.supplier.partners) == (ONE, ("chambre", "cmar"))
    assert stored.created_at == stored.updated_at == world.now
    listings = await world.listings()
    assert {each.supplier_id for each in listings.values()} == {stored.supplier.id}
    assert {each.establishment for each in listings.values()} == {ONE + "00074"}
    match = listings["b"].match
    assert match is not None
    assert (match.method, match.against, match.score) == (MatchMethod.SIREN, listings["a"].id, 1.0)
    assert await world.changes() == [("CREATED", stored.supplier.id, None)]


async def test_nothing_new_costs_nothing_and_writes_nothing(world: World) -> None:
    await world.tell(says("cmar", "a"), says("cmar", "b", "Garage"))
    first = await world.resolve()
    revision, before = await world.reader.revision(), await world.suppliers()
    written: list[str] = []
    engine = world.database._writer.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *said: written.append(said[2]))
    assert await world.resolve() == ResolutionReport(listings=first.listings, suppliers=first.suppliers)
    await world.tell(says("cmar", "a"), says("cmar", "b", "Garage"))
    written.clear()
    assert (await world.resolve()).updated == 0
    assert not [each for each in written if each.startswith(("INSERT INTO supplier", "UPDATE supplier"))]
    assert await world.suppliers() == before
    assert await world.changes() == [("CREATED", 1, None), ("CREATED", 2, None)]
    assert await world.reader.revision() == revision


async def test_only_what_changed_is_written(world: World) -> None:
    await world.tell(says("cmar", "a"), says("cmar", "b", "Garage"))
    await world.resolve()
    created = world.now
    await world.tell(says("cmar", "a"), says("cmar", "b", "Garage", description="Pneus."))
    assert await world.resolve() == ResolutionReport(listings=2, suppliers=2, updated=1)
    one, other = await world.suppliers()
    assert (one.updated_at, other.updated_at) == (created, world.now)
    assert other.created_at == created
    assert other.supplier.description == "Pneus."
    assert (await world.changes())[-1] == ("UPDATED", other.supplier.id, None)


async def test_a_merger_leaves_an_alias_and_chains_are_collapsed(world: World) -> None:
    await world.tell(says("cmar", "a", "A"), says("cmar", "b", "B"), says("cmar", "c", "C"))
    await world.resolve()
    assert [await world.home(each) for each in "abc"] == [1, 2, 3]
    await world.tell(says("cmar", "a", "A", siren=ONE), says("cmar", "b", "B"), says("cmar", "c", "C", siren=ONE))
    assert (await world.resolve()).merged == 1
    await world.tell(*(says("cmar", each, each.upper(), siren=ONE) for each in "abc"))
    assert (await world.resolve()).merged == 1
    (only,) = await world.suppliers()
    assert only.merged_ids == (2, 3)
    assert only.supplier.listings == (1, 2, 3)
    found = await world.reader.suppliers([3, 2, 1, 4])
    assert found == [only, only, only, None]
    assert [each for each in await world.changes() if each[0] == "MERGED"] == [("MERGED", 3, 1), ("MERGED", 2, 1)]


async def test_a_chain_of_mergers_leads_to_the_last_survivor(world: World) -> None:
    await world.tell(says("cmar", "a", "A", siren=ONE), *(says("cmar", each, each) for each in "bcd"))
    await world.resolve()
    # d joins c, then both join the larger a + b.
    await world.decide("must_link", ("cmar", "c"), ("cmar", "d"))
    await world.decide("must_link", ("cmar", "a"), ("cmar", "b"))
    await world.resolve()
    await world.decide("must_link", ("cmar", "b"), ("cmar", "d"))
    await world.resolve()
    async with world.database.reading() as connection:
        rows = await connection.execute(select(supplier_alias.c.id, supplier_alias.c.survivor).order_by("id"))
        assert [tuple(row) for row in rows] == [(2, 1), (3, 1), (4, 1)]


async def test_what_splits_off_gets_a_new_id(world: World) -> None:
    same = [says("cmar", each, siren=ONE) for each in "abc"]
    await world.tell(*same)
    await world.resolve()
    await world.tell(*same[:2], says("cmar", "c", siren=OTHER))
    assert await world.resolve() == ResolutionReport(listings=3, suppliers=2, updated=1, split=1, blocked=2)
    assert [await world.home(each) for each in "abc"] == [1, 1, 2]
    assert (await world.changes())[1:] == [("UPDATED", 1, None), ("SPLIT", 2, None)]


async def test_a_supplier_without_listings_is_removed_keeps_nothing_and_comes_back_under_its_id(world: World) -> None:
    await world.tell(says("cmar", "a", siret=ONE + "00074"), says("cmar", "b", "Garage"))
    await world.resolve()
    await world.tell(says("cmar", "b", "Garage"))
    assert await world.resolve() == ResolutionReport(listings=1, suppliers=1, removed=1)
    assert await world.reader.suppliers([1]) == [None]
    assert await world.reader.supplier_id(siren=ONE) is None
    async with world.database.reading() as connection:
        row = (await connection.execute(select(supplier).where(supplier.c.id == 1))).one()
        assert (row.name, row.siren, row.document, row.provenance) == (None, None, None, None)
        sites = select(func.count()).select_from(establishment).where(establishment.c.supplier_id == 1)
        assert await connection.scalar(sites) == 0
    await world.tell(says("cmar", "a", siret=ONE + "00074"), says("cmar", "b", "Garage"))
    assert await world.resolve() == ResolutionReport(listings=2, suppliers=2, created=1)
    (back,) = await world.reader.suppliers([1])
    assert back is not None
    assert back.supplier.siren == ONE
    kinds = [kind for kind, number, _ in await world.changes() if number == 1]
    assert kinds == ["CREATED", "REMOVED", "CREATED"]


async def test_a_listing_that_comes_back_renames_nobody(world: World) -> None:
    await world.tell(says("cmar", "a", "A", siren=ONE), says("cmar", "b", "B", siren=ONE))
    await world.resolve()
    await world.tell(says("cmar", "b", "B", siren=ONE))
    await world.resolve()
    await world.tell(says("cmar", "a", "A", siren=OTHER), says("cmar", "b", "B", siren=ONE))
    assert await world.resolve() == ResolutionReport(listings=2, suppliers=2, created=1)
    assert [await world.home(each) for each in "ab"] == [2, 1]


async def test_stewards_decisions_outlive_recomputations_and_can_be_taken_back_by_later_ones(world: World) -> None:
    await world.tell(says("cmar", "a", siren=ONE), says("cmar", "b", siren=ONE), says("cmar", "c", "Garage"))
    await world.decide("cannot_link", ("cmar", "a"), ("cmar", "b"))
    await world.decide("must_link", ("cmar", "a"), ("cmar", "c"))
    await world.decide("must_link", ("cmar", "a"), ("nobody", "z"))
    assert (await world.resolve()).suppliers == 2
    listings = await world.listings()
    assert listings["a"].supplier_id == listings["c"].supplier_id != listings["b"].supplier_id
    match = listings["c"].match
    assert match is not None
    assert (match.decision, match.method) == (MatchDecision.CONFIRMED, MatchMethod.STEWARD)
    await world.decide("must_link", ("cmar", "b"), ("cmar", "a"))
    assert (await world.resolve()).suppliers == 1


async def test_a_decision_that_confirms_what_was_so_is_seen_in_the_explanation(world: World) -> None:
    await world.tell(says("cmar", "a", siren=ONE), says("cmar", "b", siren=ONE))
    await world.resolve()
    await world.decide("must_link", ("cmar", "a"), ("cmar", "b"))
    assert await world.resolve() == ResolutionReport(listings=2, suppliers=1)
    match = (await world.listings())["b"].match
    assert match is not None
    assert match.decision is MatchDecision.CONFIRMED


async def test_contradictions_are_counted(world: World) -> None:
    await world.tell(says("cmar", "a", siren=ONE), says("cmar", "b", siren=OTHER))
    await world.decide("must_link", ("cmar", "a"), ("cmar", "b"))
    assert await world.resolve() == ResolutionReport(listings=2, suppliers=2, created=2, blocked=1, contradicted=1)


async def test_the_partners_priorities_choose_unless_a_policy_is_given(world: World) -> None:
    for partner, priority in (("cmar", 50), ("chambre", 10)):
        await world.tell(says(partner, "a", siren=ONE, description=f"Dit par {partner}."), partner=partner)
        async with world.database.writing() as connection:
            await partners.register(
                connection, PartnerInfo(id=partner, name=partner, organisation="", priority=priority)
            )
    await world.resolve()
    assert (await world.suppliers())[0].supplier.description == "Dit par chambre."
    policy = Policy(by_field={SupplierField.DESCRIPTION: {"cmar": 1}})
    report = await resolve(world.database, policy=policy, clock=lambda: world.now)
    assert report.updated == 1
    assert (await world.suppliers())[0].supplier.description == "Dit par cmar."


async def test_quality_falls_with_time_though_nobody_touches_anything(world: World) -> None:
    await world.tell(says("cmar", "a"))
    await world.resolve()
    fresh = (await world.suppliers())[0].supplier.quality.score
    world.now += timedelta(days=200)
    assert (await world.resolve()).updated == 1
    assert (await world.suppliers())[0].supplier.quality.score < fresh
    assert (await world.resolve()).updated == 0


async def test_other_rules_compute_everything_again_and_keep_the_ids(world: World) -> None:
    class Renamed(ProbabilisticMatcher):
        @property
        def version(self) -> str:
            return "another"

    await world.tell(says("cmar", "a"), says("cmar", "b", "Garage"))
    await world.resolve()
    done: list[tuple[int, int]] = []
    await resolve(world.database, matcher=Renamed(), clock=lambda: world.now, progress=lambda *step: done.append(step))
    assert done == [(2, 2)]
    assert [kind for kind, _, _ in await world.changes()] == ["CREATED", "CREATED"]


async def test_the_log_never_goes_back_in_time_even_if_the_clock_does(world: World) -> None:
    await world.tell(says("cmar", "a"))
    await world.resolve()
    latest = world.now
    world.now = NOON - timedelta(days=10)
    await world.tell(says("cmar", "a"), says("cmar", "b", "Garage"))
    await world.resolve()
    assert {each.at for each in await world.reader.changes(NOON, None, 10)} == {latest}


async def test_a_partner_s_date_of_change_in_the_future_is_not_believed(world: World) -> None:
    await world.tell(
        says("cmar", "a", modified_at=NOON + timedelta(days=3650)),
        says("cmar", "b", "Garage", modified_at=NOON - timedelta(days=3)),
    )
    await world.resolve()
    one, other = await world.suppliers()
    assert one.supplier.quality.freshest_at == NOON
    assert other.supplier.quality.freshest_at == NOON - timedelta(days=3)


async def test_a_company_of_thousands_of_listings_is_one_supplier(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 7)
    await world.tell(*(says("cmar", str(number), siren=ONE) for number in range(20)))
    assert await world.resolve() == ResolutionReport(listings=20, suppliers=1, created=1, capped=2)
    monkeypatch.undo()
    await world.tell(*(says("cmar", str(number), siren=ONE) for number in range(chunks.CHUNK + 500)))
    assert await world.resolve() == ResolutionReport(listings=5_500, suppliers=1, updated=1, capped=15)
    (stored,) = await world.suppliers()
    assert len(stored.supplier.listings) == 5_500


async def test_batches_are_bounded_and_one_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolution, "BATCH", 2)
    monkeypatch.setattr(resolution, "BATCH_LISTINGS", 3)
    await world.tell(
        *(says("cmar", str(n), f"Garage {n}") for n in range(5)), *(says("cmar", f"x{n}", siren=ONE) for n in range(4))
    )
    seen: list[int] = []

    def watch(done: int, total: int) -> None:
        seen.append(done)
        assert total == 6
        if done == total:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await resolve(world.database, progress=watch)
    assert seen == [2, 4, 5, 6]
    assert await world.suppliers() == []
    assert await world.changes() == []


async def test_two_resolutions_at_once_do_the_work_once(world: World, database_url: str) -> None:
    await world.tell(*(says("cmar", str(n), f"Garage {n}") for n in range(40)))
    second = Database(database_url)
    reports = await asyncio.gather(resolve(world.database), resolve(second), resolve(world.database))
    await second.close()
    assert sorted(report.created for report in reports) == [0, 0, 40]
    assert {report.suppliers for report in reports} == {40}
    assert len(await world.changes()) == 40


LISTINGS = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.sampled_from(["Dupont", "Garage", "Fleurs"]), st.sampled_from([None, ONE, OTHER, THIRD])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(harvests=st.lists(LISTINGS, min_size=2, max_size=4))
async def test_whatever_happens_readers_and_the_log_agree(
    world: World, harvests: list[dict[str, tuple[str, str | None]]]
) -> None:
    """Over random harvests: one supplier a listing, never two SIRENs, and a copy kept by the log equals the truth."""
    copy = {each.supplier.id: each.supplier for each in await world.suppliers()}
    last = max((each.seq for each in await world.reader.changes(NOON - timedelta(days=1), None, 10_000)), default=0)
    for said in harvests:
        before = await world.listings()
        await world.tell(*(says("cmar", key, name, siren=siren) for key, (name, siren) in said.items()))
        await world.resolve()
        truth = {each.supplier.id: each.supplier for each in await world.suppliers()}
        log = await world.reader.changes(NOON - timedelta(days=1), last, 10_000)
        for change in log:
            last = change.seq
            if change.kind in {ChangeKind.MERGED, ChangeKind.REMOVED}:
                copy.pop(change.supplier_id, None)
            else:
                copy[change.supplier_id] = truth[change.supplier_id]
            if change.merged_into:
                (survivor,) = await world.reader.suppliers([change.supplier_id])
                assert survivor is not None
        assert copy == truth
        after = await world.listings()
        assert sorted(n for each in truth.values() for n in each.listings) == sorted(each.id for each in after.values())
        for each in truth.values():
            sirens = {stored.listing.siren for stored in after.values() if stored.id in each.listings} - {None}
            assert sirens <= {each.siren}
        for key in before.keys() & after.keys():
            assert before[key].id == after[key].id
