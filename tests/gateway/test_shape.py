"""What a document may look like before anything of it is validated or executed."""

import pytest
from graphql import GraphQLError, get_introspection_query, parse

from gateway.examples import EXAMPLES
from gateway.shape import Bounds, check

BOUNDS = Bounds(depth=10, fields=500, roots=20)


def refusal(document: str) -> str | None:
    """Why the document is refused; ``None`` when it is within bounds."""
    try:
        check(parse(document), BOUNDS)
    except GraphQLError as error:
        return error.message
    return None


def nested(levels: int) -> str:
    return "{" + "a{" * (levels - 1) + "b" + "}" * levels


@pytest.mark.parametrize(
    "document", [get_introspection_query(input_value_deprecation=True), *(e.query for e in EXAMPLES)]
)
def test_what_tools_and_newcomers_ask_is_within_bounds(document: str) -> None:
    assert refusal(document) is None
    assert refusal(nested(10)) is None


def test_suppliers_of_listings_of_suppliers_come_to_an_end() -> None:
    document = "{suppliers{nodes" + "{listings{supplier" * 4 + "{name}" + "}}" * 4 + "}}"
    assert refusal(document) == "The document is more than 10 levels deep; ask in several requests."


def test_depth_counts_through_fragments_and_inline_fragments() -> None:
    deep = "The document is more than 10 levels deep; ask in several requests."
    assert refusal("{a{b{c{d{e{...f}}}}}} fragment f on X {g{h{i{j{k{l}}}}}}") == deep
    assert refusal("{" + "...{" * 11 + "a" + "}" * 12) == deep


def test_introspection_is_bounded_too() -> None:
    document = "{__schema{types" + "{fields{type" * 10 + "{name}" + "}}" * 10 + "}}"
    assert refusal(document) == "The document is more than 20 levels deep; ask in several requests."


def test_fragments_that_double_each_other_are_measured_once() -> None:
    chain = " ".join(f"fragment f{number} on Query {{...f{number + 1} ...f{number + 1}}}" for number in range(60))
    asked = 2**60
    assert refusal(f"{{...f0}} {chain} fragment f60 on Query {{a}}") == (
        f"The document asks for {asked} fields; ask for at most 500."
    )


def test_fragments_that_spread_themselves_are_left_to_validation() -> None:
    assert refusal("{...f} fragment f on Query {a ...g} fragment g on Query {...f}") is None


def test_many_roots_and_many_fragments_are_refused() -> None:
    roots = " ".join(f"a{number}: suppliers{{totalCount}}" for number in range(21))
    assert refusal(f"{{{roots}}}") == "The operation has 21 root fields; ask for at most 20 at once."
    fragments = " ".join(f"fragment f{number} on X {{a}}" for number in range(101))
    assert refusal(f"{{a}} {fragments}") == "The document has 101 fragments; at most 100 are read."
