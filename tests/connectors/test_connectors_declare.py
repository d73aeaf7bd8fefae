"""Declarations: the five that are built in, what settings may change, and how a wrong setting is said."""

import ast
from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors import BUILTIN, DeclarationError, declare, open_connector
from connectors.fields import Fields, Source
from directory.records import PartnerKind

ROOM = Path(connectors.__file__).parent
FURTHER = {"base_url": "https://annuaire.example", "resource": "membres", "fields": {"id": "id", "name": "nom"}}


@pytest.mark.parametrize("name", BUILTIN)
def test_a_builtin_partner_is_a_short_declaration_without_http(name: str) -> None:
    source = (ROOM / f"{name}.py").read_text("utf-8")
    imported = {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    assert len(source.splitlines()) < 120
    assert imported - {"directory.records"} == {"connectors.contract", "connectors.fields"}


def test_the_five_partners_and_the_register() -> None:
    assert {name: declaration.protocol for name, declaration in BUILTIN.items()} == {
        "chambre": "kinto",
        "cmar": "csv",
        "cpme13": "wordpress",
        "cress_paca": "ckan",
        "french_tech": "directus",
        "sirene": "register",
    }
    assert {name for name, each in BUILTIN.items() if each.kind is PartnerKind.REGISTER} == {"sirene"}


def test_info_is_what_the_directory_keeps() -> None:
    info = declare("chambre", {"licence": "Licence Ouverte", "priority": 7}).info
    assert (info.id, info.name, info.licence, info.priority) == ("chambre", "Chambre", "Licence Ouverte", 7)


def test_one_field_path_changes_and_the_others_stay() -> None:
    changed = declare("chambre", {"fields": {"phone": "tel", "email": ["mail", "courriel"]}})
    assert changed.fields.phone == (Source(path="tel"),)
    assert changed.fields.email == (Source(path="mail"), Source(path="courriel"))
    assert changed.fields.website == BUILTIN["chambre"].fields.website
    assert changed.scope == "annuaire.lecture"


@pytest.mark.parametrize("protocol", ["kinto", "csv", "wordpress", "ckan", "directus", "json"])
def test_a_further_partner_is_settings_alone(protocol: str) -> None:
    declaration = declare("medef13", {**FURTHER, "protocol": protocol})
    assert (declaration.name, declaration.title, declaration.protocol) == ("medef13", "medef13", protocol)


def test_settings_may_come_as_text_from_variables() -> None:
    changed = declare("cmar", {"page_size": "50", "timeout": "2.5", "csv": {"final_newline": "false"}})
    assert (changed.page_size, changed.timeout, changed.csv.final_newline) == (50, 2.5, False)


@pytest.mark.parametrize(
    ("name", "overrides", "sentence"),
    [
        (
            "chambre",
            {"zzz": "x"},
            "partners.chambre.zzz is not a setting; docs/connectors.md lists those there are",
        ),
        ("chambre", {"resorce": "x"}, "partners.chambre.resorce is not a setting; did you mean resource?"),
        ("chambre", {"fields": {"fhone": "x"}}, "partners.chambre.fields.fhone is not a setting; did you mean phone?"),
        (
            "medef13",
            {**FURTHER, "protocol": "soap"},
            "partners.medef13.protocol: input should be 'kinto', 'csv', 'wordpress', 'ckan', 'directus', 'json' or "
            "'register'",
        ),
        (
            "chambre",
            {"required": ["name", "raison_sociale"]},
            "partners.chambre.required.1 must name fields of a listing: " + ", ".join(Fields.model_fields),
        ),
        (
            "chambre",
            {"pages": {"next": 'a"b'}},
            "partners.chambre.pages.next: string should match pattern '^[^\"\\\\\\x00-\\x1f]*$'",
        ),
        (
            "chambre",
            {"pages": {"member": "members/"}},
            "partners.chambre.pages.member: string should match pattern '\\{id\\}'",
        ),
        ("medef13", FURTHER, "partners.medef13.protocol is missing; docs/connectors.md shows a whole declaration"),
        (
            "medef13",
            {"protocol": "csv", "fields": {"id": "ID"}},
            "partners.medef13.fields.name is missing; docs/connectors.md shows a whole declaration",
        ),
        (
            "chambre",
            {"base_url": "annuaire.example/v1"},
            "partners.chambre.base_url is not an address; write https://host/path",
        ),
        (
            "chambre",
            {"base_url": "https://user:hunter2@annuaire.example"},
            "partners.chambre.base_url must not hold credentials; write them in username and password",
        ),
        (
            "cmar",
            {"charset": "utf-16"},
            "partners.cmar.charset must keep ASCII as it is, as utf-8 and cp1252 do",
        ),
        (
            "cmar",
            {"charset": "klingon"},
            "partners.cmar.charset is not a character set that can hold French text, for instance utf-8 or cp1252",
        ),
        (
            "cmar",
            {"timezone": "Paris"},
            "partners.cmar.timezone is not a time zone, for instance Europe/Paris",
        ),
        (
            "cmar",
            {"fields": {"status": "ETAT"}},
            "partners.cmar says in fields.status what registers alone say; remove it, or set kind to REGISTER",
        ),
        ("cmar", {"name": "other"}, "partners.cmar.name must be cmar, the name of its table; remove it"),
        (
            "french_tech",
            {"token": "two\r\nlines"},
            "partners.french_tech.token must be one line of visible characters",
        ),
    ],
)
def test_a_wrong_setting_is_one_sentence(name: str, overrides: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare(name, overrides)
    assert str(caught.value) == sentence
    assert caught.value.partner == name


async def test_a_credential_that_is_not_set_is_named() -> None:
    with pytest.raises(DeclarationError) as caught:
        async with open_connector(
            declare("chambre", {"base_url": "https://x.example", "token_url": "https://x.example"})
        ):
            pass
    assert str(caught.value) == "Chambre: partners.chambre.client_id is not set; ask the partner for it"


async def test_an_address_that_is_not_set_is_named() -> None:
    with pytest.raises(DeclarationError) as caught:
        async with open_connector(declare("cpme13")):
            pass
    assert str(caught.value) == "CPME 13: partners.cpme13.base_url is not set; ask the partner for it"


async def test_half_a_credential_is_not_anonymous() -> None:
    with pytest.raises(DeclarationError) as caught:
        async with open_connector(declare("cmar", {"base_url": "https://x.example", "username": "u"})):
            pass
    assert str(caught.value) == "CMAR: partners.cmar.password is not set; ask the partner for it"


def test_secrets_are_not_shown() -> None:
    declaration = declare("chambre", {"client_secret": "hunter2"})
    assert "hunter2" not in f"{declaration!r}{declaration}{declaration.model_dump_json()}"
