"""The table of a partner guessed from its file, by headings and by values."""

from pathlib import Path

import pytest

from connectors import declare
from connectors.guessing import Guess, NoGuess, guess, partner_name

ENGLISH = """Record ID,Company Name,Street Address,City,State,Zip Code,Phone Number,Website,Lat,Long,Class
a1,Le Cirque,455 Madison Ave.,New York,NY,10022,212/303-7788,http://www.lecirque.example,40.758,-73.975,7
a2,Chez Panisse,1517 Shattuck Ave.,Berkeley,CA,94709,510-548-5525,www.chez.example,37.879,-122.269,7
"""
FRENCH = """\
N° adhérent;Raison sociale;Enseigne;SIRET;Code APE;Adresse 1;Adresse 2;CP;Ville;Tél.;Portable;Fax;Mél;Courriel
1;Dupont SARL;Le Fournil;73282932000074;10.71C;12 rue Haute;B;13400;Aubagne;04 42 00 00 01;06 12 34 56 78;;;a@b.fr
"""


def guessed(folder: Path, text: str, charset: str = "utf-8") -> Guess:
    path = folder / "membres.csv"
    path.write_bytes(text.encode(charset))
    return guess(path)


def test_english_headings(tmp_path: Path) -> None:
    found = guessed(tmp_path, ENGLISH)
    assert found.fields == {
        "id": ("Record ID",),
        "name": ("Company Name",),
        "address_lines": ("Street Address",),
        "postcode": ("Zip Code",),
        "commune": ("City",),
        "latitude": ("Lat",),
        "longitude": ("Long",),
        "phone": ("Phone Number",),
        "website": ("Website",),
    }
    assert (found.left_out, found.notes, found.rows) == (("State", "Class"), (), 2)


def test_french_headings_in_cp1252(tmp_path: Path) -> None:
    found = guessed(tmp_path, FRENCH, "cp1252")
    assert found.fields == {
        "id": ("N° adhérent",),
        "name": ("Raison sociale",),
        "trade_names": ("Enseigne",),
        "siret": ("SIRET",),
        "naf": ("Code APE",),
        "address_lines": ("Adresse 1", "Adresse 2"),
        "postcode": ("CP",),
        "commune": ("Ville",),
        "phone": ("Tél.", "Portable"),
        "email": ("Courriel",),
    }
    assert (found.charset, found.delimiter, found.left_out) == ("cp1252", ";", ("Fax", "Mél"))
    assert found.notes == ("the file is not in utf-8; it is taken to be in cp1252",)


def test_headings_of_strangers(tmp_path: Path) -> None:
    found = guessed(
        tmp_path, "Réf;Établissement;Adresse complète;Adresse web;Téléphone\nx;Le Fournil;12 rue Haute;;0442\n"
    )
    assert found.fields["name"] == ("Établissement",)
    assert found.fields["address_lines"] == ("Adresse complète",)
    assert found.left_out[:1] == ("Adresse web",)


def test_a_name_that_no_heading_names_is_told_by_its_rows(tmp_path: Path) -> None:
    rows = "".join(f"{place};A;House number {place};{place} High Street\n" for place in range(20))
    found = guessed(tmp_path, f"no;grade;wording;where\n{rows}")
    assert found.fields["name"] == ("wording",)
    assert found.notes[-1] == (
        "no heading says which column is the name: 'wording' is taken for it, as its rows differ most"
    )


def test_values_tell_what_headings_do_not(tmp_path: Path) -> None:
    found = guessed(tmp_path, "a|nom|b|c|d\nx|Dupont|73282932000074|a@b.fr|https://dupont.example\n")
    assert (found.fields["siret"], found.fields["email"], found.fields["website"]) == (("b",), ("c",), ("d",))
    assert found.delimiter == "|"


def test_values_contradict_a_heading(tmp_path: Path) -> None:
    found = guessed(tmp_path, "id,name,email,lat,lon\n1,Dupont,none,north,west\n")
    assert found.left_out == ("email", "lat", "lon")


@pytest.mark.parametrize(
    "text", ["name,city\nA,Gap\nB,Gap\n", "id,name,city\n1,A,Gap\n1,B,Gap\n", "id,name,city\n1,A,Gap\n,B,Gap\n"]
)
def test_without_ids_that_tell_rows_apart_they_are_numbered(tmp_path: Path, text: str) -> None:
    found = guessed(tmp_path, text)
    assert found.fields["id"] == ("row_number",)
    assert found.notes == (
        "no column identifies its rows: the number of the row is its id, which changes when rows move",
    )
    assert found.table()["csv"] == {"delimiter": ",", "row_number": "row_number"}


def test_a_file_whose_last_line_is_not_ended_is_taken_to_be_whole(tmp_path: Path) -> None:
    assert guessed(tmp_path, "id,name\n1,A").table()["csv"] == {"delimiter": ",", "final_newline": False}


def test_the_table_is_one_of_the_settings(tmp_path: Path) -> None:
    for text in (ENGLISH, FRENCH):
        table = guessed(tmp_path, text).table()
        assert declare("membres", table).path == str(tmp_path / "membres.csv")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has no header of two columns or more; write the names of its columns in the first line."),
        ("name\nA\n", "has no header of two columns or more; write the names of its columns in the first line."),
        ("id,name,name\n1,A,B\n", "has two columns 'name'; rename one."),
        ("a,b\n1,2\n", "has no column that could be a name, of 'a', 'b'; head the column of names `name`."),
    ],
)
def test_what_nothing_can_be_made_of(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(NoGuess) as refused:
        guessed(tmp_path, text)
    assert str(refused.value) == f"{tmp_path / 'membres.csv'} {sentence}"


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(NoGuess) as refused:
        guess(tmp_path)
    assert str(refused.value) == f"{tmp_path} is a folder; name a CSV file."


@pytest.mark.parametrize(
    ("text", "name"),
    [("Fodor's (2024)", "fodor_s_2024"), ("2024", "file_2024"), ("Élus", "elus"), ("x" * 60, "x" * 40), ("…", "file")],
)
def test_a_partner_s_name(text: str, name: str) -> None:
    assert partner_name(text) == name
