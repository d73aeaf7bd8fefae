"""The table of bad days is what the acceptance test found, and what it compares itself with."""

import json

import pytest

from scripts.weather_table import written
from tests.connectors.acceptance_days import DAYS
from tests.connectors.acceptance_partners import CASES
from tests.connectors.acceptance_table import cells

PAGE = "# Page\n\n<!-- weather -->\nold\n<!-- /weather -->\n\nrest\n"


def outcome(*row: str) -> str:
    return json.dumps(row)


def test_a_row_a_failure_and_a_column_a_connector() -> None:
    outcomes = [
        outcome("429", "chambre", "waited 1 s, read on"),
        outcome("JSON cut", "chambre", "refused: JSON cut"),
        outcome("429", "cmar", "waited 1 s, read on"),
        outcome("JSON cut", "cmar", "—"),
        outcome("JSON cut", "cmar", "—"),
    ]
    assert written(PAGE, outcomes) == (
        "# Page\n\n<!-- weather -->\n"
        "| failure | chambre | cmar |\n"
        "| --- | --- | --- |\n"
        "| 429 | waited 1 s, read on | waited 1 s, read on |\n"
        "| JSON cut | refused: JSON cut | — |\n"
        "<!-- /weather -->\n\nrest\n"
    )


def test_two_outcomes_of_one_failure_are_not_written() -> None:
    with pytest.raises(ValueError, match="in two ways") as caught:
        written(PAGE, [outcome("429", "cmar", "read on"), outcome("429", "cmar", "held")])
    assert str(caught.value) == "cmar came out of “429” in two ways: read on, and held"


def test_a_page_without_its_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="put the two marks back"):
        written("# Page\n", [])


def test_the_page_has_every_day_on_every_connector() -> None:
    assert {(bad.title, name) for bad in DAYS for name in CASES} <= cells().keys()
    assert "" not in cells().values()
