"""Who is concerned by a change: asked of suppliers in memory as a search asks, and remembered to the next one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from directory.disclosure import Role
from directory.records import Contact, Disclosure, Supplier, SupplierField, SupplierStatus
from directory.search import sifting
from directory.search.engine import Snapshot
from directory.search.errors import InvalidQuery
from directory.search.passing import Passing
from directory.search.query import Box, SearchQuery, Where
from directory.search.sifting import Moved, Sifting
from tests.directory.search.search_kit import indexed, site, supplier

AT = datetime(2026, 11, 1, tzinfo=UTC)
PLUMBERS = SearchQuery(where=Where(naf=("43.22A",)))
BAKERS = SearchQuery(where=Where(naf=("10.71",)))


def stored(*suppliers: Supplier) -> Passing:
    return Passing((each, AT) for each in suppliers)


def moved(*numbers: int, seq: int = 1, is_new: bool = False) -> dict[int, Moved]:
    return {number: Moved(seq, is_new) for number in numbers}


def snapshot(index_dir: Path, *suppliers: Supplier) -> Snapshot:
    return indexed(index_dir, suppliers).snapshot


PLUMBER = supplier(1, naf=["43.22A"])
BAKER = supplier(1, naf=["10.71C"])

WHERE: dict[str, tuple[Where, Supplier, Supplier]] = {
    "naf": (Where(naf=("43.2",)), PLUMBER, BAKER),
    "status": (Where(), PLUMBER, replace(PLUMBER, status=SupplierStatus.CLOSED)),
    "located": (Where(located_in=("13",)), replace(PLUMBER, establishments=(site("13005"),)), PLUMBER),
    "within": (
        Where(within=Box(43, 5, 44, 6)),
        replace(PLUMBER, establishments=(site("13005", (43.3, 5.5)),)),
        replace(PLUMBER, establishments=(site("84007", (44.1, 4.8)),)),
    ),
    "not": (Where(not_=Where(naf=("10",))), PLUMBER, BAKER),
    "partners": (Where(partners=("cmar",)), PLUMBER, replace(PLUMBER, partners=("chambre",))),
    "has": (
        Where(has=(SupplierField.PHONE,)),
        replace(PLUMBER, contact=Contact(phone="+33491000000")),
        PLUMBER,
    ),
    "opted out": (Where(status=()), PLUMBER, replace(PLUMBER, disclosure=Disclosure.OPTED_OUT)),
    "masked place": (
        Where(within=Box(43, 5, 44, 6)),
        replace(PLUMBER, establishments=(site("13005", (43.3, 5.5)),)),
        replace(PLUMBER, disclosure=Disclosure.PARTIAL, establishments=(site("13005", (43.3, 5.5)),)),
    ),
}


@pytest.mark.parametrize("name", WHERE)
def test_a_supplier_in_memory_is_found_as_one_in_the_index_is(name: str, tmp_path: Path) -> None:
    where, yes, no = WHERE[name]
    question = SearchQuery(where=where, role=Role.BUYER)
    for each, expected in ((yes, {1}), (no, set())):
        assert stored(each).among(question, (1, 2)) == expected
        assert snapshot(tmp_path / each.name / str(bool(expected)), each).among(question, (1, 2)) == expected


def test_what_cannot_be_asked_is_refused_at_once() -> None:
    with pytest.raises(InvalidQuery):
        Sifting(0).join(SearchQuery(where=Where(naf=("nine",))))


@pytest.fixture
def resting(tmp_path: Path) -> Sifting:
    """A sifting whose index holds one plumber and one baker, 1 and 2, up to the change 10."""
    sifting_ = Sifting(10)
    sifting_.join(PLUMBERS)
    sifting_.rest_on(snapshot(tmp_path, PLUMBER, replace(BAKER, id=2)), 10)
    return sifting_


def test_the_index_tells_who_was_found_before(resting: Sifting) -> None:
    found = resting.sift(moved(1, 2, seq=11), stored(BAKER, supplier(2, naf=["43.22A"])))[PLUMBERS]
    assert (set(found.now), set(found.before)) == ({2}, {1})


def test_a_stranger_was_not_found_before(resting: Sifting) -> None:
    found = resting.sift(moved(2, seq=11), stored(replace(BAKER, id=2)))[PLUMBERS]
    assert (set(found.now), set(found.before)) == (set(), set())


def test_a_removed_supplier_was_found_before(resting: Sifting) -> None:
    found = resting.sift(moved(1, seq=11), stored())[PLUMBERS]
    assert (set(found.now), set(found.before)) == (set(), {1})


def test_what_the_index_does_not_hold_yet_is_remembered(resting: Sifting) -> None:
    resting.sift(moved(1, seq=11), stored(BAKER))  # the index goes on saying that it is a plumber
    found = resting.sift(moved(1, seq=12), stored(BAKER))[PLUMBERS]
    assert (set(found.now), set(found.before)) == (set(), set())
    resting.sift(moved(1, seq=13), stored(PLUMBER))
    assert resting.sift(moved(1, seq=14), stored())[PLUMBERS].before == {1}


def test_an_index_that_is_ahead_is_not_asked(resting: Sifting, tmp_path: Path) -> None:
    resting.rest_on(snapshot(tmp_path / "ahead", BAKER), 11)  # it holds the very change that is sifted next
    assert resting.sift(moved(1, seq=11), stored(BAKER))[PLUMBERS].before == {1}


def test_an_index_that_has_caught_up_is_asked(resting: Sifting, tmp_path: Path) -> None:
    resting.sift(moved(1, seq=11), stored(BAKER))
    resting.rest_on(snapshot(tmp_path / "level", BAKER), 11)
    assert resting.sift(moved(1, seq=12), stored(PLUMBER))[PLUMBERS].before == set()
    resting.rest_on(snapshot(tmp_path / "old", PLUMBER), 10)  # one from before is not taken back
    assert resting.sift(moved(1, seq=13), stored(PLUMBER))[PLUMBERS].before == {1}


def test_without_an_index_whoever_changes_may_have_been_found() -> None:
    blind = Sifting(0)
    blind.join(PLUMBERS)
    assert blind.sift(moved(1, seq=1), stored(BAKER))[PLUMBERS].before == {1}
    assert blind.sift(moved(1, seq=2), stored(BAKER))[PLUMBERS].before == set()  # it is known by now
    assert blind.sift(moved(2, seq=3, is_new=True), stored())[PLUMBERS].before == set()  # nobody knew it


def test_who_joins_later_may_have_found_what_changed_before(resting: Sifting) -> None:
    resting.sift(moved(1, seq=11), stored(BAKER))
    resting.join(BAKERS)
    assert resting.sift(moved(1, seq=12), stored(PLUMBER))[BAKERS].before == {1}


def test_who_leaves_is_not_asked_for(resting: Sifting) -> None:
    resting.leave(PLUMBERS)
    assert resting.sift(moved(1, seq=11), stored(BAKER)) == {}


def test_what_is_remembered_is_bounded(resting: Sifting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sifting, "MOST_REMEMBERED", 2)
    resting.sift(moved(1, 2, 3, seq=11), stored())
    assert resting.sift(moved(1, seq=12), stored())[PLUMBERS].before == {1}  # nobody can say any more
