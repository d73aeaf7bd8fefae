"""Related suppliers, as far as the caller may see what relates them."""

from typing import Any

import pytest

from directory.disclosure import Role
from directory.records import Disclosure
from schema import ids
from tests.schema.schema_house import MARTIN, House, address, member
from tests.schema.test_schema_statements import counted

STRANGERS = (Role.PUBLIC, Role.PARTNER, Role.BUYER)
CASSIS, MARSEILLE = address("3 quai Nord", "13260", "Cassis"), address("9 rue Longue", "13001", "Marseille")
AUBAGNE, LA_CIOTAT = address("12 rue Haute", "13400", "Aubagne"), address("1 rue Neuve", "13600", "La Ciotat")
SITE = "https://zylka.example/"
# Suppliers 1 to 4, in this order: a group, two branches, and one that has nothing to do with them.
GROUP = (
    member("chambre", "G", "Groupe Zylka", siren=MARTIN, address=AUBAGNE, website=SITE, legal_form="SAS"),
    member("chambre", "B", "Zylka Cassis", siren="552100554", address=CASSIS, website=SITE, legal_form="SARL"),
    member("chambre", "C", "Zylka", siren="356000000", address=MARSEILLE, legal_form="SARL"),
    member("chambre", "D", "Menuiserie Durand", siren="775670417", address=AUBAGNE, legal_form="SARL"),
)
QUERY = """query($by: SupplierKey!, $first: Int) { supplier(by: $by) {
  relatedSuppliers(first: $first) { supplier { id name } reason detail }
} }"""


@pytest.fixture
async def group(house: House) -> House:
    """A hub that knows a group and its branches."""
    await house.take_in(GROUP)
    return house


async def related(house: House, siren: str, role: Role = Role.PUBLIC, **more: Any) -> list[tuple[str, str, str]]:
    answer = await house.ask(QUERY, role, by={"siren": siren}, **more)
    assert "errors" not in answer, answer
    found = answer["data"]["supplier"]["relatedSuppliers"]
    return [(each["supplier"]["name"], each["reason"], each["detail"]) for each in found]


async def test_a_group_its_branches_and_a_chain_of_three_towns(group: House) -> None:
    assert await related(group, MARTIN) == [("Zylka Cassis", "GROUP_NAME", "groupe zylka")]
    assert await related(group, "552100554") == [("Groupe Zylka", "GROUP_NAME", "groupe zylka")]
    assert await related(group, "775670417") == []
    more = [
        member("cmar", "Z1", "Zylka", trade_names=("Pneus Garcin",), siren="542065479", address=AUBAGNE),
        member("cmar", "Z2", "Zylka", trade_names=("Garage Dupuis",), siren="552032534", address=LA_CIOTAT),
    ]
    await group.take_in([*GROUP, *more])
    chain = [("Zylka Cassis", "SAME_SIGN", "zylka"), ("Zylka", "SAME_SIGN", "zylka"), ("Zylka", "SAME_SIGN", "zylka")]
    assert await related(group, "356000000") == chain


async def test_so_many_as_are_asked_for(group: House) -> None:
    assert await related(group, MARTIN, first=0) == []
    assert len(await related(group, MARTIN, first=1)) == 1
    assert len(await related(group, MARTIN, first=None)) == 1
    answer = await group.ask(QUERY, by={"siren": MARTIN}, first=101)
    (error,) = answer["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("`first` is a number from 0 to 100.", "BAD_INPUT")
    assert error["path"] == ["supplier", "relatedSuppliers"]


async def numbers(house: House) -> dict[str, int]:
    query = "query($by: SupplierKey!) { supplier(by: $by) { id } }"
    found = {}
    for siren in (MARTIN, "552100554"):
        supplier = (await house.ask(query, Role.STEWARD, by={"siren": siren}))["data"]["supplier"]
        found[siren] = ids.number_of("Supplier", supplier["id"])
    return found


@pytest.mark.parametrize("role", STRANGERS)
async def test_one_that_opted_out_is_related_to_nobody(group: House, role: Role) -> None:
    await group.disclose((await numbers(group))["552100554"], Disclosure.OPTED_OUT)
    assert await related(group, MARTIN, role) == []
    assert len(await related(group, MARTIN, Role.STEWARD)) == 1


@pytest.mark.parametrize("role", STRANGERS)
async def test_a_site_and_an_address_that_are_masked_relate_nobody(group: House, role: Role) -> None:
    """Of either side: a legal person keeps its name under partial diffusion, and a name alone makes no group."""
    for siren in (MARTIN, "552100554"):
        await group.take_in(GROUP)
        await group.disclose((await numbers(group))[siren], Disclosure.PARTIAL)
        assert await related(group, MARTIN, role) == []
        assert await related(group, "552100554", role) == []
        assert len(await related(group, MARTIN, Role.STEWARD)) == 1
        await group.disclose((await numbers(group))[siren], Disclosure.FULL)


async def test_a_page_of_suppliers_costs_as_many_statements_as_one(group: House) -> None:
    query = (
        "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Supplier { relatedSuppliers { reason supplier { name } } } } }"
    )
    known = list((await numbers(group)).values())
    costs = []
    for wanted in (known[:1], known):
        with counted() as statements:
            answer = await group.ask(query, ids=[ids.encode("Supplier", number) for number in wanted])
        assert len(answer["data"]["nodes"]) == len(wanted)
        costs.append(len(statements))
    assert costs == [6, 6]  # the suppliers, their listings, three look-ups, the suppliers found
