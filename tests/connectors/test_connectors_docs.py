"""What docs/connectors.md shows works as it is written, and leaves no setting out."""

import csv
import io
import re
import tomllib
from pathlib import Path
from typing import Any

from aiohttp import web

from connectors import Declaration, declare
from connectors.fields import Fields, Reader, Source
from directory.records import Contact, Location
from tests.connectors.partner_kit import HASTE, Serve, reading_of

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "connectors.md").read_text("utf-8")
TABLES: dict[str, dict[str, Any]] = {
    name: table
    for block in re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    for name, table in tomllib.loads(block)["partners"].items()
}


def test_every_setting_is_documented() -> None:
    listed = TEXT.split("## Every setting of a partner")[1]
    assert [key for key in Declaration.model_fields if f"`{key}`" not in listed] == []
    assert [key for key in Source.model_fields if f"| `{key}` |" not in TEXT] == []
    assert [reader for reader in Reader.__args__ if f"`{reader}`" not in TEXT] == []  # type: ignore[attr-defined]


def test_the_builtin_partner_changes_as_shown() -> None:
    changed = declare("chambre", TABLES["chambre"])
    assert [source.path for source in changed.fields.phone] == ["telephone", "telephone_mobile"]
    assert changed.fields.email == declare("chambre").fields.email


async def test_the_csv_partner_is_read_as_shown(serve: Serve) -> None:
    columns = [source.path for source in Fields.model_validate(TABLES["upe"]["fields"]).every()]
    row = dict.fromkeys(columns, "") | {
        "N° adhérent": "42",
        "Raison sociale": "Forêt d’Ocre",
        "Enseigne": "L'Ocre",
        "Adresse 1": "1 rue Foch",
        "Adresse 2": "Bât. B",
        "Mobile": "06 12 34 56 78",
        "Labels": "RGE, Qualibat",
        "Entreprise à mission": "Oui",
        "Mis à jour le": "01/02/2026 10:00",
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(columns)), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(row)

    async def answer(request: web.Request) -> web.Response:
        assert request.headers["Authorization"].startswith("Basic ")
        return web.Response(body=text.getvalue().encode("cp1252"), content_type="text/csv")

    address = await serve({"/membres.csv": answer})
    settings = {**TABLES["upe"], **HASTE, "base_url": f"{address}/membres.csv"}
    listing = (await reading_of(declare("upe", settings))).listings["42"]
    assert (listing.name, listing.trade_names) == ("Forêt d’Ocre", ("L'Ocre",))
    assert listing.address.lines == ("1 rue Foch", "Bât. B")
    assert listing.contact == Contact(phone="+33612345678")
    assert listing.labels == ("RGE", "Qualibat", "Entreprise à mission")
    assert str(listing.modified_at) == "2026-02-01 09:00:00+00:00"


async def test_the_json_partner_is_read_as_shown(serve: Serve) -> None:
    members = [
        {
            "uuid": f"u{number}",
            "status": "active" if number else "former",
            "company": {"legalName": f"Mer {number}", "brand": "Marine"},
            "pitch": "<p>Voiles &amp; c&acirc;bles</p>",
            "domains": ["Voile"],
            "geo": {"lat": 43.3, "lng": 5.3},
            "staff": 21,
        }
        for number in range(120)
    ]

    async def answer(request: web.Request) -> web.Response:
        assert request.headers["X-Api-Key"].startswith("from ")
        skip, take = int(request.query["skip"]), int(request.query["take"])
        return web.json_response({"data": {"items": members[skip : skip + take], "count": len(members)}})

    address = await serve({"/members": answer})
    reading = await reading_of(declare("pole_mer", {**TABLES["pole_mer"], **HASTE, "base_url": address}))
    assert (len(reading.listings), reading.deleted, reading.pages[-1].announced) == (119, ["u0"], 119)
    listing = reading.listings["u7"]
    assert (listing.name, listing.description, listing.headcount) == ("Mer 7", "Voiles & câbles", "21 salariés")
    assert listing.location == Location(43.3, 5.3)
