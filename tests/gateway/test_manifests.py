"""Manifests of trusted documents: the forms that clients' builds write, and what is found wrong with them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from gateway.errors import SettingsError
from gateway.hub import Hub
from gateway.manifests import Document, Trusted, digest, examined, read, trusted
from gateway.operations import Documents
from gateway.server import serve
from gateway.settings import Settings
from schema import build_schema

NAMES = "query Names { partners { name } }"
COUNT = "query Count($q: String) { suppliers(query: $q) { totalCount } }"
WRONG = "query Wrong { partnrs { name } }"
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [
        {"id": digest(NAMES), "name": "Names", "type": "query", "body": NAMES},
        {"id": "count-1", "name": "Count", "type": "query", "body": COUNT},
    ],
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema()._schema


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "operations.json"


def written(path: Path, said: Any) -> Path:
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("said", "texts"),
    [
        (APOLLO, {digest(NAMES): NAMES, "count-1": COUNT}),
        ({"0f9a": NAMES, f"sha256:{digest(COUNT)}": COUNT}, {"0f9a": NAMES, f"sha256:{digest(COUNT)}": COUNT}),
    ],
    ids=["apollo", "relay"],
)
def test_both_forms_are_read(path: Path, said: Any, texts: dict[str, str]) -> None:
    assert read(written(path, said)) == texts


def test_a_document_is_found_by_its_id_and_by_its_hash() -> None:
    known = Trusted({"count-1": COUNT, f"sha256:{digest(NAMES)}": NAMES, "same": NAMES})
    assert [known.find(name) for name in ("count-1", digest(COUNT), digest(NAMES), "same", "other")] == [
        COUNT,
        COUNT,
        NAMES,
        NAMES,
        None,
    ]
    assert (len(known), known.holds(NAMES), known.holds(NAMES + " "), known.holds("")) == (2, True, False, False)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "lists no operation; have the client's build write it anew"),
        ([NAMES], "is of no known form; it must be either an Apollo manifest"),
        ({"a": {"body": NAMES}}, "is of no known form; it must be either an Apollo manifest"),
        ({**APOLLO, "version": 2}, "has version 2; only version 1 is read"),
        (
            {**APOLLO, "operations": [{"id": "a"}]},
            "is not as Apollo has it (Object missing required field `body`",
        ),
        (
            {**APOLLO, "operations": [{"id": "a", "body": NAMES}, {"id": "a", "body": COUNT}]},
            "has two texts for the id « a »; have it written anew",
        ),
    ],
)
def test_a_file_of_another_form_is_refused(path: Path, said: Any, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(written(path, said))
    assert str(caught.value).startswith(f"the manifest {path} {sentence}")


def test_a_file_that_is_no_file_or_no_json(path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file or directory\); correct its path$"):
        read(path)
    path.write_bytes(b"\xff\xfe{")
    with pytest.raises(SettingsError, match=r"is not JSON \(.*\); have the client's build write it anew$"):
        read(path)


@pytest.mark.parametrize(
    ("text", "operations", "problem"),
    [
        (NAMES, ("Names",), None),
        (f"{NAMES} {COUNT}", ("Names", "Count"), None),
        ("{ partners { name } }", (), None),
        (WRONG, ("Wrong",), "Cannot query field 'partnrs' on type 'Query'. Did you mean 'partners'?"),
        ("query {", (), "Syntax Error: Expected Name, found <EOF>."),
        ("", (), "Syntax Error: Unexpected <EOF>."),
        ("fragment F on Partner { name }", (), "Fragment 'F' is never used."),
        (
            "query Roots { " + " ".join(f"a{number}: partners {{ name }}" for number in range(30)) + " }",
            ("Roots",),
            "The document has 30 root fields, and 20 are allowed: ask in several requests.",
        ),
    ],
)
def test_each_is_checked_against_schema_and_limits(
    schema: GraphQLSchema, text: str, operations: tuple[str, ...], problem: str | None
) -> None:
    select = Documents(build_schema(), Settings.alone().limits).select
    assert examined({"x": text}, schema, select) == [Document("x", text, operations, problem)]


def test_the_hub_does_not_start_with_one_that_cannot_be_run(path: Path, tmp_path: Path) -> None:
    written(path, {"a": NAMES, "b": WRONG, "c": "{"})
    settings = Settings.alone(data_dir=tmp_path / "data", persisted={"manifest": path}, harvest={"scheduled": False})
    sentence = (
        f"2 of the 3 operations of {path} cannot be run, first « Wrong »: Cannot query field 'partnrs' on type "
        "'Query'. Did you mean 'partners'? Mend the client or the manifest; circuit manifest lists them all."
    )
    with pytest.raises(SettingsError) as served:
        serve(settings)
    with pytest.raises(SettingsError) as opened:
        Hub(settings, build_schema())
    assert str(served.value) == str(opened.value) == sentence


def test_without_a_manifest_nothing_is_trusted(schema: GraphQLSchema) -> None:
    assert len(trusted(None, schema, Documents(build_schema(), Settings.alone().limits).select)) == 0


def test_only_trusted_documents_need_a_manifest() -> None:
    with pytest.raises(SettingsError, match="`only` needs `manifest`, or nothing could be asked"):
        Settings.alone(persisted={"only": "anonymous"})


@pytest.mark.parametrize("given", ["argument", "setting", "nothing"])
def test_the_command_lists_what_is_wrong(path: Path, tmp_path: Path, given: str) -> None:
    written(path, {"a": NAMES, "b": WRONG})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CIRCUIT_")}
    if given == "setting":
        environment["CIRCUIT_PERSISTED__MANIFEST"] = str(path)
    done = subprocess.run(
        [sys.executable, "-c", "from gateway.cli import main; main()", "manifest", "--json"]
        + [str(path)] * (given == "argument"),
        env=environment | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    if given == "nothing":
        assert (done.returncode, done.stderr) == (
            2,
            "circuit: No manifest is set; name a file, or set persisted.manifest.\n",
        )
        return
    assert done.returncode == 1
    assert [(row["id"], row["ok"]) for row in json.loads(done.stdout)] == [("a", True), ("b", False)]
    assert done.stderr == "circuit: 1 of the 2 operations cannot be run; the table says why.\n"
