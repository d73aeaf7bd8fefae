"""Files with a known truth are judged by what ``circuit match`` makes of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.matching.public import Truth, read_truth, together

GUIDE = """id,name,addr,city,phone
1,Zinzolin,12 Main St.,Springfield,310/246-1501
2,Zephyr Diner,90 Oak Avenue,Springfield,310/246-1777
3,Quetzal,7 Elm Drive,Springfield,
"""
REVIEWS = """id,name,addr,city,phone
a,The Zinzolin,12 E. Main Street,Springfield,310-246-1501
b,Zephyr Diner,90 Oak Ave.,Springfield,310-246-1777
c,Quetzal,44 Pine Lane,Shelbyville,310-246-9999
"""


def pair(left: str, right: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("guide", left), ("reviews", right)


def test_two_ids_a_line_are_every_pair_that_is_one(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("guide_id,reviews_id\n1, a\n2,b\n", encoding="utf-8-sig")
    truth = read_truth(path, ["guide", "reviews"])
    assert truth == Truth(frozenset({pair("1", "a"), pair("2", "b")}), None)
    score = truth.score({pair("1", "a"), pair("3", "c")})
    assert (score.precision, score.recall) == (0.5, 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "ltable_id,rtable_id,label\n1,a,1\n2,b,1\n3,c,0\n",
        "partner,external_id,partner,external_id,same\nguide,1,reviews,a,site\nreviews,b,guide,2,site\nguide,3,reviews,c,no\n",
    ],
)
def test_where_some_are_said_to_be_two_the_others_do_not_count(tmp_path: Path, text: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(text, encoding="utf-8")
    truth = read_truth(path, ["guide", "reviews"])
    found = {pair("1", "a"), pair("3", "c"), pair("1", "c")}
    assert truth.wrong(found) == ([pair("3", "c")], [pair("2", "b")])


def test_a_label_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("partner,external_id,partner,external_id,same\na,1,b,2,perhaps\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="line 2"):
        read_truth(path, ["a", "b"])


def test_all_that_are_together_are_pairs() -> None:
    rows = [{"partner": "a", "external_id": number, "supplier_id": "7"} for number in ("3", "1", "2")]
    assert together(rows, "supplier_id") == {
        (("a", "1"), ("a", "2")), (("a", "1"), ("a", "3")), (("a", "2"), ("a", "3"))
    }  # fmt: skip


def test_a_folder_is_judged_and_what_is_wrong_is_shown(tmp_path: Path) -> None:
    (tmp_path / "guide.csv").write_text(GUIDE, encoding="utf-8")
    (tmp_path / "reviews.csv").write_text(REVIEWS, encoding="utf-8")
    (tmp_path / "truth.csv").write_text("guide,reviews\n1,a\n2,b\n3,c\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bench.matching.public", str(tmp_path), "--show", "5"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("P 1.0000  R 0.6667  F1 0.8000      0 false     1 missed") == 2
    assert "guide:3  Quetzal, 7 Elm Drive, Springfield" in done.stdout
    assert "reviews:c  Quetzal, 44 Pine Lane, Shelbyville" in done.stdout
