"""A key tells apart all that differs and nothing else."""

from itertools import combinations

from cache import make_key


def test_key_is_a_digest_of_32_bytes() -> None:
    key = make_key("query { partners { id } }", {"first": 20}, "PUBLIC", 7)
    assert isinstance(key, bytes)
    assert len(key) == 32


def test_equal_parts_give_equal_keys_whatever_the_order_of_names() -> None:
    assert make_key("q", {"a": 1, "b": [2, None]}) == make_key("q", {"b": [2, None], "a": 1})


def test_numbers_of_any_size_make_keys() -> None:
    assert make_key("q", {"n": [2**70, 10**5000]}) == make_key("q", {"n": [2**70, 10**5000]})


def test_parts_that_differ_in_type_length_or_place_give_different_keys() -> None:
    keys = [
        make_key("ab", "c"),
        make_key("a", "bc"),
        make_key("abc"),
        make_key("c", "ab"),
        make_key(["ab", "c"]),
        make_key(b"abc"),
        make_key(1),
        make_key(1.0),
        make_key(True),
        make_key("1"),
        make_key(None),
        make_key(),
        make_key(""),
        make_key({"a": None}),
        make_key({}),
        make_key(2**70),
        make_key(-(2**70)),
        make_key(2**70 + 1),
        make_key([2**70]),
        make_key({"a": 2**70}),
        make_key(2**63),
        make_key(2**64),
    ]
    assert all(one != other for one, other in combinations(keys, 2))
