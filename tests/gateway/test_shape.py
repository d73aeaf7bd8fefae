"""What a document may look like before anything of it is validated or executed."""

import time

import pytest
from graphql import GraphQLError, OperationDefinitionNode, get_introspection_query, parse

from gateway.examples import EXAMPLES
from gateway.merging import pairs
from gateway.nodes import fragments_of
from gateway.settings_limits import Limits
from gateway.shape import UNCOUNTED, read

LIMITS = Limits()
CHAIN = " ".join(f"fragment f{n} on Query {{...f{n + 1} ...f{n + 1}}}" for n in range(20))
HOSTILE = f"{{...f0}} {CHAIN} fragment f20 on Query {{partners}}"


def refusal(document: str, limits: Limits = LIMITS) -> tuple[str, str] | None:
    """Code and sentence with which the document is refused; ``None`` when it is within the limits."""
    try:
        read(document, limits)
    except GraphQLError as error:
        return (error.extensions or {})["code"], error.message
    return None


def nested(levels: int) -> str:
    return "{" + "a{" * (levels - 1) + "b" + "}" * levels


@pytest.mark.parametrize(
    "document", [get_introspection_query(input_value_deprecation=True), *(e.query for e in EXAMPLES), nested(10)]
)
def test_what_tools_and_newcomers_ask_is_within_limits(document: str) -> None:
    assert refusal(document) is None


def test_suppliers_of_listings_of_suppliers_come_to_an_end() -> None:
    document = "{suppliers{nodes" + "{listings{supplier" * 4 + "{name}" + "}}" * 4 + "}}"
    assert refusal(document) == (
        "TOO_DEEP",
        "The document has 11 levels of fields, and 10 are allowed: ask in several requests.",
    )


@pytest.mark.parametrize(
    "document", ["{a{b{c{d{e{...f}}}}}} fragment f on X {g{h{i{j{k{l}}}}}}", "{" + "...{" * 10 + "a" + "}" * 11]
)
def test_depth_counts_through_fragments_and_inline_fragments(document: str) -> None:
    assert refusal(document) == (
        "TOO_DEEP",
        "The document has 11 levels of fields, and 10 are allowed: ask in several requests.",
    )


@pytest.mark.parametrize("spread", [False, True])
def test_introspection_is_bounded_too(spread: bool) -> None:
    bomb = "{types" + "{fields{type" * 10 + "{name}" + "}}" * 10 + "}"
    document = f"{{__schema{{...f}}}} fragment f on __Schema {bomb}" if spread else f"{{__schema{bomb}}}"
    assert refusal(document) == (
        "TOO_DEEP",
        "The document has 23 levels of introspection, and 20 are allowed: ask in several requests.",
    )


def test_a_chain_of_deep_fragments_is_refused_and_no_fault_of_ours() -> None:
    """Read by functions that call themselves, it would go 1,900 levels deep."""
    chain = "".join(f"fragment f{n} on X {'{a' * 19}{{...f{n + 1}}}{'}' * 19}" for n in range(99))
    found = refusal(f"{{...f0}}{chain}fragment f99 on X {{a}}", Limits(document_tokens=20_000))
    assert found == (
        "TOO_DEEP",
        "The document has 1,882 levels of fields, and 10 are allowed: ask in several requests.",
    )


def test_the_document_of_772_bytes_is_refused_at_once() -> None:
    """Whoever opens every spread of it is busy for seconds; here twenty times are nothing."""
    assert len(HOSTILE) == 772
    began = time.process_time()
    found = [refusal(HOSTILE) for _ in range(20)]
    assert time.process_time() - began < 0.25
    assert set(found) == {
        ("TOO_MANY_FIELDS", f"The document has {2**20:,} fields, and 500 are allowed: ask in several requests.")
    }


def test_fragments_that_double_each_other_are_added_up_once_and_not_without_end() -> None:
    chain = " ".join(f"fragment f{number} on Query {{...f{number + 1} ...f{number + 1}}}" for number in range(60))
    assert refusal(f"{{...f0}} {chain} fragment f60 on Query {{a}}") == (
        "TOO_MANY_FIELDS",
        f"The document has more than {UNCOUNTED:,} fields, and 500 are allowed: ask in several requests.",
    )
    assert refusal(f"{{...f0}} {chain} fragment f60 on Query {{}}") == (
        "TOO_MANY_SPREADS",
        f"The document has more than {UNCOUNTED:,} fragments spread, and 200 are allowed: spread fewer.",
    )


@pytest.mark.parametrize(
    "fragments",
    [
        "fragment f on Query {a ...f}",
        "fragment f on Query {a ...g} fragment g on Query {...f}",
        "fragment f on Query {a{...g}} fragment g on X {a {...on X{...f}}}",
    ],
)
def test_fragments_that_spread_themselves_are_refused(fragments: str) -> None:
    sentence = "The fragment « f » spreads itself, directly or through others; take that out."
    assert refusal(f"{{...f}} {fragments}") == ("BAD_QUERY", sentence)
    assert refusal(f"{{a}} {fragments}") == ("BAD_QUERY", sentence)


@pytest.mark.parametrize("name", ["f", "f" * 1000])
def test_of_two_fragments_of_one_name_neither_is_read(name: str) -> None:
    """Validation reads both: the one would hide how large the other is."""
    fragments = f"fragment {name} on Query {{{'partners{code} ' * 1000}}} fragment {name} on Query {{a}}"
    sentence = f"Two fragments are called « {name[:64]} »; give each a name of its own."
    assert refusal(f"{{...{name}}} {fragments}") == ("BAD_QUERY", sentence)


def test_forty_fragments_that_all_spread_each_other_are_refused_at_once() -> None:
    """There are more ways through them than atoms in the world."""
    names = [f"f{n}" for n in range(40)]
    spreads = " ".join(f"...{name}" for name in names)
    began = time.process_time()
    found = refusal("{...f0}" + "".join(f"fragment {name} on X {{{spreads}}}" for name in names))
    assert time.process_time() - began < 0.25
    assert found is not None
    assert found[0] == "BAD_QUERY"


def test_a_fragment_that_is_missing_or_spread_by_nobody_is_left_to_validation() -> None:
    assert refusal("{...missing}") is None
    assert refusal("{a} fragment f on X {b}") is None


@pytest.mark.parametrize(
    ("document", "code", "sentence"),
    [
        (
            "{" + " ".join(f"a{n}: suppliers{{totalCount}}" for n in range(21)) + "}",
            "TOO_MANY_ROOT_FIELDS",
            "The document has 21 root fields, and 20 are allowed: ask in several requests.",
        ),
        (
            "{...f ...{a}} fragment f on Query {" + "a " * 20 + "}",
            "TOO_MANY_ROOT_FIELDS",
            "The document has 21 root fields, and 20 are allowed: ask in several requests.",
        ),
        (
            "{a}" + " ".join(f"fragment f{number} on X {{a}}" for number in range(101)),
            "TOO_MANY_FRAGMENTS",
            "The document has 101 fragments, and 100 are allowed: write fewer into one.",
        ),
        (
            "{s{" + " ".join(f"a{n}: b" for n in range(101)) + "}}",
            "TOO_MANY_ALIASES",
            "The document has 101 aliases, and 100 are allowed: ask in several requests.",
        ),
        (
            "{a" + " @skip(if: false)" * 51 + "}",
            "TOO_MANY_DIRECTIVES",
            "The document has 51 directives, and 50 are allowed: write fewer.",
        ),
        (
            "query ($v: Int @b) @a {...on Query @c {...f @d} ...f} fragment f on Query @e {" + "a @f " * 30 + "}",
            "TOO_MANY_DIRECTIVES",
            "The document has 66 directives, and 50 are allowed: write fewer.",
        ),
        (
            "{s{" + " ...on X{a}" * 201 + "}}",
            "TOO_MANY_SPREADS",
            "The document has 201 fragments spread, and 200 are allowed: spread fewer.",
        ),
        (
            "{s{" + "__typename " * 500 + "}}",
            "TOO_MANY_FIELDS",
            "The document has 501 fields, and 500 are allowed: ask in several requests.",
        ),
        (
            " ".join(f"query q{n} {{...f}}" for n in range(11))
            + "fragment f on Query {s{...{...on X{"
            + " ".join(f"a{n}" for n in range(470))
            + "}}}}",
            "TOO_MANY_FIELDS",
            "The document has 5,652 fields in all, and 5,000 are allowed: ask in several requests.",
        ),
        (
            "{s{" + "a " * 101 + "}}",
            "TOO_MANY_FIELDS",
            "The document has 5,050 pairs of fields that are one in the answer, and 5,000 are allowed: ask once.",
        ),
        (
            "{a(b: " + "[" * 11 + "]" * 11 + ")}",
            "VALUE_TOO_DEEP",
            "The document has 11 levels of lists and objects in a value, and 10 are allowed: flatten it.",
        ),
        (
            "query ($v: X = " + "{a: " * 11 + "1" + "}" * 11 + ") {a}",
            "VALUE_TOO_DEEP",
            "The document has 11 levels of lists and objects in a value, and 10 are allowed: flatten it.",
        ),
        (
            "{a @b(c: " + "[" * 11 + "]" * 11 + ")}",
            "VALUE_TOO_DEEP",
            "The document has 11 levels of lists and objects in a value, and 10 are allowed: flatten it.",
        ),
        (
            "#" * 65_534 + "é\n{a}",
            "DOCUMENT_TOO_LARGE",
            "The document has 65,540 bytes, and 65,536 are allowed: ask in several requests.",
        ),
    ],
)
def test_each_limit_is_named_with_the_figure_and_the_remedy(document: str, code: str, sentence: str) -> None:
    assert refusal(document) == (code, sentence)


@pytest.mark.parametrize(
    ("document", "count"),
    [
        ("{a b c}", 0),
        ("{a a: b a}", 3),
        ("{a ...{a ...on Query{a}}}", 3),
        ("{s{a} s{a}}", 2),
        ("{s{s{a}} s{s{a}} t{s{a}}}", 3),
        ("{s{...f ...f} s{...f}} fragment f on X {a b}", 1),
        ("{s{...f ...g}} fragment f on X {t{a}} fragment g on X {t{a} ...f}", 2),
        ("{...missing ...missing}", 0),
    ],
)
def test_pairs_are_counted_by_their_place_in_the_answer(document: str, count: int) -> None:
    read_ = parse(document)
    operation = read_.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    assert pairs(operation, fragments_of(read_), 100) == count


def _tree(depth: int, width: int) -> str:
    inside = "name"
    for level in range(depth):
        inside = f"{'listings' if level % 2 else 'supplier'} {{{inside}}} " * width
    return f'{{listing(partner: "a", externalId: "b") {{{inside}}}}}'


def _side_by_side(count: int) -> str:
    return '{listing(partner: "a", externalId: "b") {' + "...{supplier{name}}" * count + "}}"


def _in_fragments() -> str:
    """Each of ten operations has other pairs of fragments to compare."""
    queries = (
        f"query q{n} {{suppliers{{nodes{{{' '.join(f'...f{(n * 7 + each * 3) % 100}' for each in range(19))}}}}}}}"
        for n in range(10)
    )
    fragments = (f"fragment f{n} on Supplier {{{'listings{name} ' * 8}}}" for n in range(100))
    return " ".join([*queries, *fragments])


@pytest.mark.parametrize("document", [_tree(7, 2), _tree(3, 6), _side_by_side(150), _in_fragments()])
def test_what_validation_would_compare_for_long_is_refused_at_once(document: str) -> None:
    began = time.process_time()
    found = refusal(document)
    assert time.process_time() - began < 0.25
    assert found
    assert found[0] == "TOO_MANY_FIELDS"
    assert "pairs of fields" in found[1]


TOKENS = "The document has more than 5,000 tokens (names, braces, values): ask in several requests."


@pytest.mark.parametrize(
    ("document", "code", "sentence"),
    [
        ("{" + " a:a" * 10_000 + "}", "TOO_MANY_TOKENS", TOKENS),
        ("{a" + " @a" * 10_000 + "}", "TOO_MANY_TOKENS", TOKENS),
        ("{a(b: {" + "c: 1 " * 10_000 + "})}", "TOO_MANY_TOKENS", TOKENS),
        ("{" + " a" * 10_000 + "}", "TOO_MANY_TOKENS", TOKENS),
        ("{" + "#\n" * 10_000 + "a}", "TOO_MANY_TOKENS", TOKENS),
        (
            "{a(b: " + "[" * 2_000 + "]" * 2_000 + ")}",
            "TOO_DEEP",
            "The document is nested too deeply to be read: ask in several requests.",
        ),
        (
            "{a" * 2_000 + "}" * 2_000,
            "TOO_DEEP",
            "The document is nested too deeply to be read: ask in several requests.",
        ),
    ],
)
def test_what_would_be_long_to_read_is_not_read_to_its_end(document: str, code: str, sentence: str) -> None:
    began = time.process_time()
    assert refusal(document) == (code, sentence)
    assert time.process_time() - began < 2


def test_limits_are_settings_and_the_figures_are_for_programs() -> None:
    assert refusal("{a{b{c{d}}}}", Limits(document_depth=3)) == (
        "TOO_DEEP",
        "The document has 4 levels of fields, and 3 are allowed: ask in several requests.",
    )
    with pytest.raises(GraphQLError) as caught:
        read("{a{b{c{d}}}}", Limits(document_depth=3))
    assert caught.value.extensions == {"code": "TOO_DEEP", "found": 4, "limit": 3}
