"""Entity tags: their form, and which headers name them (RFC 9110, sections 8.8.3 and 13.1.2)."""

import re

import pytest

from gateway.etag import is_known, tag_of

TAG = '"abc,d"'


def test_a_tag_is_strong_and_of_bytes_and_media_type() -> None:
    tag = tag_of(b"{}", "application/json")
    assert re.fullmatch(r'"[0-9a-f]{32}"', tag)
    assert tag == tag_of(b"{}", "application/json")
    assert tag not in {tag_of(b"{ }", "application/json"), tag_of(b"{}", "application/graphql-response+json")}


@pytest.mark.parametrize(
    "headers",
    [['"abc,d"'], ['W/"abc,d"'], ['"x", W/"abc,d"'], ['"x","abc,d" , "y"'], ['"x"', '"abc,d"'], ["*"], [" * "]],
)
def test_headers_that_name_it(headers: list[str]) -> None:
    assert is_known(headers, TAG)


@pytest.mark.parametrize(
    "headers", [[], [""], ['"abc"'], ["abc,d"], ['"abc,d'], ['w/"abc"'], ['"ABC,D"'], ['"*"'], ["*x"], ['"xabc,d"']]
)
def test_headers_that_do_not(headers: list[str]) -> None:
    assert not is_known(headers, TAG)
