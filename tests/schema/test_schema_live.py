"""One listing, and its member as the partner has it now: what is said of it, and what is shown of it to whom."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from directory.disclosure import Role
from directory.harvest import harvest
from directory.intake import prepare
from directory.pausing import pause
from directory.records import Contact, Disclosure, Listing, PartnerInfo, PartnerKind
from directory.resolution import resolve
from schema import Caller, ids
from schema.context import LiveReading, NotLive
from tests.harvesting import LAX
from tests.schema.schema_house import MARTIN, MEMBERS, SCHEMA, Ask, House, Source, member

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LISTING = """query($partner: ID!, $id: String!) { listing(partner: $partner, externalId: $id) {
  id externalId name supplier { id }
  live { source readAt problem record { name siren description website contact { phone } address { commune } } }
} }"""
BY_NAME = {each.external_id: each for each in MEMBERS}


class Members:
    """Partners whose members are at hand; whoever is asked for is noted."""

    def __init__(self, now: Mapping[str, Listing | NotLive | None], *, most: int = 3, is_kept: bool = False) -> None:
        self.most = most
        self.asked: list[tuple[str, str]] = []
        self._now = now
        self._is_kept = is_kept

    async def member(self, partner: str, external_id: str) -> LiveReading:
        self.asked.append((partner, external_id))
        found = self._now[external_id]
        if isinstance(found, NotLive):
            raise found
        return LiveReading(read_at=NOW, listing=found and prepare(found).listing, is_kept=self._is_kept)


async def live(house: House, caller: Caller | Role = Role.BUYER, external_id: str = "M2") -> Any:
    answer = await house.ask(LISTING, caller, partner="cmar", id=external_id)
    assert "errors" not in answer
    return answer["data"]["listing"]["live"]


async def test_a_listing_by_its_partners_own_id(ask: Ask) -> None:
    query = "query($p: ID!, $id: String!) { listing(partner: $p, externalId: $id) { id supplier { name } } }"
    shown = {"listing": {"id": ids.encode("Listing", 2), "supplier": {"name": "PLOMBERIE MARTIN"}}}
    for partner in ("cmar", ids.encode("Partner", "cmar")):
        assert await ask(query, p=partner, id="M1") == {"data": shown}
    for partner, external_id in (("cmar", "C1"), ("nobody", "M1"), ("cmar", ""), ("cmar", "M1\0"), ("cm\0ar", "M1")):
        assert await ask(query, p=partner, id=external_id) == {"data": {"listing": None}}


async def test_one_that_opted_out_is_no_listing_and_is_not_asked_for(house: House) -> None:
    await house.disclose(2, Disclosure.OPTED_OUT)
    house.live = members = Members(BY_NAME)
    for caller in (Role.PUBLIC, Role.BUYER):
        answer = await house.ask(LISTING, caller, partner="cmar", id="M2")
        assert answer == {"data": {"listing": None}}
    assert members.asked == []
    assert (await live(house, Role.STEWARD))["record"]["name"] == "Menuiserie Durand"


@pytest.mark.parametrize(("is_kept", "source"), [(False, "LIVE"), (True, "CACHED")])
async def test_what_the_partner_says_now(house: House, is_kept: bool, source: str) -> None:
    changed = replace(BY_NAME["M2"], name="Ébénisterie Durand", contact=Contact(phone="+33442999999"))
    house.live = Members({"M2": changed}, is_kept=is_kept)
    assert await live(house) == {
        "source": source,
        "readAt": "2026-11-23T09:30:00Z",
        "problem": None,
        "record": {
            "name": "Ébénisterie Durand",
            "siren": None,
            "description": None,
            "website": None,
            "contact": {"phone": "+33442999999"},
            "address": {"commune": "Aubagne"},
        },
    }


async def test_a_member_that_is_gone_is_said_to_be(house: House) -> None:
    house.live = Members({"M2": None})
    assert await live(house) == {
        "source": "LIVE",
        "readAt": "2026-11-23T09:30:00Z",
        "problem": "The partner has no such member any more.",
        "record": None,
    }


async def test_what_was_harvested_is_given_where_the_partner_cannot_be_asked(house: House) -> None:
    sentence, cause = "CMAR does not answer; …", "partners.cmar.password is wrong; …"
    house.live = Members({"M2": NotLive(sentence, cause)})
    for caller, problem in ((Role.BUYER, sentence), (Role.STEWARD, cause)):
        found = await live(house, caller)
        assert (found["source"], found["readAt"], found["problem"]) == ("HARVESTED", "2026-11-20T08:00:00Z", problem)
        assert (found["record"]["name"], found["record"]["address"]) == ("Menuiserie Durand", {"commune": "Aubagne"})


async def test_without_partners_nothing_is_live(house: House) -> None:
    found = await live(house)
    assert (found["source"], found["problem"]) == (
        "HARVESTED",
        "This hub asks no partner; what was last harvested is shown.",
    )


async def test_a_paused_partner_is_not_asked(house: House) -> None:
    house.live = members = Members(BY_NAME)
    await pause(house.database, "cmar", paused=True, author="Anne", reason="En travaux.", clock=house.clock)
    found = await live(house)
    assert (found["source"], found["problem"]) == (
        "HARVESTED",
        "A steward has paused CMAR; what was last harvested is shown.",
    )
    assert members.asked == []


async def test_one_request_asks_for_so_many(house: House) -> None:
    house.live = members = Members(BY_NAME, most=2)
    answer = await house.ask("{ suppliers { nodes { listings { externalId live { source problem } } } } }", Role.BUYER)
    found = [each["live"] for node in answer["data"]["suppliers"]["nodes"] for each in node["listings"]]
    beyond = {"source": "HARVESTED", "problem": "One request may look up 2 members; what was last harvested is shown."}
    assert sorted(each["source"] for each in found) == ["HARVESTED", "HARVESTED", "LIVE", "LIVE"]
    assert found.count(beyond) == 2
    assert len(members.asked) == 2


async def test_an_answer_with_a_look_up_is_of_this_moment(house: House) -> None:
    for query, is_fleeting in (
        ('{ listing(partner: "cmar", externalId: "M2") { name } }', False),
        ('{ listing(partner: "cmar", externalId: "M2") { live { source } } }', True),
    ):
        context = house.context()
        await SCHEMA.execute(query, context_value=context)
        assert context.is_fleeting is is_fleeting


async def test_the_public_sees_no_contact_live_either(house: House) -> None:
    told = replace(
        BY_NAME["M2"], contact=Contact(phone="+33442999999"), description="Appelez le 04 42 99 99 99 le matin."
    )
    house.live = Members({"M2": told})
    record = (await live(house, Role.PUBLIC))["record"]
    assert (record["contact"], record["description"]) == (None, "Appelez le […] le matin.")


HIDDEN = {"name": "[ND]", "siren": None, "description": None, "website": None, "contact": None, "address": None}


async def test_partial_diffusion_holds_for_what_is_read_live_and_for_what_is_stored(house: House) -> None:
    await house.disclose(2, Disclosure.PARTIAL)
    told = replace(BY_NAME["M2"], website="https://durand.example", contact=Contact(phone="+33442999999"))
    for now in (told, NotLive("CMAR does not answer; …")):
        house.live = Members({"M2": now})
        assert (await live(house))["record"] == HIDDEN
        assert (await live(house, Role.STEWARD))["record"]["name"] == "Menuiserie Durand"


async def test_what_the_partner_itself_says_of_diffusion_holds_at_once(house: House) -> None:
    house.live = Members({"M2": replace(BY_NAME["M2"], disclosure=Disclosure.PARTIAL)})
    assert (await live(house))["record"] == HIDDEN
    house.live = Members({"M2": replace(BY_NAME["M2"], disclosure=Disclosure.OPTED_OUT)})
    found = await live(house)
    assert (found["source"], found["problem"]) == (
        "HARVESTED",
        "What the partner says of it now is not to be shown; what was last harvested is.",
    )


@pytest.mark.parametrize(("disclosure", "is_shown"), [(Disclosure.PARTIAL, True), (Disclosure.OPTED_OUT, False)])
async def test_a_record_that_has_become_another_companys_is_shown_as_that_one(
    house: House, disclosure: Disclosure, is_shown: bool
) -> None:
    await house.disclose(1, disclosure)
    house.live = Members({"M2": member("cmar", "M2", "Martin", siren=MARTIN, website="https://martin.example")})
    found = await live(house)
    if is_shown:
        assert (found["source"], found["record"]["website"]) == ("LIVE", None)
    else:
        assert (found["source"], found["record"]["name"]) == ("HARVESTED", "Menuiserie Durand")
    assert (await live(house, Role.STEWARD))["record"]["website"] == "https://martin.example"


REGISTER = PartnerInfo(id="sirene", name="Sirene", organisation="INSEE", kind=PartnerKind.REGISTER)
UNHEARD_OF = "443061841"


async def register_says(house: House, *listings: Listing) -> None:
    await harvest(house.database, Source(listings), REGISTER, clock=house.clock, guard=LAX)
    await resolve(house.database, clock=house.clock)


@pytest.mark.parametrize(("siren", "in_the_end"), [(MARTIN, "Menuiserie Durand"), (UNHEARD_OF, "[ND]")])
async def test_a_sole_trader_is_masked_until_a_register_has_spoken_of_her(
    house: House, siren: str, in_the_end: str
) -> None:
    """As in what is harvested: the partner may say now that the member is one, or whose number it bears."""
    now = member("cmar", "M2", "Menuiserie Durand", siren=siren, legal_form="Entrepreneur individuel")
    house.live = Members({"M2": now})
    assert (await live(house))["record"]["name"] == "Menuiserie Durand"  # nobody could ever speak
    await register_says(house, member("sirene", "552100554", "AUTRE", siren="552100554", disclosure=Disclosure.FULL))
    assert (await live(house))["record"] == {**HIDDEN, "siren": siren}
    assert (await live(house, Role.STEWARD))["record"]["name"] == "Menuiserie Durand"
    house.live = Members({"M2": replace(now, legal_form="SARL")})
    assert (await live(house))["record"]["name"] == "Menuiserie Durand"
    house.live = Members({"M2": now})
    await register_says(house, member("sirene", siren, "DURAND", siren=siren, disclosure=Disclosure.FULL))
    assert (await live(house))["record"]["name"] == in_the_end  # a company that no partner lists is not looked for
