"""What was merged by a human stays merged, what was split stays split: over fifty random recomputations."""

import random
from itertools import combinations, product

import pytest

from directory.records import Listing
from directory.stewardship import Conflicting
from directory.store.database import Database
from tests.directory.resolution_kit import ONE, OTHER, World, says
from tests.directory.stewards_kit import Steward

ROUNDS = 50
PARTNERS = ("chambre", "cmar", "cpme13")
# Names as partners write them: what has the same name in the same town is one company to the rules, and so is what has
# the same SIREN. A steward will say otherwise.
COMPANIES = {
    "a": ("Garage Arnaud", ONE), "b": ("Garage Arnaud", None), "c": ("Arnaud automobiles", ONE),
    "d": ("Dupont", None), "e": ("Dupont", OTHER), "f": ("Dupont", None), "g": ("Dupont et fils", None),
    "h": ("Hôtel Fabre", None), "i": ("Hôtel Fabre", None), "j": ("Fabre", None), "k": ("Kiné", None),
    "l": ("Kiné", None),
}  # fmt: skip

Pair = frozenset[str]


class Memory:
    """What the steward has said of every two listings that were in view, the last word standing."""

    def __init__(self) -> None:
        self.said: dict[Pair, bool] = {}

    def merged(self, names: str) -> None:
        """All of these are one."""
        self.said.update({frozenset(pair): True for pair in combinations(names, 2)})

    def split(self, gone: str, left: str) -> None:
        """These went away together."""
        self.said.update({frozenset(pair): False for pair in product(gone, left)})
        self.merged(gone)

    def broken(self, groups: list[str]) -> list[tuple[str, bool]]:
        """The words that do not hold."""
        home = {name: group for group in groups for name in group}
        return [
            ("".join(sorted(pair)), together)
            for pair, together in self.said.items()
            if pair <= home.keys() and (len({home[name] for name in pair}) == 1) is not together
        ]


def listing(name: str, chance: random.Random) -> Listing:
    """A listing, of which something else is new each time."""
    title, siren = COMPANIES[name]
    return says(partner_of(name), name, title, siren=siren, description=f"Version {chance.random()}")


def partner_of(name: str) -> str:
    return PARTNERS[ord(name) % len(PARTNERS)]


def some_of_each(chance: random.Random) -> str:
    """Members of whom some are away; a partner that lists nobody at all would not be believed."""
    by_partner = [[name for name in COMPANIES if partner_of(name) == partner] for partner in PARTNERS]
    return "".join("".join(chance.sample(mine, chance.randint(1, len(mine)))) for mine in by_partner)


async def harvested(world: World, names: str, chance: random.Random) -> None:
    """Every partner is read anew, in any order, its listings in any order."""
    said = [listing(name, chance) for name in names]
    for partner in chance.sample(PARTNERS, len(PARTNERS)):
        mine = [each for each in said if each.partner == partner]
        await world.tell(*chance.sample(mine, len(mine)), partner=partner)
    await world.resolve()


async def decided(steward: Steward, memory: Memory, chance: random.Random) -> None:
    """A steward merges or splits something; two SIRENs stay two."""
    groups = await steward.groups()
    large = [group for group in groups if len(group) > 1]
    if large and chance.random() < 0.5:
        group = chance.choice(large)
        gone = "".join(chance.sample(group, chance.randint(1, len(group) - 1)))
        await steward.does(await steward.split(*gone))
        memory.split(gone, "".join(set(group) - set(gone)))
    elif len(groups) > 1:
        some = chance.sample(groups, 2)
        try:
            await steward.does(await steward.merge(*(group[0] for group in some)))
        except Conflicting:
            return
        memory.merged("".join(some))


@pytest.mark.parametrize("seed", [1, 2])
async def test_over_fifty_random_recomputations(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    world = World(database)
    steward, memory, everybody = Steward(world), Memory(), "".join(COMPANIES)
    for _ in range(ROUNDS):
        if chance.random() < 0.4:
            await harvested(world, everybody, chance)
            await decided(steward, memory, chance)
        else:
            await harvested(world, some_of_each(chance), chance)
        assert memory.broken(await steward.groups()) == []
        assert [reason for reason, _ in await steward.asked() if reason == "CONTRADICTION"] == []
    assert len(memory.said) > len(everybody)
