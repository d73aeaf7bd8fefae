"""Matching a part of the store comes to what matching all of it does, whatever happened in which order."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bench.matching.generator import generate
from directory import incremental, resolution, reviewing
from directory.choice import Policy
from directory.identity import assign
from directory.leaving import leave
from directory.links import Key, Link, pair_of
from directory.matching import blocking
from directory.matching.blocking import LARGEST
from directory.matching.comparing import Likeness
from directory.matching.contract import MatchRecord
from directory.matching.probabilistic import ProbabilisticMatcher
from directory.matching.terms import Terms
from directory.records import Address, ChangeKind, Contact, Listing
from directory.resolution import resolve
from directory.store import acts, changes, matches, snapshots
from directory.store.acts import ActKind
from directory.store.database import Database
from directory.store.listings import listing
from directory.store.matches import match_edge, match_key, match_profile, match_term
from directory.store.reviews import match_review
from directory.store.snapshots import Snapshot
from tests.directory.resolution_kit import AUBAGNE, NOON, ONE, OTHER, REGISTER, THIRD, World, registers, says

PARTNERS = ("cmar", "chambre", "cress_paca")
NAMES = ("Plomberie Dupont", "Dupont", "Garage Esposito", "Esposito Plomberie", "Fleurs de Rosalinde", "SNEF")
TOWNS = (AUBAGNE, Address(lines=("3 place Basse",), postcode="13400", commune="Aubagne"), Address(postcode="13001"))
PHONES = (None, None, "0491000001", "0491000002")


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which nothing is too much to be matched by itself, and keys are soon too frequent."""
    monkeypatch.setattr(incremental, "MOST_DIRTY", 1e9)
    monkeypatch.setattr(incremental, "MOST_DRIFT", 1e9)
    monkeypatch.setattr(blocking, "_CAPS", tuple(3 + place % 3 for place, _ in enumerate(LARGEST)))
    return World(database)


@pytest.fixture
def fulls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many listings were matched by each full resolution."""
    seen: list[int] = []
    whole = resolution._whole_work

    def watched(snapshot: Snapshot, records: Sequence[MatchRecord], *others: Any) -> Any:
        seen.append(len(records))
        return whole(snapshot, records, *others)

    monkeypatch.setattr(resolution, "_whole_work", watched)
    return seen


async def resolve_and_compare(world: World) -> None:
    """Resolve, and find in the store what matching all of it by the same frequencies gives."""
    async with world.database.reading() as connection:
        before, records = await snapshots.take(connection, world.now)
        everybody = await connection.scalars(select(listing.c.id))
        _, noted = await changes.noted(connection)
        assert await matches.dirty(connection, noted) == await matches.dirty(connection, everybody)
    await world.resolve()
    async with world.database.reading() as connection:
        last = await snapshots.settled(connection)
        counts = {row[0]: row[1] for row in await connection.execute(select(match_term))}
        keys = {tuple(row) for row in await connection.execute(select(match_key))}
        edges = {(row[0], row[1]): Likeness(row[2], row[3]) for row in await connection.execute(select(match_edge))}
        home = (await snapshots.homes(connection)).home
        inputs = await snapshots._inputs(connection)
        waiting = await connection.execute(select(match_review))
        asked = {(r.left_id, r.right_id, r.reason, r.weight, r.listings, r.gain) for r in waiting}
        rules = resolution.rules_of(ProbabilisticMatcher(), Policy.of(await snapshots.partners(connection)))
    assert last is not None
    matcher = ProbabilisticMatcher()
    compared = matcher.compare(records, Terms.frozen(records, counts, last.counted))
    matching = matcher.cluster(compared, before.words.decisions)
    numbers = [profile.listing for profile in compared.profiles]
    assert keys == {(key, numbers[position]) for key, position in compared.blocks.entries()}
    assert edges == compared.edges
    clusters = [cluster for cluster in matching.clusters if not before.official.issuperset(cluster)]
    named = assign(
        clusters, before.homes.home, before.inputs.keys(), before.next_id, before.homes.former, before.words.chosen
    )
    assert home == {n: one for one, cluster in zip(named.ids, clusters, strict=True) for n in cluster}
    made_of = resolution._inputs(clusters, matching, named.ids, before, rules, {})
    assert inputs == dict(zip(named.ids, made_of, strict=True))
    questions = reviewing.questions(matching, before.words.decisions, clusters)
    assert asked == {(q.left, q.right, q.reason, q.weight, q.listings, q.gain) for q in questions}
    assert (last.listings, last.suppliers) == (len(records), len(clusters))


def _invented(chance: random.Random, partner: str, number: int) -> Listing:
    siren = chance.choice((None, None, ONE, OTHER, THIRD))
    return says(
        partner,
        str(number),
        chance.choice(NAMES),
        siren=siren,
        siret=f"{siren}00074" if siren == ONE and chance.random() < 0.5 else None,
        address=chance.choice(TOWNS),
        contact=Contact(phone=chance.choice(PHONES)),
        description=chance.choice((None, "Devis gratuit.")),
    )


async def _decide(world: World, chance: random.Random, there: Sequence[Key]) -> None:
    """Say something of two listings, or take back something that was said."""
    one, other = chance.sample(list(there), 2)
    word = acts.word(pair_of(one, other), chance.choice(list(Link)))
    async with world.database.writing() as connection:
        act = await acts.record_act(
            connection, ActKind.CONFIRM, [word], [one, other], author="a", reason="r", at=world.now
        )
        if act > 1 and chance.random() < 0.3:
            await acts.undo(connection, chance.randrange(1, act), act)


@pytest.mark.parametrize("seed", range(2))
async def test_any_sequence_of_harvests_and_decisions(world: World, seed: int, fulls: list[int]) -> None:
    chance = random.Random(seed)
    said: dict[str, dict[str, Listing]] = {partner: {} for partner in PARTNERS}
    for partner in (*PARTNERS, REGISTER):
        await world.tell(partner=partner)
    for step in range(12):
        partner = PARTNERS[step] if step < 3 else chance.choice(PARTNERS)
        mine = said[partner]
        for number in chance.sample(range(12), 10 if step < 3 else chance.choice((1, 1, 2, 5))):
            if chance.random() < 0.3:
                mine.pop(str(number), None)
            else:
                mine[str(number)] = _invented(chance, partner, number)
        await world.tell(*mine.values(), partner=partner)
        there = [(partner, number) for partner, mine in said.items() for number in mine]
        if step > 2 and chance.random() < 0.4:
            await _decide(world, chance, there)
        if step % 5 == 4:
            await world.tell(*(registers(each) for each in chance.sample((ONE, OTHER, THIRD), 2)), partner=REGISTER)
        await resolve_and_compare(world)
    assert len(fulls) == 1


async def test_what_joins_renames_hardly_anybody(database: Database) -> None:
    """Of suppliers whose listings did not change, under 0.3 % get another id, and those only by a merger."""
    world = World(database)
    everything = [each for each, _ in generate(5_000, seed=1)]
    random.Random(77).shuffle(everything)
    there, joining = everything[:4_760], everything[4_760:]
    for partner in {each.partner for each in everything}:
        await world.tell(*(each for each in there if each.partner == partner), partner=partner)
    await world.resolve()
    before = await world.suppliers()
    homes = {n: each.supplier.id for each in before for n in each.supplier.listings}
    for partner in {each.partner for each in joining}:
        await world.tell(*(each for each in everything if each.partner == partner), partner=partner)
    report = await world.resolve()
    after = {n: each.supplier.id for each in await world.suppliers() for n in each.supplier.listings}
    renamed = {homes[n] for n in homes if homes[n] != after[n]}
    log = await world.reader.changes(NOON - timedelta(days=1), None, 10_000)
    merged = {change.supplier_id for change in log if change.kind is ChangeKind.MERGED}
    assert len(renamed) < 0.003 * len(before)
    assert renamed <= merged
    assert (report.split, report.removed) == (0, 0)
    counted_anew = await resolve(database, full=True, clock=lambda: world.now)
    assert abs(counted_anew.suppliers - report.suppliers) <= 0.003 * len(before)


async def test_a_full_one_when_asked_when_never_done_and_when_much_has_changed(
    database: Database, fulls: list[int]
) -> None:
    world = World(database)
    many = [says("cmar", str(number), f"Garage {number}") for number in range(60)]
    await world.tell(*many)
    await world.resolve()
    await world.tell(*many, says("cmar", "a", "Fleurs"))
    await world.resolve()
    assert fulls == [60]
    await resolve(database, full=True, clock=lambda: world.now)
    assert fulls == [60, 61]
    changed = [says("cmar", str(number), f"Fleurs {number}") for number in range(5)]
    await world.tell(*changed, *many[5:], says("cmar", "a", "Fleurs"))
    await world.resolve()
    assert fulls == [60, 61, 61]
    for left in (60, 58, 56, 54, 52):
        await world.tell(*[*changed, *many[5:]][:left])
        await world.resolve()
    assert fulls == [60, 61, 61, 54]


async def test_what_an_erased_partner_said_is_forgotten(world: World) -> None:
    await world.tell(says("cmar", "a", "Fleurs de Rosalinde"), says("cmar", "b", "Garage"))
    await world.tell(says("chambre", "c", "Fleurs de Rosalinde"), partner="chambre")
    await world.resolve()
    await leave(world.database, "chambre", author="a", reason="r", clock=lambda: world.now)
    async with world.database.reading() as connection:
        kept = {row.listing_id: row.profile for row in await connection.execute(select(match_profile))}
    assert [bool(kept[n]) for n in sorted(kept)] == [True, True, False]
    await resolve_and_compare(world)
    async with world.database.reading() as connection:
        assert set(await connection.scalars(select(match_profile.c.listing_id))) == {1, 2}
