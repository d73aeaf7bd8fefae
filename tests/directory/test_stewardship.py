"""Stewards merge, split, move, answer and undo, on a real database; what they decide outlives everything else."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from directory.records import ChangeKind, MatchDecision
from directory.stewardship import Conflicting, Meaningless, Merge, Move, Refused, Stale, Undo, Unknown, decide
from directory.store import acts
from directory.store.acts import ActKind
from directory.store.database import Database
from directory.store.decisions import decision, decision_listing
from directory.store.state import state
from tests.directory.resolution_kit import ONE, OTHER, World, says
from tests.directory.stewards_kit import Steward

NAMES = {"a": "Garage Arnaud", "b": "Boulangerie Blanc", "c": "Conseil Colin", "d": "Dupont", "e": "Esposito"}


@pytest.fixture
def steward(database: Database) -> Steward:
    """A steward of a world in which nobody has said anything."""
    return Steward(World(database))


async def listed(steward: Steward, *names: str, **values: Any) -> None:
    """Companies that have nothing to do with each other, one listing each, unless ``values`` say otherwise."""
    await steward.world.tell(*(says("cmar", each, NAMES[each], **values) for each in names))
    await steward.world.resolve()


async def everything(database: Database) -> list[Any]:
    """Every row that a decision could touch."""
    async with database.reading() as connection:
        return [(await connection.execute(select(table))).all() for table in (decision, decision_listing, state)]


async def refused(steward: Steward, *decisions: Any) -> Refused:
    """How the decisions are refused, having changed nothing."""
    before = await everything(steward.world.database)
    with pytest.raises(Refused) as error:
        await steward.says(*decisions)
    assert await everything(steward.world.database) == before
    return error.value


async def test_suppliers_are_merged_and_the_merged_ids_lead_to_the_survivor(steward: Steward) -> None:
    await listed(steward, "a", "b", "c")
    await steward.does(await steward.merge("b", "a", "c"))
    assert await steward.groups() == ["abc"]
    survivor = await steward.home("a")
    assert {each and each.supplier.id for each in await steward.world.reader.suppliers([1, 2, 3])} == {survivor}
    match = (await steward.world.listings())["c"].match
    assert match is not None
    assert match.decision is MatchDecision.CONFIRMED


async def test_the_supplier_merged_into_keeps_its_id_however_small(steward: Steward) -> None:
    await listed(steward, "a", "b", "c", siren=ONE)
    await steward.world.tell(says("chambre", "d", "Dupont"), partner="chambre")
    await steward.world.resolve()
    small = await steward.home("d")
    (act,) = await steward.does(await steward.merge("d", "a"))
    assert {await steward.home(each) for each in "abcd"} == {small}
    assert (await steward.world.changes())[-1] == ("MERGED", 1, small)
    await listed(steward, "a", "b", "c", "e", siren=ONE)
    assert await steward.home("a") == small
    await steward.undo(act)
    assert await steward.home("a") == small
    assert await steward.home("d") not in {small, 1}


async def test_a_merge_is_undone(steward: Steward) -> None:
    await listed(steward, "a", "b")
    (act,) = await steward.does(await steward.merge("a", "b"))
    assert await steward.undo(act) == [act + 1]
    assert await steward.groups() == ["a", "b"]
    changes = await steward.world.changes()
    assert changes[2:] == [("UPDATED", 1, None), ("MERGED", 2, 1), ("UPDATED", 1, None), ("SPLIT", 3, None)]


async def test_a_merge_binds_whoever_is_left(steward: Steward) -> None:
    """The listing that names the others may go away: they stay one."""
    await listed(steward, "a", "b", "c")
    await steward.does(await steward.merge("a", "b", "c"))
    await listed(steward, "b", "c")
    assert await steward.groups() == ["bc"]
    await listed(steward, "a", "c")
    assert await steward.groups() == ["ac"]


async def test_listings_are_split_off_and_stay_together(steward: Steward) -> None:
    await listed(steward, "a", "b", "c", "d", siren=ONE)
    assert await steward.groups() == ["abcd"]
    await steward.does(await steward.split("c", "d"))
    assert await steward.groups() == ["ab", "cd"]
    assert (await steward.world.changes())[-1][0] == ChangeKind.SPLIT
    for left in ("abd", "bcd", "acd", "abcd", "bd", "abcde"):
        await listed(steward, *left, siren=ONE)
        gone = [each for each in left if each in "cd"]
        assert ["".join(gone)] == [each for each in await steward.groups() if set(each) & set(gone)]


async def test_a_listing_is_moved(steward: Steward) -> None:
    await listed(steward, "a", "b", siren=ONE)
    await steward.world.tell(says("chambre", "c", "Colin"), partner="chambre")
    await steward.world.resolve()
    assert await steward.groups() == ["ab", "c"]
    ids = {name: await steward.home(name) for name in "abc"}
    here = await steward.version(ids["a"])
    refusal = await refused(steward, Move(listing=await steward.id("b"), to=ids["a"], versions=(here, here)))
    assert (type(refusal), str(refusal)) == (Conflicting, "The listing is of this supplier already.")
    await steward.does(await steward.move("b", to="c"))
    assert await steward.groups() == ["a", "bc"]


async def test_the_only_listing_of_a_supplier_is_moved_and_its_id_leads_on(steward: Steward) -> None:
    await listed(steward, "a", "b")
    await steward.does(await steward.move("b", to="a"))
    assert await steward.groups() == ["ab"]
    (found,) = await steward.world.reader.suppliers([2])
    assert found is not None
    assert found.supplier.id == 1


async def test_the_last_word_on_a_pair_stands_and_all_stay_on_record(steward: Steward) -> None:
    await listed(steward, "a", "b")
    for expected in (["ab"], ["a", "b"], ["ab"]):
        said = steward.merge("a", "b") if expected == ["ab"] else steward.split("b")
        await steward.does(await said)
        assert await steward.groups() == expected
    async with steward.world.database.reading() as connection:
        kinds = [act.kind for act in await acts.latest(connection, 10)]
    assert kinds == [ActKind.MERGE, ActKind.SPLIT, ActKind.MERGE]


async def test_a_split_of_what_was_split_keeps_what_the_first_said(steward: Steward) -> None:
    """c and d left a together; when d leaves c, it does not come home to a."""
    await listed(steward, "a", "c", "d", siren=ONE)
    await steward.does(await steward.split("c", "d"))
    await steward.does(await steward.split("d"))
    assert await steward.groups() == ["a", "c", "d"]


async def test_what_was_split_is_merged_again_as_a_whole(steward: Steward) -> None:
    await listed(steward, "a", "b", "c", "d", siren=ONE)
    await steward.does(await steward.split("c", "d"))
    await steward.does(await steward.merge("a", "d"))
    assert await steward.groups() == ["abcd"]
    assert await steward.asked() == []


async def test_answers(steward: Steward) -> None:
    await listed(steward, "a", "b", "c")
    await steward.does(await steward.confirm("a", "b"), await steward.reject("b", "c"))
    assert await steward.groups() == ["ab", "c"]
    await steward.does(await steward.confirm("a", "c"))
    assert await steward.groups() == ["abc"]
    await steward.does(await steward.reject("a", "b"))
    assert (await steward.world.home("a")) != (await steward.world.home("b"))


async def test_several_are_decided_together_or_not_at_all(steward: Steward) -> None:
    await listed(steward, "a", "b", "c")
    refusal = await refused(steward, await steward.confirm("a", "b"), Undo(99))
    assert (type(refusal), refusal.place, refusal.about) == (Unknown, 1, "id")
    assert str(refusal) == "There is no such decision."
    acts_of_two = await steward.does(await steward.confirm("a", "b"), await steward.confirm("b", "c"))
    assert len(acts_of_two) == 2
    assert await steward.groups() == ["abc"]


async def test_two_sirens_are_never_merged(steward: Steward) -> None:
    await steward.world.tell(
        says("cmar", "a", "Arnaud", siren=ONE),
        says("cmar", "b", "Blanc", siret=OTHER + "00013"),
        says("cmar", "c", "C"),
    )
    await steward.world.resolve()
    sentence = f"These are companies of different SIRENs, which are never one: {OTHER}, {ONE}."
    for decisions in (
        [await steward.merge("a", "b")],
        [await steward.move("a", to="b")],
        [await steward.confirm("a", "b")],
        [await steward.confirm("a", "c"), await steward.confirm("b", "c")],
    ):
        refusal = await refused(steward, *decisions)
        assert (type(refusal), str(refusal)) == (Conflicting, sentence)
        assert refusal.place == len(decisions) - 1


async def test_a_stale_view_is_refused(steward: Steward) -> None:
    await listed(steward, "a", "b", "c")
    stale = [await steward.merge("a", "b"), await steward.split("a"), await steward.confirm("a", "b")]
    await steward.says(await steward.merge("a", "c"))  # not yet resolved: the view is old all the same
    for said in stale:
        refusal = await refused(steward, said)
        assert type(refusal) is Stale
        assert str(refusal) == "It has changed since you looked at it; look again, then decide."
    await steward.world.resolve()
    said = await steward.merge("a", "b")
    await steward.world.tell(*(says("cmar", each, NAMES[each], description="Nouveau.") for each in "abc"))
    assert type(await refused(steward, said)) is Stale


async def test_a_view_lasts_whatever_is_recomputed(steward: Steward) -> None:
    await listed(steward, "a", "b", "c")
    said = await steward.merge("a", "b")
    await listed(steward, "a", "b", "c", "d")
    await steward.does(said)
    assert await steward.groups() == ["ab", "c", "d"]


async def test_what_means_nothing_is_refused(steward: Steward) -> None:
    await listed(steward, "a", "b", siren=ONE)
    await steward.world.tell(says("chambre", "c", "Colin"), partner="chambre")
    await steward.world.resolve()
    both, alone = await steward.home("a"), await steward.home("c")
    version = await steward.version(both)
    split = await steward.split("a")
    for said, kind, about, sentence in (
        (
            Merge(into=both, others=(both,), versions=(version, version)),
            Meaningless,
            "from",
            "Name the suppliers to merge, each once.",
        ),
        (
            Merge(into=both, others=(), versions=(version,)),
            Meaningless,
            "from",
            "Name the suppliers to merge, each once.",
        ),
        (Merge(into=99, others=(both,), versions=("", "")), Unknown, "into", "There is no such supplier any more."),
        (
            await steward.split("a", "b"),
            Meaningless,
            "listings",
            "At least one listing leaves and one stays, registers' not counted.",
        ),
        (
            type(split)(supplier=alone, listings=split.listings, version=await steward.version(alone)),
            Meaningless,
            "listings",
            "These are not all listings of this supplier.",
        ),
        (await steward.confirm("a", "a"), Meaningless, "review", "A listing is one company with itself."),
    ):
        refusal = await refused(steward, said)
        assert (type(refusal), refusal.about, str(refusal)) == (kind, about, sentence)


async def test_an_undoing_is_not_undone_and_nothing_is_undone_twice(steward: Steward) -> None:
    await listed(steward, "a", "b")
    (act,) = await steward.does(await steward.merge("a", "b"))
    (undoing,) = await steward.undo(act)
    refusal = await refused(steward, Undo(act))
    assert (type(refusal), str(refusal)) == (Conflicting, "This decision is undone already.")
    refusal = await refused(steward, Undo(undoing))
    assert str(refusal) == "An undoing is not undone; what it undid can be decided again."


async def test_an_act_is_remembered_with_author_reason_time_and_listings(steward: Steward) -> None:
    await listed(steward, "a", "b")
    (number,) = await steward.does(await steward.merge("a", "b"), reason="Même gérant.")
    decided_at = steward.world.now
    (undoing,) = await steward.undo(number)
    async with steward.world.database.reading() as connection:
        of_a = (await acts.of_listings(connection, [("cmar", "a")]))[("cmar", "a")]
        assert [act.id for act in of_a] == [undoing, number]
        (act,) = (await acts.by_id(connection, [number])).values()
    assert (act.kind, act.author, act.reason, act.undone_by) == (ActKind.MERGE, "Ines", "Même gérant.", undoing)
    assert act.at < decided_at
    assert act.listings == (("cmar", "a"), ("cmar", "b"))
    assert of_a[0].undoes == number


async def test_every_decision_raises_the_revision(steward: Steward) -> None:
    await listed(steward, "a", "b")
    before = await steward.world.reader.revision()
    await steward.says(await steward.merge("a", "b"))
    assert await steward.world.reader.revision() > before


async def test_a_decision_whose_listing_is_away_waits_for_it(steward: Steward) -> None:
    await listed(steward, "a", "b")
    await steward.does(await steward.merge("a", "b"))
    await listed(steward, "a")
    await listed(steward, "a", "b")
    assert await steward.groups() == ["ab"]


async def test_decisions_that_contradict_the_registers_numbers_are_shown(steward: Steward) -> None:
    await listed(steward, "a", "b", "c")
    await steward.does(await steward.merge("a", "b", "c"))
    await steward.world.tell(
        says("cmar", "a", siren=ONE), says("cmar", "b", "Blanc", siren=OTHER), says("cmar", "c", NAMES["c"])
    )
    await steward.world.resolve()
    assert len(await steward.groups()) == 2
    assert await steward.asked() == [("CONTRADICTION", "ab")]


async def test_words_that_cannot_all_be_true_are_shown_until_one_is_taken_back(steward: Steward) -> None:
    await listed(steward, "a", "b", "c")
    for kind, one, other in (("must_link", "a", "b"), ("must_link", "b", "c"), ("cannot_link", "a", "c")):
        await steward.world.decide(kind, ("cmar", one), ("cmar", other))
    await steward.world.resolve()
    assert await steward.groups() == ["ab", "c"]
    (question,) = await steward.queue()
    assert (question.reason, question.listings, question.gain) == ("CONTRADICTION", 3, 1.0)
    assert await steward.asked() == [("CONTRADICTION", "bc")]
    asked_at = question.created_at
    await steward.world.resolve()
    await listed(steward, "a", "b", "c", "d")
    assert [each.created_at for each in await steward.queue()] == [asked_at]
    (act,) = await steward.does(await steward.confirm("b", "c"))
    assert (await steward.groups(), await steward.asked()) == (["abc", "d"], [])
    await steward.undo(act)
    await steward.does(await steward.reject("b", "c"))
    assert (await steward.groups(), await steward.asked()) == (["ab", "c", "d"], [])


async def test_two_stewards_at_once_the_second_is_told_to_look_again(steward: Steward, database_url: str) -> None:
    await listed(steward, "a", "b")
    said = await steward.merge("a", "b")
    other = Database(database_url)
    outcomes = await asyncio.gather(
        steward.says(said), decide(other, [said], author="Jean", reason="r"), return_exceptions=True
    )
    await other.close()
    assert sorted(type(each).__name__ for each in outcomes) == ["Stale", "list"]
