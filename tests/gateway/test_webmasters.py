"""The page for partners' webmasters promises what the code does."""

from importlib.metadata import version
from pathlib import Path

from connectors import BUILTIN, Declaration
from connectors.contract import PROJECT
from directory.records import PartnerKind

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "webmasters.md").read_text(encoding="utf-8")
DIRECTORIES = [each for each in BUILTIN.values() if each.kind is PartnerKind.DIRECTORY]


def default(key: str) -> object:
    return Declaration.model_fields[key].default


def test_who_we_say_we_are() -> None:
    assert f"User-Agent: circuit-court/{version('circuit-court')} (+{PROJECT})" in PAGE


def test_rhythm_and_manners() -> None:
    assert (default("every"), default("rate"), default("retries"), default("retry_after_limit")) == (3_600, 10, 4, 30)
    assert {(each.every, each.rate) for each in DIRECTORIES} == {(3_600, 10)}
    assert "**Une lecture par heure** par défaut, décalée au hasard de 10 %" in PAGE
    assert "**10 requêtes par seconde au plus**" in PAGE
    assert "4 nouveaux essais au plus" in PAGE
    assert "jusqu'à 30 secondes nous attendons" in PAGE


def test_when_a_reading_is_held() -> None:
    assert (default("max_loss"), default("max_unusable"), default("max_failing")) == (0.2, 0.02, 0.05)
    for share in ("plus de 20 % des fiches", "plus de 2 % perdaient", "plus de 5 % devenaient"):
        assert share in PAGE


def test_pages_are_as_large_as_said() -> None:
    sizes = {each.protocol: each.page_size for each in DIRECTORIES if each.protocol != "csv"}
    assert sizes == {"kinto": 500, "wordpress": 100, "ckan": 1_000, "directus": 500}
    for said in ("_limit=500", "le type de contenu, 100 par page", "1 000 par appel", "de lecture, 500 par appel"):
        assert said in PAGE
