"""What relates two companies, and what does not."""

import pytest

from directory.relations import CHAIN, MOST, STRANGERS, Neighbourhood, Presence, Relation, RelationReason, shared

AUBAGNE, CASSIS, MARSEILLE = "13005", "13022", "13055"


def says(supplier: int, *names: str, **values: str | None) -> Presence:
    """A listing at Aubagne unless said otherwise."""
    usual: dict[str, str | None] = {"town": AUBAGNE}
    return Presence(supplier=supplier, names=names, **(usual | values))


def related(*presences: Presence, to: int = 1) -> list[tuple[int, str, str]]:
    return [(each.supplier, each.reason.value, each.detail) for each in Neighbourhood(presences).related(to)]


def test_two_of_one_site_are_related_and_those_of_one_telling_word_the_more() -> None:
    found = Neighbourhood(
        (
            says(1, "atelier zylka", site="zylka.fr"),
            says(2, "garage", site="zylka.fr"),
            says(3, "zylka bois", site="zylka.fr"),
        )
    ).related(1)
    assert found == [
        Relation(supplier=3, reason=RelationReason.SAME_SITE, detail="zylka.fr", strength=0.9),
        Relation(supplier=2, reason=RelationReason.SAME_SITE, detail="zylka.fr", strength=0.6),
    ]


def test_a_site_of_many_unlike_companies_is_an_agency_s_and_relates_only_namesakes() -> None:
    strangers = [says(number, f"garage {number}", site="agence.fr") for number in range(10, 11 + STRANGERS)]
    one, other = says(1, "zylka", site="agence.fr"), says(2, "zylka bois", site="agence.fr")
    assert related(one, other, *strangers) == [(2, "SAME_SITE", "agence.fr")]
    assert len(related(one, other, *strangers[:-1])) == 1 + STRANGERS


@pytest.mark.parametrize(
    ("parent", "branch", "detail"),
    [
        ("groupe zylka", "zylka environnement", "groupe zylka"),
        ("zylka holding", "zylka", "zylka holding"),
        ("zylka", "zylka group", "zylka group"),
    ],
)
def test_a_group_s_name_counts_with_a_common_site_or_door(parent: str, branch: str, detail: str) -> None:
    site, door = {"site": "zylka.fr"}, {"street": "12 rue haute"}
    for common in (site, door):
        found = related(says(1, parent, **common), says(2, branch, **common))
        assert found == [(2, "GROUP_NAME", detail)]
        assert related(says(1, parent, **common), says(2, branch, **common), to=2) == [(1, "GROUP_NAME", detail)]
    assert related(says(1, parent), says(2, branch)) == []
    assert related(says(1, parent, **door), says(2, branch, street="12 rue haute", town=CASSIS)) == []
    assert related(says(1, parent, street="rue haute"), says(2, branch, street="rue haute")) == []


def test_a_group_s_name_of_words_that_everybody_has_relates_nobody() -> None:
    assert related(says(1, "groupe conseil", street="1 rue haute"), says(2, "conseil", street="1 rue haute")) == []


def test_one_sign_in_several_towns_is_a_chain_and_in_two_a_coincidence() -> None:
    chain = [
        says(1, "zylka aubagne"),
        says(2, "pneus garcin", "zylka", town=CASSIS),
        says(3, "garage dupuis", "zylka", town=MARSEILLE),
        says(4, "zylka marseille", town=MARSEILLE),
    ]
    assert related(*chain) == [(2, "SAME_SIGN", "zylka"), (3, "SAME_SIGN", "zylka"), (4, "SAME_SIGN", "zylka")]
    assert related(*chain[: CHAIN - 1]) == []
    assert related(chain[0], says(2, "pneus", "zylka"), says(3, "garage", "zylka", town=CASSIS)) == []


def test_namesakes_of_many_towns_are_no_chain_unless_some_are_called_otherwise_besides() -> None:
    towns = (AUBAGNE, CASSIS, MARSEILLE, "13028")
    namesakes = [says(number, "savournin", town=town) for number, town in enumerate(towns, 1)]
    assert related(*namesakes) == []
    assert related(*namesakes, says(2, "garage dupuis", town=CASSIS)) == []
    assert len(related(*namesakes, says(2, "garage dupuis", town=CASSIS), says(3, "pneus garcin", town=MARSEILLE))) == 3
    jardiniers = [
        says(1, "jardiniers aubagne", "zola 1"),
        says(2, "jardiniers cassis", "zola 2", town=CASSIS),
        says(3, "jardiniers", town=MARSEILLE),
    ]
    assert related(*jardiniers) == []


def test_a_sign_of_words_that_everybody_has_is_no_chain() -> None:
    towns = (AUBAGNE, CASSIS, MARSEILLE, "13001")
    assert related(*(says(number, "boulangerie patisserie", town=town) for number, town in enumerate(towns, 1))) == []


def test_the_strongest_reason_is_said_and_no_supplier_twice() -> None:
    found = related(
        says(1, "groupe zylka", site="zylka.fr"),
        says(2, "zylka bois", site="zylka.fr"),
        says(2, "zylka", site="zylka.fr", town=CASSIS),
        says(1, "zylka", town=MARSEILLE),
        says(3, "zylka"),
        says(3, "pneus garcin"),
        says(4, "garage dupuis", "zylka"),
    )
    assert found[:2] == [(2, "GROUP_NAME", "groupe zylka"), (3, "SAME_SIGN", "zylka")]


def test_what_is_hidden_relates_nobody() -> None:
    assert related(says(1, "zylka", site="zylka.fr"), Presence(supplier=2)) == []
    assert Neighbourhood(()).related(1) == []


def test_the_number_is_bounded() -> None:
    many = [says(number, f"zylka {number}", site="zylka.fr") for number in range(2, MOST + 20)]
    found = related(says(1, "zylka", site="zylka.fr"), *many)
    assert [supplier for supplier, _, _ in found] == list(range(2, MOST + 2))


def test_what_is_looked_for() -> None:
    wanted = shared([says(1, "zylka bois aubagne", "menuiserie", site="zylka.fr"), says(1, "groupe zylka")])
    assert wanted.sites == {"zylka.fr"}
    assert wanted.beginnings == {"zylka bois", "zylka"}
    assert {"zylka bois", "zylka", "groupe zylka", "zylka holding", "holding zylka bois"} <= wanted.names
    assert not any("menuiserie" in name or "aubagne" in name for name in wanted.names)
