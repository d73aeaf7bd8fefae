"""What each level of each comparison means, by examples that people would recognise."""

from collections.abc import Mapping

import pytest

from directory.matching import levels
from directory.matching.contract import MatchRecord
from directory.matching.profiles import Profile, profile_of
from directory.matching.terms import Terms

AUBAGNE, MARSEILLE, CASSIS = "13005", "13055", "13022"


def profiles(one: Mapping[str, object], other: Mapping[str, object], *others: Mapping[str, object]) -> list[Profile]:
    """The two listings of different directories, among others that make their values frequent."""
    records = [
        MatchRecord(listing=place + 1, key=f"{'abcde'[place % 5]}\x1f{place}", **values)  # type: ignore[arg-type]
        for place, values in enumerate((one, other, *others))
    ]
    terms = Terms.of(records)
    return [profile_of(record, terms) for record in records]


def name(one: str | tuple[str, ...], other: str | tuple[str, ...], *frequent: str) -> str:
    given = [{"names": (each,) if isinstance(each, str) else each} for each in (one, other, *frequent)]
    left, right, *_ = profiles(*given)
    level = levels.name(left, right)
    assert level == levels.name(right, left)
    return levels.NAME[level]


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("tchobanian", "tchobanian", "same name"),
        ("dupont jean", "jean dupont", "same name"),
        (("sud batiment", "tchobanian"), "tchobanian", "same rare sign"),
        ("tchobanian", "tchobanyan", "like spelling"),
        ("jean dupont plomberie", "jean dupont", "one in the other, telling"),
        ("tchobanian plomberie", "tchobanian", "one in the other, telling"),
        ("dupont", "marie dupont", "one in the other"),
        ("plomberie tchobanian", "tchobanian electricite", "telling words in common"),
        ("dupont garage", "dupont toiture", "words in common"),
        ("snef", "nouvelle electrique fluide", "acronym"),
        ("garage castellane", "garage belsunce", "a word in common"),
        ("boulangerie", "zephyr toitures", "nothing in common"),
    ],
)
def test_names(one: str | tuple[str, ...], other: str | tuple[str, ...], level: str) -> None:
    assert name(one, other) == level


def test_a_sign_that_many_have_is_no_rare_one() -> None:
    assert name(("sud batiment", "pizza"), ("est toiture", "pizza"), *["pizza"] * 30) == "same sign"


def test_a_franchise_has_the_name_without_its_town() -> None:
    left, right = profiles({"names": ("speedy aubagne",), "commune": AUBAGNE}, {"names": ("speedy",)})
    assert levels.NAME[levels.name(left, right)] == "same name"
    elsewhere, _ = profiles({"names": ("speedy aubagne",), "commune": CASSIS}, {"names": ("speedy",)})
    assert elsewhere.names == ("aubagne speedy",)


def test_a_town_is_not_what_two_names_have_in_common() -> None:
    left, right = profiles(
        {"names": ("transports aubagne",), "commune": AUBAGNE}, {"names": ("aubagne fleurs",), "commune": AUBAGNE}
    )
    assert levels.NAME[levels.name(left, right)] == "nothing in common"


@pytest.mark.parametrize("compare", [levels.name, levels.naf])
def test_what_a_siren_says_is_not_said_twice(compare: object) -> None:
    same = {"names": ("tchobanian",), "siren": "732829320", "naf": "43.22A"}
    left, right = profiles(same, same)
    assert compare(left, right) == levels.UNKNOWN  # type: ignore[operator]


HIGH = {"street": "12 rue haute", "commune": AUBAGNE, "postcode": "13400"}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (HIGH, HIGH, "same door"),
        (HIGH, HIGH | {"street": "zi paluds 12 rue haute"}, "same door"),
        (HIGH | {"street": "12224 ventura boulevard"}, HIGH | {"street": "12224 ventura boulevard"}, "same door"),
        (
            HIGH | {"latitude": 43.3, "longitude": 5.6},
            HIGH | {"street": "angle place basse", "latitude": 43.3003, "longitude": 5.6002},
            "same point",
        ),
        (HIGH, HIGH | {"street": "rue haute"}, "same street"),
        (HIGH | {"street": "zi paluds"}, HIGH | {"street": "zi paluds 47 avenue calanques"}, "same street"),
        (HIGH, HIGH | {"street": "12 rue hautes"}, "like street"),
        (HIGH, {"commune": AUBAGNE, "postcode": "13400"}, "same postcode"),
        (HIGH | {"postcode": None}, {"commune": AUBAGNE}, "same town"),
        (HIGH, HIGH | {"street": "14 rue haute"}, "other street"),
        (HIGH | {"street": "12 rue 4 septembre"}, HIGH | {"street": "90 rue 4 septembre"}, "other street"),
        (HIGH, {"street": "12 rue haute"}, "same street"),
        ({"street": "12 rue haute"}, {"street": "12 rue haute"}, "same street"),
        (HIGH, HIGH | {"street": "3 quai", "commune": CASSIS, "postcode": "13260"}, "other town"),
    ],
)
def test_addresses(one: dict[str, object], other: dict[str, object], level: str) -> None:
    left, right = profiles(one, other)
    assert levels.ADDRESS[levels.address(left, right)] == level
    assert levels.address(right, left) == levels.address(left, right)


def test_nothing_is_said_of_an_address_that_one_lacks() -> None:
    left, right = profiles(HIGH, {})
    assert levels.address(left, right) == levels.UNKNOWN


def test_another_door_in_a_town_that_one_does_not_say_is_nothing() -> None:
    left, right = profiles(HIGH, {"street": "14 rue haute"})
    assert levels.address(left, right) == levels.UNKNOWN


def test_a_directory_that_repeats_itself_says_nothing_by_listing_two() -> None:
    said = [{"names": (f"nom{place}",), "street": f"{place} rue haute", "commune": AUBAGNE} for place in range(200)]
    once = profiles(*said)
    assert levels.DIRECTORY[levels.directory(once[0], once[5])] == "same directory"
    assert levels.DIRECTORY[levels.directory(once[0], once[1])] == "another directory"
    # Every fifth is of one directory: three that it says twice are more than one in a hundred.
    again = profiles(*said, *(said[place] for place in (0, 5, 10) for _ in range(5)))
    assert levels.directory(again[0], again[5]) == levels.UNKNOWN
    assert levels.directory(again[0], again[1]) == levels.UNKNOWN
    assert levels.DIRECTORY[levels.directory(again[1], again[6])] == "same directory"


PHONE, OTHER_PHONE = "+33491000001", "+33491000002"


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ({"phone": PHONE, "email": "a@x.fr"}, {"phone": PHONE, "email": "a@x.fr"}, "same phone and mailbox"),
        ({"phone": PHONE, "site": "x.fr"}, {"phone": PHONE, "email": "b@x.fr"}, "same phone and domain"),
        ({"phone": PHONE, "site": "x.fr"}, {"phone": PHONE, "site": "y.fr"}, "same phone"),
        ({"phone": PHONE, "email": "a@gmail.com"}, {"phone": OTHER_PHONE, "email": "a@gmail.com"}, "same mailbox"),
        ({"email": "a@x.fr"}, {"site": "x.fr"}, "same domain"),
        ({"phone": PHONE, "site": "x.fr"}, {"phone": OTHER_PHONE, "site": "x.fr"}, "same domain, other phone"),
        ({"phone": PHONE}, {"phone": OTHER_PHONE}, "other phone"),
        ({"site": "x.fr"}, {"site": "y.fr"}, "other domain"),
        ({"phone": PHONE, "site": "x.fr"}, {"phone": OTHER_PHONE, "site": "y.fr"}, "all other"),
    ],
)
def test_contacts(one: dict[str, object], other: dict[str, object], level: str) -> None:
    left, right = profiles(one, other)
    assert levels.CONTACT[levels.contact(left, right)] == level
    assert levels.contact(right, left) == levels.contact(left, right)


def test_one_street_in_two_towns_says_nothing() -> None:
    left, right = profiles(HIGH, HIGH | {"commune": CASSIS, "postcode": "13260"})
    assert levels.address(left, right) == levels.UNKNOWN


def test_a_mailbox_that_anybody_can_have_names_no_domain() -> None:
    left, right = profiles({"email": "a@gmail.com"}, {"email": "b@gmail.com"})
    assert levels.contact(left, right) == levels.UNKNOWN


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("43.22A", "43.22A", "same sub-class"),
        ("43.22A", "43.22B", "same class"),
        ("43.22A", "43.21A", "same division"),
        ("43.22A", "56.10A", "other activity"),
    ],
)
def test_activities(one: str, other: str, level: str) -> None:
    left, right = profiles({"naf": one}, {"naf": other})
    assert levels.NAF[levels.naf(left, right)] == level
