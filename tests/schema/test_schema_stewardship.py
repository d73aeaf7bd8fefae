"""What stewards decide about matches and values, and that a decision that is refused has changed nothing at all."""

from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from directory.disclosure import Role
from directory.records import Disclosure
from directory.store.database import Database
from directory.store.decisions import decision, decision_listing
from directory.store.listings import listing
from directory.store.reviews import match_review
from directory.store.state import state
from directory.store.suppliers import membership, supplier, supplier_alias, supplier_change
from schema import Caller, ids
from tests.schema.schema_house import MARTIN, MEMBERS, House
from tests.schema.test_schema_match_review import FORBIDDEN, NOT_STEWARDS, STEWARD, asked, numbers, question, three

SAID = "Vu au téléphone."
STALE = "It has changed since you looked at it; look again, then decide."
PAYLOAD = """fragment Done on SupplierPayload {
  supplier { id name } suppliers { id listings { externalId } }
  decisions { id kind author reason at field isUndone undoes { kind } listings { externalId partner { code } } }
  userErrors { field code message }
}"""
MERGE = """mutation($into: ID!, $from: [ID!]!, $versions: [String!]!, $reason: String!) {
  done: supplierMerge(into: $into, from: $from, versions: $versions, reason: $reason) { ...Done }
}"""
SPLIT = """mutation($id: ID!, $listings: [ID!]!, $version: String!, $reason: String!) {
  done: supplierSplit(id: $id, listings: $listings, version: $version, reason: $reason) { ...Done }
}"""
MOVE = """mutation($listing: ID!, $to: ID!, $versions: [String!]!, $reason: String!) {
  done: listingMove(listing: $listing, to: $to, versions: $versions, reason: $reason) { ...Done }
}"""
PIN = """mutation($id: ID!, $field: SupplierField!, $fromListing: ID!, $version: String!, $reason: String!) {
  done: supplierPinField(id: $id, field: $field, fromListing: $fromListing, version: $version, reason: $reason) {
    ...Done
  }
}"""
UNPIN = """mutation($id: ID!, $field: SupplierField!, $version: String!, $reason: String!) {
  done: supplierUnpinField(id: $id, field: $field, version: $version, reason: $reason) { ...Done }
}"""
UNDO = "mutation($id: ID!, $reason: String!) { done: decisionUndo(id: $id, reason: $reason) { ...Done } }"
DECIDE = """mutation($review: ID!, $decision: MatchAnswer!, $version: String!, $reason: String!) {
  done: matchDecide(review: $review, decision: $decision, version: $version, reason: $reason) { ...Done }
}"""
DECIDE_MANY = """mutation($decisions: [MatchDecisionInput!]!, $reason: String!) {
  done: matchDecideMany(decisions: $decisions, reason: $reason) { ...Done }
}"""
MARTINS, DURAND = ids.encode("Supplier", 1), ids.encode("Supplier", 2)


async def everything(database: Database) -> list[Any]:
    """Every row that a decision could touch."""
    tables = (
        decision,
        decision_listing,
        listing,
        membership,
        supplier,
        supplier_alias,
        supplier_change,
        match_review,
        state,
    )
    async with database.reading() as connection:
        return [(await connection.execute(select(table))).all() for table in tables]


async def done(house: House, query: str, **variables: Any) -> Any:
    """The payload of a mutation that is answered."""
    answer = await house.ask(query + PAYLOAD, STEWARD, **{"reason": SAID, **variables})
    assert "errors" not in answer
    return answer["data"]["done"]


async def refused(house: House, query: str, **variables: Any) -> list[dict[str, Any]]:
    """The user errors of a mutation that changes nothing."""
    before = await everything(house.database)
    answer = await done(house, query, **variables)
    assert (answer["supplier"], answer["suppliers"], answer["decisions"]) == (None, [], [])
    assert await everything(house.database) == before
    errors: list[dict[str, Any]] = answer["userErrors"]
    return errors


def fault(argument: str, code: str, message: str) -> list[dict[str, Any]]:
    return [{"field": [argument], "code": code, "message": message}]


async def version(house: House, opaque: str) -> str:
    answer = await house.ask("query($id: ID!) { supplier(by: {id: $id}) { version } }", STEWARD, id=opaque)
    return str(answer["data"]["supplier"]["version"])


async def versions(house: House, *opaque: str) -> list[str]:
    return [await version(house, each) for each in opaque]


async def listing_id(house: House, external_id: str) -> str:
    return ids.encode("Listing", (await numbers(house))[external_id])


def made_of(answer: Any) -> list[list[str]]:
    """The listings of each supplier in an answer."""
    return [[each["externalId"] for each in one["listings"]] for one in answer["suppliers"]]


async def merged(house: House) -> Any:
    both = await versions(house, MARTINS, DURAND)
    return await done(house, MERGE, into=MARTINS, **{"from": [DURAND]}, versions=both)


async def test_suppliers_are_merged_and_the_answer_shows_it(house: House) -> None:
    house.clock.forward(minutes=10)
    answer = await merged(house)
    (kept,) = answer["decisions"]
    assert answer["supplier"] == {"id": MARTINS, "name": "PLOMBERIE MARTIN"}
    assert made_of(answer) == [["C1", "M1", "M2", "P1"]]
    assert kept == {
        "id": kept["id"],
        "kind": "MERGE",
        "author": "Anne",
        "reason": SAID,
        "at": "2026-11-20T08:10:00Z",
        "field": None,
        "isUndone": False,
        "undoes": None,
        "listings": [
            {"externalId": "C1", "partner": {"code": "chambre"}},
            {"externalId": "M1", "partner": {"code": "cmar"}},
            {"externalId": "M2", "partner": {"code": "cmar"}},
            {"externalId": "P1", "partner": {"code": "cpme13"}},
        ],
    }
    found = await house.ask("query($id: ID!) { supplier(by: {id: $id}) { id mergedIds } }", id=DURAND)
    assert found == {"data": {"supplier": {"id": MARTINS, "mergedIds": [DURAND]}}}


async def test_the_small_supplier_stays_when_it_is_named(house: House) -> None:
    both = await versions(house, DURAND, MARTINS)
    answer = await done(house, MERGE, into=DURAND, **{"from": [MARTINS]}, versions=both)
    assert [each["id"] for each in answer["suppliers"]] == [DURAND]


async def test_two_sirens_are_refused_by_name(house: House) -> None:
    other = "552100554"
    await house.take_in([replace(each, siren=other) if each.external_id == "M2" else each for each in MEMBERS])
    both = await versions(house, MARTINS, DURAND)
    assert await refused(house, MERGE, into=MARTINS, **{"from": [DURAND]}, versions=both) == fault(
        "from", "CONFLICT", f"These are companies of different SIRENs, which are never one: {other}, {MARTIN}."
    )


async def test_a_supplier_is_split(house: House) -> None:
    gone = [await listing_id(house, "P1")]
    answer = await done(house, SPLIT, id=MARTINS, listings=gone, version=await version(house, MARTINS))
    assert made_of(answer) == [["C1", "M1"], ["P1"]]
    assert (answer["supplier"]["id"], [each["kind"] for each in answer["decisions"]]) == (MARTINS, ["SPLIT"])


async def test_a_listing_is_moved(house: House) -> None:
    moved = await listing_id(house, "M2")
    both = await versions(house, DURAND, MARTINS)
    answer = await done(house, MOVE, listing=moved, to=MARTINS, versions=both)
    assert made_of(answer) == [["C1", "M1", "M2", "P1"]]


async def test_a_decision_is_undone_and_both_stay_on_record(house: House) -> None:
    (kept,) = (await merged(house))["decisions"]
    answer = await done(house, UNDO, id=kept["id"])
    assert made_of(answer) == [["C1", "M1", "P1"], ["M2"]]
    assert [(each["kind"], each["undoes"]) for each in answer["decisions"]] == [("UNDO", {"kind": "MERGE"})]
    history = '{ supplier(by: {siren: "732829320"}) { decisions { kind isUndone undoneBy { kind } } } }'
    found = await house.ask(history, STEWARD)
    assert found["data"]["supplier"]["decisions"] == [
        {"kind": "UNDO", "isUndone": False, "undoneBy": None},
        {"kind": "MERGE", "isUndone": True, "undoneBy": {"kind": "UNDO"}},
    ]
    assert await refused(house, UNDO, id=kept["id"]) == fault("id", "CONFLICT", "This decision is undone already.")


async def test_a_stale_view_is_refused(house: House) -> None:
    both = await versions(house, MARTINS, DURAND)
    gone = [await listing_id(house, "P1")]
    await done(house, SPLIT, id=MARTINS, listings=gone, version=both[0])
    assert await refused(house, MERGE, into=MARTINS, **{"from": [DURAND]}, versions=both) == fault(
        "versions", "STALE_VERSION", STALE
    )
    again = {"id": MARTINS, "listings": [await listing_id(house, "M1")], "version": both[0]}
    assert await refused(house, SPLIT, **again) == fault("version", "STALE_VERSION", STALE)


FIELD = '{ supplier(by: {siren: "732829320"}) { website name %s provenance(fields: [NAME]) { value rule } } }'


async def test_a_field_is_pinned_shown_and_let_go(house: House) -> None:
    source = await listing_id(house, "P1")
    pinned = {"id": MARTINS, "field": "NAME", "fromListing": source, "version": await version(house, MARTINS)}
    answer = await done(house, PIN, **pinned)
    assert answer["supplier"] == {"id": MARTINS, "name": "Martin chauffage"}
    query = FIELD % "pins { field isObeyed listing { externalId listing { id } } decision { kind reason } }"
    found = (await house.ask(query, STEWARD))["data"]["supplier"]
    assert found["provenance"] == [{"value": "Martin chauffage", "rule": "PINNED_BY_STEWARD"}]
    listed = {"externalId": "P1", "listing": {"id": source}}
    assert found["pins"] == [
        {"field": "NAME", "isObeyed": True, "listing": listed, "decision": {"kind": "PIN", "reason": SAID}}
    ]
    let_go = {"id": MARTINS, "field": "NAME", "version": await version(house, MARTINS)}
    answer = await done(house, UNPIN, **let_go)
    assert answer["supplier"]["name"] == "PLOMBERIE MARTIN"
    let_go["version"] = await version(house, MARTINS)
    assert await refused(house, UNPIN, **let_go) == fault("field", "CONFLICT", "NAME is not pinned.")


async def test_a_pin_whose_listing_left_is_not_obeyed_but_listed(house: House) -> None:
    source = await listing_id(house, "P1")
    await done(house, PIN, id=MARTINS, field="NAME", fromListing=source, version=await version(house, MARTINS))
    await done(house, SPLIT, id=MARTINS, listings=[source], version=await version(house, MARTINS))
    query = """query($id: ID!) { supplier(by: {id: $id}) {
      name pins { isObeyed listing { externalId } } decisions { kind }
    } }"""
    found = (await house.ask(query, STEWARD, id=MARTINS))["data"]["supplier"]
    assert found == {
        "name": "PLOMBERIE MARTIN",
        "pins": [{"isObeyed": False, "listing": {"externalId": "P1"}}],
        "decisions": [{"kind": "SPLIT"}, {"kind": "PIN"}],
    }


async def test_a_listing_that_says_nothing_of_the_field_is_no_source(house: House) -> None:
    source = await listing_id(house, "P1")
    pinned = {"id": MARTINS, "fromListing": source, "version": await version(house, MARTINS)}
    assert await refused(house, PIN, **pinned, field="DESCRIPTION") == fault(
        "fromListing", "INVALID", "This listing says nothing of DESCRIPTION."
    )
    pinned["fromListing"] = await listing_id(house, "M2")
    assert await refused(house, PIN, **pinned, field="NAME") == fault(
        "fromListing", "INVALID", "This is not a listing of this supplier."
    )


async def test_a_pin_never_shows_what_partial_diffusion_hides(house: House) -> None:
    source = await listing_id(house, "C1")
    for field in ("NAME", "ADDRESS", "WEBSITE"):
        await done(house, PIN, id=MARTINS, field=field, fromListing=source, version=await version(house, MARTINS))
    await house.disclose(1, Disclosure.PARTIAL)
    query = '{ supplier(by: {siren: "732829320"}) { website headOffice { address { lines } } provenance { field } } }'
    found = (await house.ask(query))["data"]["supplier"]
    assert (found["website"], found["headOffice"]) == (None, {"address": None})
    assert not {"ADDRESS", "WEBSITE"} & {each["field"] for each in found["provenance"]}


async def one_question(house: House) -> tuple[str, str]:
    """The id and the version of a question about the Chambre's Martin and Durand."""
    row = await numbers(house)
    await asked(house, question(row["C1"], row["M2"]))
    answer = await house.ask("{ matchReviews { nodes { id version } } }", STEWARD)
    (node,) = answer["data"]["matchReviews"]["nodes"]
    return node["id"], node["version"]


@pytest.mark.parametrize(
    ("decision", "kind", "suppliers"),
    [("CONFIRMED", "CONFIRM", [["C1", "M1", "M2", "P1"]]), ("REJECTED", "REJECT", [["C1", "M1", "P1"], ["M2"]])],
)
async def test_a_question_is_answered_once(house: House, decision: str, kind: str, suppliers: list[list[str]]) -> None:
    review, seen = await one_question(house)
    answer = await done(house, DECIDE, review=review, decision=decision, version=seen)
    assert made_of(answer) == suppliers
    assert [(each["kind"], len(each["listings"])) for each in answer["decisions"]] == [(kind, 2)]
    assert await refused(house, DECIDE, review=review, decision=decision, version=seen) == fault(
        "review", "NOT_FOUND", "This pair does not wait for a decision (any more)."
    )


async def test_an_answer_to_what_was_seen_otherwise_is_refused(house: House) -> None:
    review, _ = await one_question(house)
    assert await refused(house, DECIDE, review=review, decision="CONFIRMED", version="old") == fault(
        "version", "STALE_VERSION", STALE
    )


async def test_many_are_answered_together_or_none(house: House) -> None:
    reviews = await three(house)
    answer = await house.ask("{ matchReviews { nodes { id version } } }", STEWARD)
    seen = {each["id"]: each["version"] for each in answer["data"]["matchReviews"]["nodes"]}
    said = [{"review": each, "decision": "REJECTED", "version": seen[each]} for each in reviews]
    wrong = [*said[:2], {**said[2], "version": "old"}]
    assert await refused(house, DECIDE_MANY, decisions=wrong) == [
        {"field": ["decisions", "2", "version"], "code": "STALE_VERSION", "message": STALE}
    ]
    assert await refused(house, DECIDE_MANY, decisions=[said[0], said[0]]) == [
        {"field": ["decisions", "1", "review"], "code": "INVALID", "message": "The same question is answered twice."}
    ]
    assert await refused(house, DECIDE_MANY, decisions=[]) == fault("decisions", "INVALID", "Give at least one answer.")
    assert await refused(house, DECIDE_MANY, decisions=said[:1] * 101) == fault(
        "decisions", "TOO_MANY", "101 answers are too many at once; give at most 100."
    )
    answer = await done(house, DECIDE_MANY, decisions=said)
    assert [each["kind"] for each in answer["decisions"]] == ["REJECT"] * 3
    assert made_of(answer) == [["C1", "M1", "P1"], ["M2"]]


async def test_what_is_not_there(house: House) -> None:
    nobody = ids.encode("Supplier", 99)
    for query, variables, expected in (
        (
            MERGE,
            {"into": nobody, "from": [MARTINS], "versions": ["", ""]},
            fault("into", "NOT_FOUND", "There is no such supplier any more."),
        ),
        (
            MOVE,
            {"listing": ids.encode("Listing", 99), "to": MARTINS, "versions": ["", ""]},
            fault("listing", "NOT_FOUND", "There is no such listing any more."),
        ),
        (UNDO, {"id": ids.encode("Decision", 99)}, fault("id", "NOT_FOUND", "There is no such decision.")),
        (
            UNDO,
            {"id": MARTINS},
            fault("id", "INVALID", "This id is that of a Supplier; the id of a Decision is wanted here."),
        ),
        (
            SPLIT,
            {"id": MARTINS, "listings": ["x"], "version": ""},
            fault("listings", "INVALID", ids.NOT_OURS),
        ),
        (
            DECIDE,
            {"review": MARTINS, "decision": "REJECTED", "version": ""},
            fault("review", "INVALID", "This id is that of a Supplier; the id of a MatchReview is wanted here."),
        ),
    ):
        assert await refused(house, query, **variables) == expected


ARGUMENTS: dict[str, dict[str, Any]] = {
    MERGE: {"into": MARTINS, "from": [DURAND], "versions": ["", ""]},
    SPLIT: {"id": MARTINS, "listings": [], "version": ""},
    MOVE: {"listing": MARTINS, "to": MARTINS, "versions": []},
    PIN: {"id": MARTINS, "field": "NAME", "fromListing": MARTINS, "version": ""},
    UNPIN: {"id": MARTINS, "field": "NAME", "version": ""},
    UNDO: {"id": MARTINS},
    DECIDE: {"review": MARTINS, "decision": "REJECTED", "version": ""},
    DECIDE_MANY: {"decisions": [{"review": MARTINS, "decision": "REJECTED", "version": ""}]},
}


@pytest.mark.parametrize("query", ARGUMENTS)
async def test_a_decision_needs_a_reason(house: House, query: str) -> None:
    assert await refused(house, query, **ARGUMENTS[query], reason=" ") == fault(
        "reason", "INVALID", "Say why; the reason is kept with the decision."
    )


@pytest.mark.parametrize("caller", NOT_STEWARDS)
async def test_nobody_but_stewards_decides(house: House, caller: Caller | Role) -> None:
    before = await everything(house.database)
    for query, arguments in ARGUMENTS.items():
        answer = await house.ask(query + PAYLOAD, caller, reason=SAID, **arguments)
        assert answer["data"] is None
        (error,) = answer["errors"]
        assert (error["message"], error["path"], error["extensions"]) == (FORBIDDEN, ["done"], {"code": "FORBIDDEN"})
    assert await everything(house.database) == before


async def test_a_decision_is_found_again_by_stewards_alone(house: House) -> None:
    (kept,) = (await merged(house))["decisions"]
    query = "query($id: ID!) { node(id: $id) { id ... on Decision { kind number } } }"
    answer = await house.ask(query, STEWARD, id=kept["id"])
    number = ids.number_of("Decision", kept["id"])
    assert answer == {"data": {"node": {"id": kept["id"], "kind": "MERGE", "number": number}}}
    for caller in NOT_STEWARDS:
        assert await house.ask(query, caller, id=kept["id"]) == {"data": {"node": None}}
