"""What is suggested while somebody types: over a real index, in which order, and how slips are forgiven."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from directory.records import MASK, Disclosure, Quality, Supplier, SupplierStatus
from directory.search.catalogue import Answer, Catalogue, trades
from directory.search.completing import Tier
from directory.search.engine import Snapshot
from directory.search.errors import InvalidQuery
from directory.search.suggest import MAX_TEXT, MOST, Company, Suggested, SuggestionKind, named
from directory.understanding.lexicon import Lexicon
from tests.directory.search.search_kit import indexed, supplier

COMPANY, ACTIVITY, PLACE = SuggestionKind


def good(number: int, name: str, score: float, **fields: Any) -> Supplier:
    return supplier(number, name, quality=Quality(score=score, completeness=1), **fields)


SUPPLIERS = (
    good(1, "Boulangerie du Vieux Port", 0.5, naf=("10.71C",)),
    good(2, "La Boulangerie d'Éoures", 0.6, naf=("10.71C",)),
    good(3, "Le Fournil", 0.9, trade_names=("Boulangerie Éléonore",), naf=("10.71C",)),
    good(4, "Martin Boulangerie", 0.95),
    good(5, "SARL Martin Plomberie", 0.4, naf=("43.22A",)),
    good(6, "Plomberie Martin", 0.7, naf=("43.22A",)),
    good(7, "S.N.E.F.", 0.8),
    good(8, "Boulogne Voyages", 0.99, disclosure=Disclosure.OPTED_OUT),
    good(9, "Paul Boulard", 0.98, disclosure=Disclosure.PARTIAL, legal_form="1000", trade_names=("Boulard Toits",)),
    good(10, "Boulon Fermé", 0.97, status=SupplierStatus.CLOSED),
    good(11, "Aubagne Menuiserie", 0.6),
    good(12, "Œuvres & Bois", 0.6),
)
TRADES = Lexicon(
    {
        "43.22A": ("plombier", "plombier chauffagiste", "fuite d'eau"),
        "24.43Z": ("plomb",),
        "10.71C": ("boulanger", "pain"),
        "43.22B": ("chauffagiste",),
    }
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return indexed(tmp_path_factory.mktemp("suggest"), SUPPLIERS).snapshot


@pytest.fixture(scope="module")
def known() -> Catalogue:
    return trades(TRADES)


def said(found: tuple[Suggested, ...]) -> list[int | str]:
    return [each.found.supplier if isinstance(each.found, Company) else each.found.fit.text for each in found]


def companies(index: Snapshot, known: Catalogue, text: str, first: int = 8) -> list[int | str]:
    return said(index.suggest(text, [COMPANY], first, known))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("b", [3, 2, 1, 4, 12]),
        ("bou", [3, 2, 1, 4]),
        ("BOULANG", [3, 2, 1, 4]),
        ("boulangerie e", [3, 2]),
        ("boulangerie d'eou", [2]),
        ("la boulangerie", [2]),
        ("éle", [3]),
        ("martin", [4, 5, 6]),
        ("plomb mart", [6, 5]),
        ("sarl martin", [5]),
        ("snef", [7]),
        ("s.n.", [7]),
        ("oeuv", [12]),
        ("œuvres et b", []),
        ("œuvres & b", [12]),
    ],
)
def test_every_word_typed_begins_a_word_and_whole_names_that_begin_so_come_first(
    index: Snapshot, known: Catalogue, text: str, numbers: list[int]
) -> None:
    assert companies(index, known, text) == numbers


@pytest.mark.parametrize("text", ["boulo", "boulog", "boulon", "boular", "paul", "ferme", MASK])
def test_who_is_hidden_masked_or_closed_is_not_suggested(index: Snapshot, known: Catalogue, text: str) -> None:
    found = index.suggest(text, [COMPANY], MOST, known)
    assert not {8, 9, 10} & set(said(found))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("bulangerie", [3, 2, 1, 4]),
        ("bolangerei", [3, 2, 1, 4]),  # two slips in ten letters
        ("maritn", [4, 5, 6]),
        ("plombreie martn", [6, 5]),
        ("fuornil", [3]),
        ("sne", [7]),
        ("snf", []),  # too short for a slip
        ("forunli", []),  # two slips in seven letters
    ],
)
def test_slips_are_forgiven_by_length(index: Snapshot, known: Catalogue, text: str, numbers: list[int]) -> None:
    assert companies(index, known, text) == numbers


def test_what_needs_no_slip_comes_before_what_does(tmp_path: Path, known: Catalogue) -> None:
    own = indexed(tmp_path, [good(1, "Marten", 0.9), good(2, "Martin", 0.2), good(3, "Zola", 0.9)]).snapshot
    found = own.suggest("martin", [COMPANY], 8, known)
    assert [(each.found.tier, each.found.supplier) for each in found if isinstance(each.found, Company)] == [
        (Tier.BEGINS, 2),
        (Tier.SLIP, 1),
    ]


def test_slips_are_not_looked_for_where_enough_is_found(tmp_path: Path, known: Catalogue) -> None:
    own = indexed(tmp_path, [good(n, "Martin" if n < 4 else "Marten", 0.5) for n in range(1, 8)]).snapshot
    assert companies(own, known, "martin") == [1, 2, 3]


def test_equals_come_by_quality_then_by_id_up_to_the_limit(tmp_path: Path, known: Catalogue) -> None:
    scores = {1: 0.5, 2: 0.9, 3: 0.9, 4: 0.1}
    own = indexed(tmp_path, [good(number, "Zola", score) for number, score in scores.items()]).snapshot
    assert companies(own, known, "z", 3) == [2, 3, 1]
    assert companies(own, known, "z", 0) == []


def test_activities_are_found_by_label_and_expression_those_of_most_suppliers_first(
    index: Snapshot, known: Catalogue
) -> None:
    def found(text: str) -> list[tuple[str, str]]:
        answers = [each.found for each in index.suggest(text, [ACTIVITY], 8, known)]
        return [(each.entry.value, each.fit.text) for each in answers if isinstance(each, Answer)]

    assert found("plomb")[:2] == [("43.22A", "plombier"), ("24.43Z", "plomb")]
    assert found("chauffagi") == [("43.22B", "chauffagiste"), ("43.22A", "plombier chauffagiste")]
    assert found("fuite eau") == [("43.22A", "fuite d'eau")]
    assert found("plombier fuite") == [("43.22A", "plombier")]  # in two expressions of one activity
    assert found("chaufagiste")[0][0] in {"43.22A", "43.22B"}
    assert found("Travaux d'installation d'eau") == [
        ("43.22A", "Travaux d'installation d'eau et de gaz en tous locaux")
    ]


def test_kinds_come_in_turns_in_the_order_asked_for(index: Snapshot, known: Catalogue) -> None:
    def kinds(*asked: SuggestionKind) -> list[SuggestionKind]:
        return [each.kind for each in index.suggest("boul", asked, 6, known)]

    assert kinds(COMPANY, ACTIVITY) == [COMPANY, ACTIVITY, COMPANY, COMPANY, COMPANY, ACTIVITY]
    assert kinds(ACTIVITY, COMPANY, ACTIVITY) == [ACTIVITY, COMPANY, COMPANY, COMPANY, ACTIVITY, COMPANY]
    mixed = said(index.suggest("aubagne", SuggestionKind, 8, known))
    assert mixed[:2] == [11, "Aubagne"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "'\"*?~^:[]{}()\\/",
        "^b",
        "b" * MAX_TEXT,
        "a " * 50,
        "\x00\x1f",
        "\ud800",
        "𝔟𝔬𝔲",
        "٣٣",
        "name:*",
        "🥖",
        "ß" * 99,
    ],
)
def test_any_text_is_answered_the_same_twice(index: Snapshot, known: Catalogue, text: str) -> None:
    first = index.suggest(text, SuggestionKind, MOST, known)
    assert len(first) <= MOST
    assert index.suggest(text, SuggestionKind, MOST, known) == first


def test_a_mark_of_ours_is_no_way_to_the_beginnings_of_names(index: Snapshot, known: Catalogue) -> None:
    assert companies(index, known, "^b") == companies(index, known, "b")
    assert companies(index, known, "^^") == []


def test_bounds_are_said(index: Snapshot, known: Catalogue) -> None:
    with pytest.raises(InvalidQuery, match=r"^The text has 101 characters: 100 at most\.$"):
        index.suggest("x" * 101, [COMPANY], 8, known)
    with pytest.raises(InvalidQuery, match=r"^21 suggestions were asked for: give 0 to 20\.$"):
        index.suggest("x", [COMPANY], 21, known)
    with pytest.raises(InvalidQuery, match=r"^-1 suggestions"):
        index.suggest("x", [COMPANY], -1, known)


def test_the_vocabulary_is_words_as_they_are_written_with_their_holders(index: Snapshot) -> None:
    words = dict(index.vocabulary())
    assert words["boulangerie"] == 4
    assert words["martin"] == 3
    assert words["eleonore"] == 1
    assert not {"boulogne", "boulard", "ferme", "d", "b", "^b"} & set(words)


def test_a_company_is_named_by_the_name_that_answers() -> None:
    def shown(text: str, *names: str) -> str | None:
        fit = named(names, text)
        return fit.text if fit else None

    assert shown("elé", "Le Fournil", "Boulangerie Éléonore") == "Boulangerie Éléonore"
    assert shown("fou", "Le Fournil", "Boulangerie Éléonore") == "Le Fournil"
    assert shown("fuornil", "Le Fournil", "Boulangerie Éléonore") == "Le Fournil"
    assert shown("fournil bou", "Le Fournil", "Boulangerie Éléonore") == "Le Fournil"
    assert shown("zola", "Le Fournil") is None
    assert shown("", "Le Fournil") is None
    assert shown("fou") is None


async def test_the_engine_gives_the_suggestions_of_what_it_serves(tmp_path: Path, known: Catalogue) -> None:
    engine = await asyncio.to_thread(indexed, tmp_path, [good(1, "Zola", 0.5)])
    found = await engine.snapshot.answer(engine.snapshot.suggest, "zo", [COMPANY], 8, known)
    assert said(found) == [1]
