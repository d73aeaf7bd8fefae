"""Labels: read and written, placed, judged by; pairs chosen to be asked about; a model retrained."""

import csv
import io

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.matching.records import Benchmark, benchmark
from directory.matching.comparing import Thresholds
from directory.matching.model import shipped
from directory.matching.training.asking import questions, unsure_at
from directory.matching.training.labels import (
    HEADING,
    Key,
    Label,
    Lines,
    Same,
    Sides,
    compared,
    key_of,
    label,
    placed,
    read,
    rows,
)
from directory.matching.training.retraining import Retrained, retrained
from directory.store.rows import is_id

ONE, OTHER, THIRD = ("cmar", "1"), ("chambre", "7"), ("cmar", "2")


def truths(world: Benchmark, pairs: list[Sides]) -> list[Label]:
    """What somebody who knows would say of these pairs."""
    keys = {record.listing: key_of(record.key) for record in world.records}
    return [
        label(keys[one], keys[other], Same.SITE if world.truths[one] == world.truths[other] else Same.NO)
        for one, other in pairs
    ]


def test_a_file_is_read_as_it_was_written_and_the_last_word_stands() -> None:
    said = [label(ONE, OTHER, Same.SITE), label(ONE, THIRD, Same.COMPANY)]
    stream = io.StringIO()
    csv.writer(stream).writerows(rows(said))
    assert stream.getvalue().startswith("partner,external_id,partner,external_id,same\r\n")
    stream.seek(0)
    assert read(stream) == Lines({2: said[0], 3: said[1]}, {})
    found = read(["cmar,1,chambre,7,no", "", "chambre,7,cmar,1,site "])
    assert found == Lines({3: label(ONE, OTHER, Same.SITE)}, {})


ids = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=6).filter(is_id)


@given(st.tuples(st.just("cmar"), ids), st.tuples(st.just("chambre"), ids), st.sampled_from(Same))
@example(("cmar", "=1+2"), ("chambre", ' 7,"8"; '), Same.SITE)
@example(("cmar", "-5"), ("chambre", "'@x"), Same.NO)
def test_any_id_comes_back_from_a_file_as_it_was(one: Key, other: Key, same: Same) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(rows([label(one, other, same)]))
    stream.seek(0)
    assert read(stream) == Lines({2: label(one, other, same)}, {})


def test_every_line_that_is_no_label_is_named() -> None:
    lines = [
        ",".join(HEADING),
        "cmar,1,chambre,7",
        "cmar,1,chambre,7,maybe",
        "cmar,1,chambre,7,no",
        "cmar,1,cmar,1,site",
    ]
    found = read(lines)
    assert found.labels == {4: label(ONE, OTHER, Same.NO)}
    assert found.problems == {
        2: "line 2 has 4 cells; a label is partner,external_id,partner,external_id,same",
        3: "line 3 says 'maybe' of its pair; it should be site, company, no",
        5: "line 5 compares a listing with itself",
    }


def test_what_is_no_csv_is_named() -> None:
    found = read(["cmar,1,chambre,7,no", f"cmar,{'1' * 200_000},chambre,7,no"])
    assert found.problems == {2: "line 2 is no CSV (field larger than field limit (131072))"}


def test_two_models_are_compared_on_the_same_pairs() -> None:
    labels = {(each, each + 100): label(("a", f"{each}"), ("b", f"{each}"), Same.SITE) for each in range(40)}
    labels |= {(each, each + 100): label(("a", f"{each}"), ("b", f"{each}"), Same.COMPANY) for each in range(40, 60)}
    old = {sides: sides[0] < 30 for sides in labels}
    new = {sides: sides[0] < 39 for sides in labels}
    found = compared(labels, old, new)
    assert (found.old.precision, found.old.recall, found.new.recall) == (1.0, 0.75, 0.975)
    assert found.new.low < found.new.f1 <= found.new.high
    assert found.difference[0] == pytest.approx(found.new.f1 - found.old.f1)
    assert 0 < found.difference[1] < found.difference[2]
    assert [(each.left[1], is_right) for each, is_right in found.changed] == [(f"{n}", True) for n in range(30, 39)]
    assert not found.is_worse
    assert compared(labels, new, old).is_worse
    assert compared({}, {}, {}).difference == (0.0, 0.0, 0.0)


def test_the_most_telling_pairs_come_first_and_none_that_was_answered() -> None:
    records = benchmark(2_000, seed=1).records
    asked = list(questions(records, shipped()))
    vectors = [tuple((line.feature, line.level) for line in each.evidence) for each in asked]
    kinds = len(set(vectors))
    assert len(set(vectors[:kinds])) == kinds
    doubt = unsure_at(shipped())
    distances = [abs(each.weight - doubt) for each in asked[:kinds]]
    assert distances == sorted(distances)
    assert shipped().confident(doubt) == pytest.approx(0.5)
    answered = {(each.left, each.right) for each in asked[:50]}
    again = {(each.left, each.right) for each in questions(records, shipped(), answered)}
    assert again == {(each.left, each.right) for each in asked} - answered


def test_where_the_model_is_never_unsure_its_end_is_asked_about() -> None:
    sure = msgspec.structs.replace(shipped(), confidence=((0.0, 0.7), (5.0, 0.9)))
    unsure = msgspec.structs.replace(shipped(), confidence=((0.0, 0.1), (5.0, 0.2)))
    assert (unsure_at(sure), unsure_at(unsure)) == (0.0, 5.0)


def test_a_model_is_retrained_judged_and_calibrated_by_labels() -> None:
    pytest.importorskip("splink", reason="Splink is not installed (the extra `train`)")
    world = benchmark(1_000, seed=1)
    pairs = [(each.left, each.right) for each in questions(world.records, shipped())][:300]
    labels = truths(world, pairs)
    assert len(placed(labels, world.records)) == 300
    done = retrained(world.records, labels, shipped(), Thresholds())
    assert done.comparison.pairs == done.calibrated == done.model.trained["labels"] == 300
    assert done.comparison.new.f1 > 0.5
    assert done.model.confidence != shipped().confidence
    assert (done.objection is None) is (done.comparison.new.f1 >= done.comparison.old.f1)
    few = Retrained(shipped(), compared({}, {}, {}), 0)
    assert few.objection == "0 labelled pairs are too few to judge it by; it takes 30"
