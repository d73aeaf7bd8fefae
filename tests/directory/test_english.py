"""English doors are one however they are written, and French ones are left alone."""

import pytest

from bench.matching.records import benchmark
from directory.english import door
from directory.intake import keys_of
from directory.records import Address, Listing

SAME = {
    "435 la cienega": [
        "435 S. La Cienega Blvd.",
        "435 South La Cienega Boulevard, Los Angeles, CA 90048",
        "435 la cienega blv",
        "435 S LA CIENEGA",
    ],
    "747 9th": ["747 Ninth Ave.", "747 9th avenue between 50th and 51st Sts."],
    "7 119th": ["7 E 119TH ST", "7 East 119th"],
    "26161 detroit": ["26161 Detroit Rd", "26161 Detroit Road Westlake OH 44145"],
    "3434 peachtree": ["3434 Peachtree Rd. NE", "3434 peachtree road, Atlanta"],
    "2102 s": ["2102 South Boulevard, Suite 300", "2102 S Blvd Ste 300"],
    "1352 st clair": ["1352 St. Clair Avenue W, Toronto, ON M6E 1C4"],
    "239 broadway": ["239 W. Broadway between Walker and White Sts.", "239 West Broadway"],
    "14 main": ["Market Hall, 14 E. Main St."],
}


@pytest.mark.parametrize(("key", "line"), [(key, line) for key, lines in SAME.items() for line in lines])
def test_a_door_is_number_and_name(key: str, line: str) -> None:
    assert door(line) == key
    assert (
        keys_of(Listing(partner="a", external_id="1", name="A", raw="{}", address=Address(lines=(line,)))).street_key
        == key
    )


@pytest.mark.parametrize(
    "line",
    [
        "12 rue de la République", "12 bis av. Foch", "12, avenue Foch", "12 E rue de Rome", "10 rue St Jean",
        "5 place du marché", "12 vieux chemin de St Jean", "45 les terrasses du boulevard Michelet", "100 Broadway",
        "ZI les Paluds, 12 avenue de la Roche", "Résidence du Parc", "12", "",
    ],
)  # fmt: skip
def test_what_may_be_french_is_left_alone(line: str) -> None:
    assert door(line) is None


def test_no_street_of_the_benchmark_is_taken_for_an_english_one() -> None:
    streets = {record.street for record in benchmark(4_000, 1).records if record.street}
    assert len(streets) > 1_000
    assert not list(filter(door, streets))
