from html import unescape
from random import Random

import phonenumbers
import pytest
from stdnum.fr import siren as stdnum_siren

from demo import numbers, spelling


def test_capitals_lose_their_accents() -> None:
    assert spelling.capitals("L'Œuvre, Noël & Fils à Brûlat") == "L'OEUVRE, NOEL & FILS A BRULAT"


def test_entities_are_read_back_whole() -> None:
    assert spelling.entities("Forêt d'Ocre à Noël") == "For&ecirc;t d'Ocre &agrave; No&euml;l"
    assert unescape(spelling.entities("Forêt d'Ocre à Noël")) == "Forêt d'Ocre à Noël"


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("Au Fournil de Aubagne", "Au Fournil d'Aubagne"),
        ("Les Toits de Le Rove", "Les Toits du Rove"),
        ("Les Toits de Les Baux", "Les Toits des Baux"),
        ("Basés à Le Rove", "Basés au Rove"),
        ("À Les Baux et alentours", "Aux Baux et alentours"),
        ("Les Jardins de Marseille", "Les Jardins de Marseille"),
    ],
)
def test_articles_run_together(apart: str, together: str) -> None:
    assert spelling.contracted(apart) == together


def test_streets_are_abbreviated() -> None:
    lines = {spelling.abbreviated("12 boulevard du Général de Gaulle", Random(seed)) for seed in range(20)}
    assert lines == {"12 bd du Gal de Gaulle", "12 bld du Gal de Gaulle", "12 boul. du Gal de Gaulle"}


def test_numbers_are_spaced_as_people_write_them() -> None:
    assert spelling.spaced("054802293") == "054 802 293"
    assert spelling.spaced("05480229300032") == "054 802 293 00032"


@pytest.mark.parametrize("seed", range(24))
def test_a_phone_dialled_in_any_way_is_the_same_number(seed: int) -> None:
    written = spelling.dialled("0465711234", Random(seed))
    parsed = phonenumbers.parse(written, "FR")
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == "+33465711234"


@pytest.mark.parametrize("seed", range(50))
def test_a_miskeyed_number_fails_luhn(seed: int) -> None:
    assert not stdnum_siren.is_valid(spelling.miskeyed(numbers.siren(13, seed), Random(seed)))


def test_a_mistyped_name_is_off_by_one_letter() -> None:
    names = {spelling.mistyped("Plomberie", Random(seed)) for seed in range(40)}
    assert all(abs(len(name) - len("Plomberie")) <= 1 for name in names)
    assert len(names) > 5
    assert spelling.mistyped("Azur", Random(1)) == "Azur"


def test_slugs_are_plain_words() -> None:
    assert spelling.slug("L'Œuvre & Fils — Aix") == "l-oeuvre-fils-aix"
