"""What words about pairs amount to, whoever is away."""

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from directory.links import Key, Link, Pair, joined, linked, pair_of, parted, replay
from directory.matching.contract import Decisions

ONE, TWO, SITE = Link.ONE_COMPANY, Link.TWO_COMPANIES, Link.ONE_SITE
NAMES = "abcdefgh"
A, B = ("p", "a"), ("p", "b")


def keys(names: str) -> list[Key]:
    """A listing a letter."""
    return [("p", name) for name in names]


def words(**said: Link) -> dict[Pair, Link]:
    """Words about pairs of letters."""
    return {pair_of(("p", pair[0]), ("p", pair[1])): link for pair, link in said.items()}


def told(said: dict[Pair, Link]) -> dict[str, Link]:
    """The same, to be read."""
    return {one[1] + other[1]: link for (one, other), link in sorted(said.items())}


def there(names: str) -> dict[Key, int]:
    """Listings that are there: a is 0, b is 1 …"""
    return {key: NAMES.index(key[1]) for key in keys(names)}


def test_to_join_n_listings_takes_one_word_less() -> None:
    assert told(joined({}, keys("cab"))) == {"ab": ONE, "ac": ONE}


def test_to_part_them_takes_one_word_for_each_that_stays() -> None:
    assert told(parted({}, keys("bd"), keys("ac"))) == {"ab": TWO, "bc": TWO, "bd": ONE}


def test_what_was_said_against_is_overruled_pair_by_pair() -> None:
    assert told(joined(words(bc=TWO, xz=TWO), keys("abc"))) == {"ab": ONE, "ac": ONE, "bc": ONE}
    assert told(linked(words(ax=ONE, by=ONE, xy=TWO), A, B, ONE)) == {"ab": ONE, "xy": ONE}


def test_two_of_one_site_remain_so() -> None:
    assert told(joined(words(ab=SITE), keys("abc"))) == {"ab": SITE, "ac": ONE}


def test_what_bound_the_two_sides_is_cut_even_through_somebody_who_is_away() -> None:
    assert told(parted(words(ax=ONE, xb=ONE), keys("b"), keys("a"))) == {"ab": TWO, "bx": TWO}


def test_what_stays_stays_together_when_its_centre_leaves() -> None:
    assert told(parted(words(ab=ONE, ac=ONE), keys("a"), keys("bc"))) == {"ab": TWO, "ac": TWO, "bc": ONE}


def test_a_piece_keeps_what_was_said_of_the_whole() -> None:
    before = words(ab=ONE, ac=TWO)
    assert told(parted(before, keys("b"), keys("a"))) == {"ab": TWO, "bc": TWO}
    assert told(linked(before, A, B, TWO)) == {"ab": TWO, "bc": TWO}


def test_words_about_who_is_there() -> None:
    said = words(ab=ONE, bc=TWO, cd=SITE)
    assert replay(said, there("abcd")) == Decisions(((0, 1),), ((1, 2),), ((2, 3),))
    assert replay(said, there("cd")) == Decisions(same_site=((2, 3),))
    assert replay(said, {}) == Decisions()


def test_who_is_away_binds_the_others_and_is_stood_for() -> None:
    assert replay(words(ab=ONE, bc=ONE), there("ac")) == Decisions(must_link=((0, 2),))
    assert replay(words(ab=ONE, bc=TWO), there("ac")) == Decisions(cannot_link=((0, 2),))
    assert replay(words(ab=SITE, bc=SITE), there("ac")) == Decisions(same_site=((0, 2),))
    assert replay(words(ab=SITE, bc=ONE, cd=SITE), there("ad")) == Decisions(must_link=((0, 3),))


class Model:
    """Pairs that were said to be together or apart, kept in full; companies are what words bind."""

    def __init__(self) -> None:
        self.words: dict[Pair, Link] = {}
        self.said: dict[Pair, bool] = {}

    def companies(self, names: str) -> list[set[int]]:
        """Companies among these, by the words alone."""
        bound = replay(self.words, there(names))
        groups = [{number} for number in there(names).values()]
        for pair in (*bound.must_link, *bound.same_site):
            one, other = (next(group for group in groups if number in group) for number in pair)
            if one is not other:
                one |= other
                groups.remove(other)
        return groups

    def join(self, one: str, other: str) -> None:
        self.words |= joined(self.words, keys(one + other))
        self.said |= {pair_of(*pair): True for pair in combinations(keys(one + other), 2)}

    def part(self, gone: str, left: str) -> None:
        self.words |= parted(self.words, keys(gone), keys(left))
        self.said |= {pair_of(*pair): False for pair in product(keys(gone), keys(left))}
        self.said |= {pair_of(*pair): True for pair in combinations(keys(gone), 2)}

    def check(self, names: str) -> None:
        """Every word holds among these, and no two contradict each other."""
        groups, here = self.companies(names), there(names)
        home = {number: place for place, group in enumerate(groups) for number in group}
        apart = {frozenset((home[one], home[other])) for one, other in replay(self.words, here).cannot_link}
        assert all(len(sides) == 2 for sides in apart)
        for (one, other), together in self.said.items():
            if one in here and other in here:
                sides = frozenset((home[here[one]], home[here[other]]))
                assert (len(sides) == 1) if together else (sides in apart)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_is_said_in_whatever_order_holds_for_whoever_is_there(data: st.DataObject) -> None:
    model = Model()
    for _ in range(data.draw(st.integers(1, 6))):
        groups = ["".join(NAMES[number] for number in sorted(group)) for group in model.companies(NAMES)]
        group = data.draw(st.sampled_from(groups))
        if len(group) > 1 and data.draw(st.booleans()):
            gone = "".join(data.draw(st.sets(st.sampled_from(group), min_size=1, max_size=len(group) - 1)))
            model.part(gone, "".join(set(group) - set(gone)))
        elif len(groups) > 1:
            model.join(group, data.draw(st.sampled_from([each for each in groups if each != group])))
        model.check(NAMES)
        model.check("".join(data.draw(st.sets(st.sampled_from(NAMES)))))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whoever_decides_while_some_are_away_contradicts_nobody(data: st.DataObject) -> None:
    """What is decided of those in view holds for them, and for whoever comes back it is consistent."""
    model = Model()
    for _ in range(data.draw(st.integers(1, 7))):
        here = "".join(sorted(data.draw(st.sets(st.sampled_from(NAMES), min_size=2))))
        groups = ["".join(NAMES[number] for number in sorted(group)) for group in model.companies(here)]
        group = data.draw(st.sampled_from(groups))
        model.said.clear()  # what is decided in a narrower view may overrule what was said of those who are away
        if len(group) > 1 and data.draw(st.booleans()):
            gone = "".join(sorted(data.draw(st.sets(st.sampled_from(group), min_size=1, max_size=len(group) - 1))))
            model.part(gone, "".join(sorted(set(group) - set(gone))))
        elif len(groups) > 1:
            model.join(group, data.draw(st.sampled_from([each for each in groups if each != group])))
        model.check(here)
        model.check(NAMES)
