"""Cursors belong to the settings that shape a listing and to who is reading; secrets only by whether they are set."""

from typing import Any

import pytest

from connectors import cursors
from tests.connectors.partner_kit import plain

ADDRESS = "https://essai.example"
BASIC: dict[str, Any] = {"auth": "basic", "username": "hub", "password": "hunter2"}
OAUTH: dict[str, Any] = {"auth": "oauth2", "client_id": "hub", "client_secret": "hunter2", "scope": "a"}
POSITION = {"at": "2026-01-01T00:00:00+00:00"}


def is_kept(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a cursor written under some settings still serves under others."""
    cursor = cursors.written(plain(ADDRESS, **before), POSITION)
    return cursors.read(plain(ADDRESS, **after), cursor) == POSITION


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"auth": "header", "anonymous": True}, {"auth": "header", "anonymous": True, "token": "hunter2"}),
        ({"auth": "header", "token": "a"}, {"auth": "header", "token": "a", "token_header": "X-Api-Key"}),
        ({}, BASIC),
        (BASIC, {**BASIC, "username": "steward"}),
        (BASIC, {**BASIC, "password": ""}),
        (OAUTH, {**OAUTH, "client_id": "other"}),
        (OAUTH, {**OAUTH, "scope": "a b"}),
        ({}, {"extra_fields": ["x"]}),
    ],
)
def test_another_reader_or_another_shape_reads_everything(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert not is_kept(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BASIC, {**BASIC, "password": "renewed"}),
        (OAUTH, {**OAUTH, "client_secret": "renewed"}),
        ({}, {"timeout": 7, "page_size": 7, "title": "Autre"}),
    ],
)
def test_a_renewed_secret_or_another_pace_keeps_the_cursor(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert is_kept(before, after)


@pytest.mark.parametrize("cursor", [None, "", "x", "{}", "[" * 50_000])
def test_what_is_no_cursor_reads_everything(cursor: str | None) -> None:
    assert cursors.read(plain(ADDRESS), cursor) is None
