"""A steward on the command line: the queue, answers, mergers, splits, moves, and taking it back."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from directory.matching.contract import ReviewReason
from directory.store import reviews
from directory.store.database import Database
from directory.store.reading import Reader
from directory.store.reviews import Question
from gateway.cli import app
from gateway.cli.output import Failure
from tests.directory.resolution_kit import NOON, ONE, OTHER, World, says

Circuit = Callable[..., str]


@pytest.fixture
def url(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of four companies, the first of two listings; a question waits about the second and the third."""
    shutil.copy(migrated_file, tmp_path / "circuit.db")
    url = f"sqlite:///{tmp_path / 'circuit.db'}"
    monkeypatch.setenv("CIRCUIT_DATABASE_URL", url)
    monkeypatch.setenv("CIRCUIT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    async def furnish() -> None:
        database = Database(url)
        world = World(database)
        names = {"a": "Arnaud", "b": "Arnaud", "c": "Blanc", "d": "Colin", "e": "Dupont"}
        sirens = {"a": ONE, "b": ONE, "e": OTHER}
        await world.tell(*(says("cmar", key, name, siren=sirens.get(key)) for key, name in names.items()))
        await world.resolve()
        async with database.writing() as connection:
            likely = Question(
                left=3, right=4, reason=ReviewReason.LIKELY, weight=5.25, confidence=0.5, listings=2, gain=0.5
            )
            await reviews.rewrite(connection, [likely], NOON)
        await database.close()

    asyncio.run(furnish())
    return url


@pytest.fixture
def circuit(url: str, capfd: pytest.CaptureFixture[str]) -> Circuit:
    """Runs a command and gives what it prints; a table, JSON, or the sentences beside it."""

    def run(*arguments: str) -> str:
        app(list(arguments), standalone_mode=False)
        said = capfd.readouterr()
        return said.out or said.err

    return run


def groups(url: str) -> list[str]:
    """Which listings are together."""

    async def read() -> list[str]:
        database = Database(url)
        found: dict[int | None, str] = {}
        async for page in Reader(database).every_listing():
            for stored in page:
                found[stored.supplier_id] = found.get(stored.supplier_id, "") + stored.listing.external_id
        await database.close()
        return sorted(found.values())

    return asyncio.run(read())


def supplier_name(url: str, number: int) -> str:
    async def read() -> str:
        database = Database(url)
        (stored,) = await Reader(database).suppliers([number])
        await database.close()
        assert stored
        return stored.supplier.name

    return asyncio.run(read())


def parsed(text: str) -> Any:
    return json.loads(text)


def test_the_queue(circuit: Circuit) -> None:
    (row,) = parsed(circuit("reviews", "--json"))
    assert row == {
        "review": "3-4",
        "why": "LIKELY",
        "weight": 5.25,
        "confidence": 0.5,
        "gain": 0.5,
        "listings": 2,
        "left": "Blanc (cmar:c)",
        "right": "Colin (cmar:d)",
        "left_supplier": 2,
        "right_supplier": 3,
        "waits_since": "2026-05-01T12:00:00Z",
        "version": row["version"],
    }
    assert "Blanc (cmar:c)" in circuit("reviews", "--partner", "cmar", "--why", "likely", "--min-weight", "5")
    for nothing in (("--partner", "chambre"), ("--why", "contradiction"), ("--max-weight", "5")):
        assert parsed(circuit("reviews", "--json", *nothing)) == []


def test_a_reason_that_is_none(circuit: Circuit) -> None:
    with pytest.raises(Failure) as failure:
        circuit("reviews", "--why", "boredom")
    assert str(failure.value) == "--why is one of LIKELY, TWO_COMPANIES, UNSURE_CLUSTER, CONTRADICTION."


@pytest.mark.parametrize(
    ("answer", "together"), [("--confirm", ["ab", "cd", "e"]), ("--reject", ["ab", "c", "d", "e"])]
)
def test_an_answer(circuit: Circuit, url: str, answer: str, together: list[str]) -> None:
    said = circuit("decide", "3-4", answer, "--reason", "Vu sur place")
    assert said == "Kept as decision 1; circuit decisions --undo 1 takes it back.\n"
    assert groups(url) == together
    with pytest.raises(Failure) as failure:
        circuit("decide", "3-4", answer)
    assert str(failure.value) == "3-4 does not wait for a decision (any more)."


def test_an_answer_to_what_was_seen_otherwise(circuit: Circuit, url: str) -> None:
    with pytest.raises(Failure) as failure:
        circuit("decide", "3-4", "--confirm", "--version", "old")
    assert str(failure.value) == "It has changed since you looked at it; look again, then decide."
    assert groups(url) == ["ab", "c", "d", "e"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("decide", "3-4"), "Say --confirm or --reject."),
        (("decide", "3-4", "--confirm", "--reject"), "Say --confirm or --reject."),
        (("decide", "x", "--confirm"), "'x' is no question; circuit reviews shows those there are."),
        (("decide", "3-4", "--confirm", "--reason", " "), "Say why; the reason is kept with the decision."),
        (
            ("suppliers", "merge", "1", "9", "--reason", "r"),
            "There is no supplier 9; circuit export suppliers lists those there are.",
        ),
        (
            ("suppliers", "merge", "1", "4", "--reason", "r"),
            f"These are companies of different SIRENs, which are never one: {OTHER}, {ONE}.",
        ),
        (
            ("suppliers", "split", "1", "cmar:z", "--reason", "r"),
            "There is no listing 'cmar:z'; write it as PARTNER:ID (cmar:2024-17).",
        ),
        (
            ("suppliers", "pin", "1", "NAME", "--listing", "cmar:c", "--reason", "r"),
            "This is not a listing of this supplier.",
        ),
        (
            ("suppliers", "pin", "1", "WEBSITE", "--listing", "cmar:b", "--reason", "r"),
            "This listing says nothing of WEBSITE.",
        ),
        (
            ("suppliers", "pin", "9", "NAME", "--listing", "cmar:b", "--reason", "r"),
            "There is no supplier 9; circuit export suppliers lists those there are.",
        ),
        (
            ("suppliers", "pin", "1", "NAME", "--listing", "cmar", "--reason", "r"),
            "There is no listing 'cmar'; write it as PARTNER:ID (cmar:2024-17).",
        ),
        (("suppliers", "unpin", "1", "NAME", "--reason", "r"), "NAME is not pinned."),
        (
            ("suppliers", "unpin", "1", "NAME", "--reason", " "),
            "Say why; the reason is kept with the decision.",
        ),
        (("decisions", "--undo", "9"), "There is no such decision."),
    ],
)
def test_what_is_refused_is_one_sentence(circuit: Circuit, url: str, arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(Failure) as failure:
        circuit(*arguments)
    assert str(failure.value) == sentence
    assert groups(url) == ["ab", "c", "d", "e"]
    assert parsed(circuit("decisions", "--json")) == []


def test_suppliers_are_merged_split_and_put_back(circuit: Circuit, url: str) -> None:
    circuit("suppliers", "merge", "1", "2", "3", "--reason", "Même gérant")
    assert groups(url) == ["abcd", "e"]
    circuit("suppliers", "split", "1", "cmar:c", "cmar:d", "--reason", "Deux ateliers")
    assert groups(url) == ["ab", "cd", "e"]
    circuit("suppliers", "move", "cmar:d", "1", "--reason", "Erreur")
    assert groups(url) == ["abd", "c", "e"]
    shown = parsed(circuit("decisions", "--json"))
    assert [(row["kind"], row["reason"], row["undone_by"]) for row in shown] == [
        ("MOVE", "Erreur", None),
        ("SPLIT", "Deux ateliers", None),
        ("MERGE", "Même gérant", None),
    ]
    for number in (row["decision"] for row in shown):
        circuit("decisions", "--undo", str(number))
    assert groups(url) == ["ab", "c", "d", "e"]
    assert "Même gérant" in circuit("decisions")


def test_a_value_is_fixed_and_freed(circuit: Circuit, url: str) -> None:
    circuit("suppliers", "merge", "2", "3", "--reason", "Même gérant")
    chosen = supplier_name(url, 2)
    other = {"Blanc": "cmar:d", "Colin": "cmar:c"}[chosen]
    said = circuit("suppliers", "pin", "2", "name", "--listing", other, "--reason", "Leur enseigne")
    assert said == "Kept as decision 2; circuit decisions --undo 2 takes it back.\n"
    assert {chosen, supplier_name(url, 2)} == {"Blanc", "Colin"}
    (row, _) = parsed(circuit("decisions", "--json"))
    assert (row["kind"], row["field"], row["about"], row["reason"]) == ("PIN", "NAME", other, "Leur enseigne")
    circuit("suppliers", "unpin", "2", "NAME", "--reason", "Plus vrai")
    assert supplier_name(url, 2) == chosen
    circuit("decisions", "--undo", "3")
    assert supplier_name(url, 2) != chosen  # the pin stands again
