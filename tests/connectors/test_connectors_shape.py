"""The shape of a partner's own records: which fields, of what kind, with an example; bounded whatever is sent."""

import tracemalloc
from typing import Any

import pytest
from aiohttp import web

from connectors.shape import MAX_PATHS, Profile
from demo import Running
from directory.records import FieldShape
from tests.connectors.partner_kit import Declared, Serve, plain, reading_of


def shape_of(*records: dict[str, Any], expected: tuple[str, ...] = ()) -> tuple[FieldShape, ...]:
    profile = Profile(expected)
    for record in records:
        profile.see(record)
    return profile.fields()


def test_every_kind_is_counted_by_path_with_its_first_value() -> None:
    first = {"n": 0, "t": " ", "b": False, "l": ["", "Bois"], "o": {"lat": 43.25, "vide": None}, "e": [], "d": {}}
    second = {"n": "12", "t": "  Bois\n", "b": True, "l": [{}], "o": [1], "neuf": 1.0}
    assert shape_of(first, second) == (
        FieldShape(path="b", kinds={"yes/no": 2}, example="no"),
        FieldShape(path="d", kinds={"empty": 1}),
        FieldShape(path="e", kinds={"empty": 1}),
        FieldShape(path="l", kinds={"list": 2}, example="Bois"),
        FieldShape(path="n", kinds={"text": 1, "number": 1}, example="0"),
        FieldShape(path="neuf", kinds={"number": 1}, example="1"),
        FieldShape(path="o", kinds={"list": 1, "table": 1}, example="1"),
        FieldShape(path="o.lat", kinds={"number": 1}, example="43.25"),
        FieldShape(path="o.vide", kinds={"empty": 1}),
        FieldShape(path="t", kinds={"text": 1, "empty": 1}, example="Bois"),
    )


def test_tables_are_looked_into_three_deep() -> None:
    assert [field.path for field in shape_of({"a": {"b": {"c": {"d": 1}}}})] == ["a", "a.b", "a.b.c"]


def test_paths_and_examples_are_short_and_visible() -> None:
    (field,) = shape_of({"x\u202e\x00" + "y" * 500: "z\u2066\x07" + "é" * 40_000})
    assert (field.path, field.example) == ("x" + "y" * 59, "z" + "é" * 59)


def test_ever_new_fields_take_no_memory_and_leave_room_for_those_that_are_mapped() -> None:
    profile = Profile(expected=["nom"])
    tracemalloc.start()
    for number in range(100):
        profile.see({f"{number}-{key}": "x" for key in range(500)} | {"y" * 100_000: "z" * 100_000})
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    profile.see({"nom": "A"})
    assert held < 200_000
    assert len(profile.fields()) == MAX_PATHS
    assert FieldShape(path="nom", kinds={"text": 1}, example="A") in profile.fields()


def test_of_a_large_directory_every_tenth_record_is_counted() -> None:
    assert shape_of(*[{"a": 1}] * 2_000) == (FieldShape(path="a", kinds={"number": 2_000}, example="1"),)
    assert shape_of(*[{"a": 1}] * 12_000) == (FieldShape(path="a", kinds={"number": 3_000}, example="1"),)


@pytest.mark.parametrize(
    ("partner", "paths"),
    [
        ("chambre", {"raison_sociale", "adresse.commune", "coordonnees.lat", "last_modified"}),
        ("cmar", {"DENOMINATION", "NUMERO_RM"}),
        ("cpme13", {"title", "title.rendered", "meta.siren", "secteur"}),
        ("cress_paca", {"denomination", "_id"}),
        ("french_tech", {"nom", "levee_eur", "thematiques"}),
    ],
)
async def test_a_reading_ends_with_the_shape_of_its_records(
    partner: str, paths: set[str], demo: Running, declared: Declared
) -> None:
    reading = await reading_of(declared(partner))
    shapes = {field.path: field for field in reading.end.shape}
    assert paths <= set(shapes)
    read = len(reading.listings) + len(reading.deleted)
    assert {sum(shapes[path].kinds.values()) for path in paths if "." not in path} == {read}


async def test_a_column_of_empty_cells_is_there(serve: Serve) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"ID;NOM;VIDE\n1;A;\n2;B;\n")

    essai = plain(await serve({"/": answer}), protocol="csv", fields={"id": "ID", "name": "NOM"})
    assert (await reading_of(essai)).end.shape == (
        FieldShape(path="ID", kinds={"text": 2}, example="1"),
        FieldShape(path="NOM", kinds={"text": 2}, example="A"),
        FieldShape(path="VIDE", kinds={"empty": 2}),
    )
