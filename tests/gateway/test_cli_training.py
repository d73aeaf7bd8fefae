"""``circuit label``, ``labels`` and ``train`` as a steward uses them, on a store of the benchmark's listings."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.matching.generator import generate
from directory.harvest import harvest
from directory.matching.model import checked, shipped
from directory.records import End, Listing, Page, PartnerInfo, Scope
from gateway.cli import app
from gateway.cli.output import Failure
from gateway.errors import SettingsError
from gateway.matching import matcher_of, model_of
from gateway.settings import Matching, Settings
from gateway.stores import opened_store
from tests.gateway.conftest import nobodys_environment
from tests.harvesting import LAX

LISTINGS = 1_000


class Said:
    """A source that has these listings."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._listings = tuple(listings)

    async def read(self, cursor: str | None) -> AsyncIterator[Page | End]:
        yield Page(listings=self._listings)
        yield End(scope=Scope.FULL)


@pytest.fixture(scope="module")
def world() -> list[tuple[Listing, int]]:
    return [(listing, truth.establishment) for listing, truth in generate(LISTINGS, seed=1)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, world: list[tuple[Listing, int]]) -> Iterator[Path]:
    """A folder in which commands find a harvested store."""
    folder = tmp_path_factory.mktemp("training")
    listings = sorted((listing for listing, _ in world), key=lambda each: each.partner)

    async def fill() -> None:
        async with opened_store(Settings()) as database:
            for partner, its in groupby(listings, key=lambda each: each.partner):
                info = PartnerInfo(id=partner, name=partner, organisation=partner)
                run = await harvest(database, Said(list(its)), info, full=True, guard=LAX)
                assert run.problem is None

    with nobodys_environment(folder):
        asyncio.run(fill())
        yield folder


def circuit(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=answers)


def labels_of(world: list[tuple[Listing, int]]) -> str:
    """Neighbours of the generator's stream: those of one establishment come together."""
    lines = ["partner,external_id,partner,external_id,same"]
    for (one, truth), (other, other_truth) in pairwise(world):
        same = "site" if truth == other_truth else "no"
        lines.append(f"{one.partner},{one.external_id},{other.partner},{other.external_id},{same}")
    return "\n".join(lines[:201]) + "\n"


def test_answers_become_decisions_and_can_be_carried_elsewhere(desk: Path) -> None:
    done = circuit("label", "--count", "5", answers="y\nx\nn\ns\nc\nq\n")
    assert done.exit_code == 0, done.output
    assert "1 of 5: weight" in done.output
    assert "Answer with y, c, n, s or q." in done.output
    assert "3 decisions are kept" in done.output
    exported = circuit("labels", "export").stdout
    assert sorted(line.rpartition(",")[2] for line in exported.splitlines()[1:]) == ["company", "no", "site"]
    (desk / "labels.csv").write_text(exported)
    again = circuit("labels", "import", "labels.csv")
    assert "0 of 3 labels are new decisions" in again.output
    (desk / "labels.csv").write_text(exported.replace(",company", ",no"))
    assert "1 of 3 labels are new decisions" in circuit("labels", "import", "labels.csv").output
    assert ",company" not in circuit("labels", "export").stdout


def test_what_was_answered_is_not_asked_again_and_a_file_takes_the_place_of_decisions(desk: Path) -> None:
    before = circuit("labels", "export").stdout
    done = circuit("label", "--count", "2", "--out", "mine.csv", answers="y\ny\n")
    assert "2 labels are in mine.csv." in done.output
    assert circuit("labels", "export").stdout == before
    asked = (desk / "mine.csv").read_text().splitlines()[1:]
    assert not {line.rpartition(",")[0] for line in asked} & {line.rpartition(",")[0] for line in before.splitlines()}


def test_a_file_that_holds_no_labels_is_refused(desk: Path) -> None:
    (desk / "wrong.csv").write_text("a,b\n")
    done = circuit("labels", "import", "wrong.csv")
    assert isinstance(done.exception, Failure)
    assert "wrong.csv: line 1 has 2 cells; a label is partner,external_id,partner,external_id,same.\n" in done.output
    assert str(done.exception) == "1 line is wrong, and nothing of wrong.csv was taken; correct what is named above."


def test_a_model_is_trained_reported_and_only_activated_when_it_is_not_worse(
    desk: Path, world: list[tuple[Listing, int]]
) -> None:
    pytest.importorskip("splink", reason="Splink is not installed (the extra `train`)")
    (desk / "truth.csv").write_text(labels_of(world))
    done = circuit("train", "--labels", "truth.csv", "--out", "new.json", "--activate", "--force")
    assert done.exit_code == 0, done.output
    assert "labelled pairs; F1" in done.output
    model = checked((desk / "new.json").read_bytes())
    assert model.trained["listings"] == LISTINGS
    settings = Settings()
    assert model_of(settings) == model
    assert matcher_of(settings).model.version == model.version
    (settings.data_dir / "model.json").unlink()
    refused = circuit("train", "--activate")
    assert isinstance(refused.exception, Failure)
    assert "--force activates it all the same." in str(refused.exception)
    assert model_of(settings) == shipped()


def test_profiles_are_written_for_spark(desk: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="PyArrow is not installed (the extra `train`)")
    assert "1,000 listings are in profiles.parquet." in circuit("profiles", "profiles.parquet").output
    written = parquet.read_table(desk / "profiles.parquet")
    assert written.num_rows == LISTINGS
    assert int(written.schema.metadata[b"population"]) > LISTINGS


def test_a_model_that_is_broken_or_gone_is_named_with_the_remedy(settings: Settings) -> None:
    settings.data_dir.mkdir()
    broken = settings.data_dir / "model.json"
    broken.write_text("{}")
    with pytest.raises(SettingsError) as caught:
        model_of(settings)
    assert str(caught.value).startswith(f"{broken}: The model cannot be read: Object missing required field `version`")
    assert str(caught.value).endswith(" Or remove the file for the hub's own model.")
    named = Settings(data_dir=settings.data_dir, matching=Matching(model=broken.with_name("gone.json")))
    with pytest.raises(SettingsError) as caught:
        model_of(named)
    assert str(caught.value) == f"matching.model names {named.matching.model}, which is not there; correct or unset it"


def test_thresholds_are_in_order(settings: Settings) -> None:
    assert matcher_of(settings).thresholds.automatic == 8.0
    with pytest.raises(SettingsError, match="`review` must not be above `automatic`"):
        Settings(matching={"automatic": 3})
