"""The picture of a match: bars that add up, words that say the same, nothing that a page would have to fear."""

from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from directory.matching.comparing import Thresholds
from directory.matching.contract import Evidence, Match
from directory.matching.waterfall import NARROWEST, WIDEST, waterfall
from directory.records import MatchDecision, MatchMethod

SVG = "{http://www.w3.org/2000/svg}"
NAME = Evidence("name", "<plomberie> & fils", "plomberie\x00fils", 10.0, 1.0, "same name", 2.0)
ADDRESS = Evidence("address", "12 rue haute", "9 rue basse", -3.0, 0.1, "other street")
PHONE = Evidence("contact", "+33442999999", "+33442999999", 11.0, 0.7, "same phone", -4.0)
MATCH = Match(
    decision=MatchDecision.AUTOMATIC,
    score=0.9951,
    method=MatchMethod.PROBABILISTIC,
    against=7,
    evidence=(NAME, ADDRESS, PHONE),
    prior=-8.0,
    weight=10.0,
)
SETTLED = Match(decision=MatchDecision.AUTOMATIC, score=1.0, method=MatchMethod.SIREN, against=7)


def drawn(match: Match, width: int = 640) -> ElementTree.Element:
    return ElementTree.fromstring(waterfall(match, width))


def rows(picture: ElementTree.Element) -> list[tuple[list[str], list[tuple[str, float, float]]]]:
    """Each row's texts, and its bars: fill, from, to."""
    found = []
    for row in picture.iter(f"{SVG}g"):
        bars = []
        for bar in row.iter(f"{SVG}rect"):
            left = float(bar.attrib["x"])
            bars.append((bar.attrib["fill"], left, round(left + float(bar.attrib["width"]), 1)))
        found.append(([text.text or "" for text in row.iter(f"{SVG}text")], bars))
    return found


def test_a_row_each_from_the_start_to_the_total() -> None:
    assert [texts for texts, _ in rows(drawn(MATCH))] == [
        ["Départ", "avant de comparer", "−8,0"],
        ["Nom", "même nom", "+10,0"],
        ["Adresse", "autre rue", "−3,0"],
        ["Contact", "même téléphone", "+11,0"],
        ["Total", "départ et comparaisons", "+10,0"],
    ]


def test_each_bar_begins_where_the_one_before_ends_and_the_total_is_there_too() -> None:
    start, name, street, phone, total = (bars for _, bars in rows(drawn(MATCH)))
    zero = start[0][2]
    assert start[0][1] == pytest.approx(name[0][1], abs=0.15)  # the prior goes down from nought, the name up from there
    assert name[-1][2] == pytest.approx(street[0][2], abs=0.15)
    assert street[0][1] == pytest.approx(phone[0][1], abs=0.15)
    assert phone[0][2] == pytest.approx(total[0][2], abs=0.15)
    assert total[0][1] == pytest.approx(zero, abs=0.15)
    bit = (total[0][2] - zero) / 10
    assert [round((high - low) / bit, 1) for _, low, high in name] == [8.0, 2.0]


def test_what_rarity_adds_is_hatched_within_and_what_it_takes_beside() -> None:
    _, name, street, phone, _ = (bars for _, bars in rows(drawn(MATCH)))
    assert [fill for fill, _, _ in name] == ["#2e9e5b", "url(#cc-hatch-up)"]
    assert [fill for fill, _, _ in street] == ["#d1483f"]
    assert [fill for fill, _, _ in phone] == ["#2e9e5b", "url(#cc-hatch-lost)"]
    assert phone[0][2] == pytest.approx(phone[1][1], abs=0.15)
    mixed = replace(MATCH, evidence=(Evidence("address", "a", "b", -2.0, 0.4, "same postcode", -5.0),))
    fills = [fill for fill, _, _ in rows(drawn(mixed))[1][1]]
    assert fills == ["#d1483f", "url(#cc-hatch-down)", "url(#cc-hatch-lost)"]


def test_it_is_said_in_words_too() -> None:
    picture = drawn(MATCH)
    assert picture.attrib["role"] == "img"
    assert picture.findtext(f"{SVG}title") == "Poids de la correspondance : +10,0 bits"
    assert picture.findtext(f"{SVG}desc") == (
        "assez pour les réunir sans demander · confiance 99,5 %. Départ, avant de comparer : −8,0 ; "
        "Nom, même nom (« <plomberie> & fils » et « plomberiefils ») : +10,0, dont rareté +2,0 ; "
        "Adresse, autre rue (« 12 rue haute » et « 9 rue basse ») : −3,0 ; "
        "Contact, même téléphone (« +33442999999 » et « +33442999999 ») : +11,0, dont rareté −4,0 ; Total : +10,0."
    )


@pytest.mark.parametrize(
    ("weight", "verdict"),
    [
        (8.0, "assez pour les réunir sans demander"),
        (7.9, "assez pour demander à un gestionnaire"),
        (4.0, "assez pour demander à un gestionnaire"),
        (3.9, "trop peu pour les réunir"),
    ],
)
def test_the_thresholds_are_lines_and_decide_the_words(weight: float, verdict: str) -> None:
    text = waterfall(replace(MATCH, weight=weight))
    assert f"{verdict} · confiance" in text
    assert text.count('stroke-dasharray="4 3"') == 2
    assert ">doute ≥ 4<" in text
    assert ">sûr ≥ 8<" in text
    assert ">sûr ≥ 9,5<" in waterfall(MATCH, thresholds=Thresholds(automatic=9.5))


def test_values_that_are_hidden_are_not_in_it() -> None:
    hidden = replace(MATCH, evidence=tuple(replace(line, left=None, right=None) for line in MATCH.evidence))
    text = waterfall(hidden)
    for secret in ("plomberie", "rue haute", "+33442999999"):
        assert secret in waterfall(MATCH)
        assert secret not in text
    assert [texts for texts, _ in rows(drawn(hidden))] == [texts for texts, _ in rows(drawn(MATCH))]


def test_nothing_runs_in_it_and_nothing_comes_from_elsewhere() -> None:
    hostile = Evidence("<script>", '"><script>alert(1)</script>', "javascript:x", 1.0, 1.0, "<b>")
    text = waterfall(replace(MATCH, evidence=(hostile,)))
    assert "<script" not in text
    assert "href" not in text
    assert text.replace("http://www.w3.org/2000/svg", "").count("://") == 0
    assert not {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(text).iter()} - {
        *("svg", "title", "desc", "style", "defs", "pattern", "rect", "line", "g", "text")
    }


@pytest.mark.parametrize(
    ("method", "against", "evidence", "told"),
    [
        (MatchMethod.SIRET, 7, ("siret", "73282932000074"), "Même SIRET 73282932000074 : le même établissement."),
        (MatchMethod.SIREN, 7, ("siren", "732829320"),
         "Même SIREN 732829320 : un autre établissement de la même entreprise."),
        (MatchMethod.STEWARD, 7, ("steward", None), "Décision d'un gestionnaire : une seule entreprise."),
        (MatchMethod.SIRET, None, None, "Seule fiche de son fournisseur : connue par son SIRET."),
        (MatchMethod.SIREN, None, None, "Seule fiche de son fournisseur : connue par son SIREN."),
        (MatchMethod.EXACT, None, None, "Seule fiche de son fournisseur : sans numéro officiel."),
    ],
)  # fmt: skip
def test_what_needed_no_likeness_is_a_small_picture(
    method: MatchMethod, against: int | None, evidence: tuple[str, str | None] | None, told: str
) -> None:
    lines = (Evidence(evidence[0], evidence[1], evidence[1], 0.0, 1.0),) if evidence else ()
    picture = drawn(replace(SETTLED, method=method, against=against, evidence=lines))
    assert picture.findtext(f"{SVG}desc") == told
    assert (picture.attrib["height"], rows(picture)) == ("64", [])


@pytest.mark.parametrize(("asked", "given"), [(1, NARROWEST), (500, 500), (10**9, WIDEST)])
def test_the_width_is_bounded_and_nothing_leaves_the_panel(asked: int, given: int) -> None:
    picture = drawn(MATCH, asked)
    assert picture.attrib["viewBox"] == f"0 0 {given} {picture.attrib['height']}"
    ends = [end for _, bars in rows(picture) for _, start, end in bars] + [
        start for _, bars in rows(picture) for _, start, _ in bars
    ]
    assert min(ends) > 100
    assert max(ends) <= given - 16
