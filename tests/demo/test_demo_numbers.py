import phonenumbers
from hypothesis import given
from hypothesis import strategies as st
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from demo import numbers

companies = st.integers(0, 1_999_999)


@given(st.integers(0, 10_000), companies)
def test_every_siren_passes_luhn(seed: int, number: int) -> None:
    assert stdnum_siren.is_valid(numbers.siren(seed, number))


@given(st.integers(0, 10_000), companies, st.integers(1, 9_999))
def test_every_siret_passes_luhn_and_begins_with_its_siren(seed: int, number: int, rank: int) -> None:
    siren = numbers.siren(seed, number)
    siret = numbers.siret(siren, rank)
    assert stdnum_siret.is_valid(siret)
    assert siret.startswith(siren)


def test_sirens_are_all_different() -> None:
    assert len({numbers.siren(13, number) for number in range(100_000)}) == 100_000


def test_one_siren_in_twenty_five_begins_with_zero() -> None:
    assert sum(numbers.siren(13, number).startswith("0") for number in range(10_000)) == 400


def test_sirens_change_with_the_seed() -> None:
    assert numbers.siren(1, 5) != numbers.siren(2, 5)


def test_phones_are_all_different_valid_and_of_the_ranges_for_fiction() -> None:
    phones = [numbers.phone(13, number) for number in range(numbers.PHONES)]
    assert len(set(phones)) == numbers.PHONES
    assert {phone[:6] for phone in phones} == {"046571", "019900", "053649", "035301", "026191"}
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone, "FR")) for phone in phones[::997])


def test_the_hash_depends_on_every_part_and_on_their_order() -> None:
    hashes = {numbers.mixed(1, 2, 3), numbers.mixed(3, 2, 1), numbers.mixed(1, 2), numbers.mixed(1, 2, 3, 0)}
    assert len(hashes) == 4
