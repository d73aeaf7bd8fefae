"""What is kept of earlier requests, and what is not."""

from directory.search.query import SearchQuery, Window
from schema.hot import LONGEST, Recent


def test_the_oldest_half_goes_when_it_is_full() -> None:
    kept = Recent[str](4)
    for number in range(5):
        kept.put(number, str(number))
    assert kept.values == {2: "2", 3: "3", 4: "4"}
    assert kept.get(0) is None


def test_a_long_question_is_not_kept() -> None:
    kept, window = Recent[str](4), Window()
    short, long = ((SearchQuery(text=text), window) for text in ("plombier", "x" * LONGEST))
    for question in (short, long):
        kept.put(question, "found")
    assert list(kept.values) == [short]


def test_what_is_no_data_may_be_in_a_key() -> None:
    kept, catalogue = Recent[str](4), object()
    kept.put((catalogue, "plom"), "found")
    assert kept.get((catalogue, "plom")) == "found"
