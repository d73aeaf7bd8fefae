"""CSV files of the operator's own machine: the same guards as over HTTP, and nothing but the file that was named."""

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from connectors import DeclarationError, PartnerRefused, PartnerUnavailable, declare, open_connector
from connectors.contract import Declaration
from connectors.files import survey
from directory.records import Scope
from tests.connectors.partner_kit import failure_of, reading_of

ROWS = "ID;NOM;VILLE\n1;Été;Aubagne\n2;Bois;Gap\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "membres.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def declared(path: Path, **changes: Any) -> Declaration:
    usual = {"protocol": "csv", "title": "Essai", "path": str(path), "fields": {"id": "ID", "name": "NOM"}}
    return declare("essai", usual | changes)


def write(file: Path, content: str | bytes) -> None:
    file.write_bytes(content.encode() if isinstance(content, str) else content)


def rewrite_unseen(file: Path, content: str) -> None:
    seen = file.stat()
    write(file, content)
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def forbid(file: Path) -> None:
    file.chmod(0)


async def refusal(path: Path, **changes: Any) -> str:
    failure = await failure_of(declared(path, **changes))
    assert isinstance(failure, PartnerRefused)
    return str(failure)


async def test_a_file_is_read_and_nobody_is_asked(file: Path) -> None:
    reading = await reading_of(declared(file))
    assert {key: listing.name for key, listing in reading.listings.items()} == {"1": "Été", "2": "Bois"}
    assert (reading.end.scope, reading.end.traffic.requests) == (Scope.FULL, 0)
    assert [copy.path for copy in reading.pages[-1].copies + reading.end.copies if not copy.piece] == ["/membres.csv"]


async def test_the_same_content_is_unchanged_whatever_its_date(file: Path) -> None:
    first = await reading_of(declared(file))
    os.utime(file, (1, 1))
    second = await reading_of(declared(file), first.end.cursor)
    assert (second.end.scope, second.listings, second.end.cursor) == (Scope.UNCHANGED, {}, first.end.cursor)


async def test_another_content_of_the_same_size_and_date_is_read(file: Path) -> None:
    first = await reading_of(declared(file))
    rewrite_unseen(file, ROWS.replace("Bois", "Cuir"))
    second = await reading_of(declared(file), first.end.cursor)
    assert second.listings["2"].name == "Cuir"


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "nulle.csv"
    assert await refusal(path) == f"Essai: its file {path} does not exist; correct partners.essai.path"


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert await refusal(tmp_path) == f"Essai: its file {tmp_path} is a folder; correct partners.essai.path"


async def test_a_device_is_no_file_not_even_behind_a_link(tmp_path: Path) -> None:
    link = tmp_path / "zero.csv"
    link.symlink_to("/dev/zero")
    said = "is a device, a pipe or a socket; correct partners.essai.path"
    assert await refusal(link) == f"Essai: its file {link} {said}"
    assert await refusal(Path("/dev/zero")) == f"Essai: its file /dev/zero {said}"


async def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    assert "is a device, a pipe or a socket" in await refusal(pipe)


async def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.csv")
        assert "is a device, a pipe or a socket" in await refusal(tmp_path / "s.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
async def test_a_file_that_may_not_be_read(file: Path) -> None:
    forbid(file)
    assert (
        await refusal(file) == f"Essai: its file {file} cannot be read (Permission denied); correct partners.essai.path"
    )


async def test_a_link_to_a_file_is_the_file(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "lien.csv"
    link.symlink_to(file)
    assert len((await reading_of(declared(link))).listings) == 2


async def test_a_file_above_its_limit(file: Path) -> None:
    write(file, ROWS + "3;" + "x" * 2_000 + ";\n")
    assert await refusal(file, max_body_bytes=1_000) == (
        "Essai: an answer is larger than 1,000 bytes; if that is right, raise partners.essai.max_body_bytes"
    )


async def test_a_file_without_bytes(file: Path) -> None:
    write(file, b"")
    assert await refusal(file) == "Essai: its file is empty; correct partners.essai.path"


async def test_a_file_that_is_cut_says_how_to_say_that_it_is_not(file: Path) -> None:
    write(file, ROWS.rstrip("\n"))
    failure = await failure_of(declared(file))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == (
        "Essai: its file ends in mid-line, as if it were being written; try again later; if it is whole, set "
        "partners.essai.csv.final_newline to false"
    )
    assert len((await reading_of(declared(file, csv={"final_newline": False}))).listings) == 2


async def test_a_charset_that_nobody_declared_is_told_by_the_whole_file(file: Path) -> None:
    write(file, ROWS.encode("cp1252"))
    assert (await reading_of(declared(file))).listings["1"].name == "Été"
    async with open_connector(declared(file)) as connector:
        seen = await connector.probe()
    assert seen.notes == (
        "its file is not in utf-8 and was read as cp1252; if that is right, set partners.essai.charset to it",
    )
    assert await refusal(file, charset="utf-8") == (
        "Essai: line 2 of its file is not written in utf-8; correct partners.essai.charset"
    )


async def test_utf_8_with_its_mark_needs_no_word(file: Path) -> None:
    write(file, b"\xef\xbb\xbf" + ROWS.encode())
    async with open_connector(declared(file)) as connector:
        seen = await connector.probe()
    assert ([listing.name for listing in seen.listings], seen.notes) == (["Été", "Bois"], ())


@pytest.mark.parametrize("mark", [",", "\t", "|", ";"])
async def test_a_delimiter_that_nobody_declared_is_told_by_the_header(file: Path, mark: str) -> None:
    write(file, ROWS.replace(";", mark))
    assert len((await reading_of(declared(file))).listings) == 2


async def test_rows_without_an_id_are_known_by_their_number(file: Path) -> None:
    write(file, "NOM;VILLE\nÉté;Aubagne\nfaux\n;\nBois;Gap\n")
    changes = {"csv": {"row_number": "row"}, "fields": {"id": "row", "name": "NOM"}, "max_unusable": 1}
    reading = await reading_of(declared(file, **changes))
    assert {key: listing.name for key, listing in reading.listings.items()} == {"1": "Été", "3": "Bois"}
    assert [row.external_id for row in reading.unusable] == ["2"]


async def test_a_row_number_takes_no_column_s_name(file: Path) -> None:
    assert await refusal(file, csv={"row_number": "VILLE"}) == (
        "Essai: its file has a column VILLE; correct partners.essai.csv.row_number"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"protocol": "json"}, "has a path, which only the protocol csv reads; remove it, or set protocol to csv"),
        (
            {"base_url": "https://essai.example"},
            "has a path beside base_url or auth; remove it to read the address, or remove those",
        ),
        ({"auth": "basic"}, "has a path beside base_url or auth; remove it to read the address, or remove those"),
    ],
)
def test_a_path_stands_alone(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        declared(Path("membres.csv"), **changes)
    assert str(refused.value) == f"partners.essai {sentence}"


def test_an_address_is_never_a_file() -> None:
    with pytest.raises(DeclarationError) as refused:
        declare("essai", {"protocol": "csv", "base_url": "file:///etc/passwd", "fields": {"id": "a", "name": "b"}})
    assert str(refused.value) == "partners.essai.base_url is not an address; write https://host/path"


async def test_a_file_that_changes_while_it_is_read_is_not_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def and_more(descriptor: int, limit: int) -> Any:
        seen = survey(descriptor, limit)
        with file.open("a") as open_file:
            open_file.write("3;Neuf;Gap\n")
        return seen

    monkeypatch.setattr("connectors.files.survey", and_more)
    failure = await failure_of(declared(file))
    assert isinstance(failure, PartnerUnavailable)
    assert str(failure) == "Essai: its file changed while it was read; try again later"
