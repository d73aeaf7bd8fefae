"""Text in another character set than the declared one is refused by the setting's name, never served as ``Ã©``."""

import codecs
import json
from typing import Any

import pytest
from aiohttp import web

from connectors import PartnerRefused, open_connector
from connectors.charsets import Accents
from tests.connectors.partner_kit import Serve, failure_of, plain, reading_of

ACCENTED = ["Forêt", "Élan", "Noël", "Métal", "Ça", "Près", "Gîte", "Chêne"]
UNDECLARED = "Essai: its text is written in utf-8 and not in cp1252 (Ã© for é); correct partners.essai.charset"
TWICE = "Essai: its text is encoded in utf-8 twice (Ã© for é); ask the partner to mend it"
SHAPES: dict[str, dict[str, Any]] = {
    "json": {},
    "csv": {"protocol": "csv", "fields": {"id": "ID", "name": "NOM"}},
}
REMEDY = {
    "json": "; ask the partner what its server says, or correct partners.essai.charset",
    "csv": "; correct partners.essai.charset",
}


def text_of(shape: str, names: list[str]) -> str:
    if shape == "csv":
        return "ID;NOM\n" + "".join(f"{number};{name}\n" for number, name in enumerate(names))
    return "[" + ",".join(f'{{"id":{number},"name":"{name}"}}' for number, name in enumerate(names)) + "]"


async def address_of(body: bytes, serve: Serve) -> str:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    return await serve({"/": answer})


async def read(shape: str, body: bytes, charset: str, serve: Serve) -> list[str]:
    essai = plain(await address_of(body, serve), charset=charset, **SHAPES[shape])
    return [listing.name for listing in (await reading_of(essai)).listings.values()]


async def refusal(shape: str, body: bytes, charset: str, serve: Serve) -> str:
    failure = await failure_of(plain(await address_of(body, serve), charset=charset, **SHAPES[shape]))
    assert isinstance(failure, PartnerRefused)
    return str(failure)


@pytest.mark.parametrize("shape", SHAPES)
class TestEveryShape:
    @pytest.mark.parametrize("charset", ["utf-8", "cp1252", "iso-8859-15"])
    async def test_what_is_written_as_declared_is_read(self, shape: str, charset: str, serve: Serve) -> None:
        assert await read(shape, text_of(shape, ACCENTED).encode(charset), charset, serve) == ACCENTED

    async def test_the_mark_of_utf8_is_no_text(self, shape: str, serve: Serve) -> None:
        body = codecs.BOM_UTF8 + text_of(shape, ACCENTED).encode()
        assert await read(shape, body, "utf-8", serve) == ACCENTED

    async def test_cp1252_sent_as_utf8_is_refused(self, shape: str, serve: Serve) -> None:
        said = await refusal(shape, text_of(shape, ["Bois", "Forêt"]).encode("cp1252"), "utf-8", serve)
        found = "line 3 of its file is not written in utf-8"
        if shape == "json":
            found = "an answer is not written in utf-8, as its byte 44 shows"
        assert said == f"Essai: {found}{REMEDY[shape]}"

    async def test_utf8_sent_as_cp1252_is_refused(self, shape: str, serve: Serve) -> None:
        assert await refusal(shape, text_of(shape, ACCENTED).encode(), "cp1252", serve) == UNDECLARED

    async def test_utf8_that_was_encoded_twice_is_refused(self, shape: str, serve: Serve) -> None:
        twice = text_of(shape, ACCENTED).encode().decode("cp1252").encode()
        assert await refusal(shape, twice, "utf-8", serve) == TWICE

    async def test_most_of_the_accents_decide_and_a_few_do_not(self, shape: str, serve: Serve) -> None:
        misread = [name.encode().decode("cp1252") for name in ACCENTED]
        for names in (misread[:5], [*misread, *ACCENTED]):
            read_names = await read(shape, text_of(shape, names).encode(), "utf-8", serve)
            assert read_names == [" ".join(name.split()) for name in names]
        assert await refusal(shape, text_of(shape, [*misread, *ACCENTED[1:]]).encode(), "utf-8", serve) == TWICE

    @pytest.mark.parametrize(
        ("mark", "declared", "name"),
        [
            (codecs.BOM_UTF8, "cp1252", "utf-8"),
            (codecs.BOM_UTF16_LE, "cp1252", "utf-16"),
            (codecs.BOM_UTF16_BE, "utf-8", "utf-16"),
            (codecs.BOM_UTF32_LE, "utf-8", "utf-32"),
        ],
    )
    async def test_a_mark_of_another_character_set_is_refused(
        self, shape: str, mark: bytes, declared: str, name: str, serve: Serve
    ) -> None:
        said = await refusal(shape, mark + text_of(shape, ["Bois"]).encode(), declared, serve)
        found = "line 1 of its file" if shape == "csv" else "an answer"
        cause = f"is written in {name} and not in {declared}, as its first bytes say"
        assert said == f"Essai: {found} {cause}{REMEDY[shape]}"


async def test_accents_that_are_written_as_escapes_are_looked_at_too(serve: Serve) -> None:
    sound = json.dumps([{"id": number, "name": name} for number, name in enumerate(ACCENTED)])
    misread = json.dumps(
        [{"id": one["id"], "name": one["name"].encode().decode("cp1252")} for one in json.loads(sound)]
    )
    assert sound.isascii()
    assert await read("json", sound.encode(), "utf-8", serve) == ACCENTED
    assert await refusal("json", misread.encode(), "utf-8", serve) == TWICE


async def test_a_probe_says_it_too(serve: Serve) -> None:
    essai = plain(await address_of(text_of("json", ACCENTED).encode(), serve), charset="cp1252")
    async with open_connector(essai) as connector:
        with pytest.raises(PartnerRefused) as caught:
            await connector.probe()
    assert str(caught.value) == UNDECLARED


def test_text_of_other_alphabets_is_sound() -> None:
    accents = Accents("utf-8")
    for name in ["Ελλάδα", "Łódź", "中文", "Ma\x92", "Ça va – œuvre…"] * 5:
        accents.see(name, {})
    assert not accents.are_misread


async def test_bytes_that_are_no_character_of_cp1252_are_refused(serve: Serve) -> None:
    assert await refusal("csv", b"ID;NOM\n1;A\x81\n", "cp1252", serve) == (
        "Essai: line 2 of its file is not written in cp1252; correct partners.essai.charset"
    )


@pytest.mark.parametrize("name", ["CAPACITÉ\u00a0: 12", "CAFÉ’S", "LIBERTÉ – ÉGALITÉ…", "« Ã »", "Ã", "Â", "É»"])
def test_capitals_before_a_typographic_mark_are_sound(name: str) -> None:
    """Such pairs are UTF-8 by accident, of letters that French does not know."""
    accents = Accents("utf-8")
    for _ in range(10):
        accents.see(name, {})
    assert not accents.are_misread


@pytest.mark.parametrize("reader", ["cp1252", "latin-1"])
def test_what_the_partners_own_software_misread_is_seen_whatever_it_took_it_for(reader: str) -> None:
    accents = Accents("utf-8")
    for name in ["L’ÉCHELLE", "ÉTÉ", "ŒUVRE", "Forêt", "ÇA", "20 €"]:
        accents.see(name.encode().decode(reader), {})
    assert accents.are_misread
