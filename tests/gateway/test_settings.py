"""Settings: where they come from, what is refused and in which words, and that all are documented."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from directory.disclosure import Role
from gateway.errors import SettingsError
from gateway.settings import Settings, every_setting

DOCUMENTED = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without circuit.toml and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for setting in every_setting():
        monkeypatch.delenv(setting.variable, raising=False)
    monkeypatch.delenv("CIRCUIT_CONFIG", raising=False)
    return tmp_path


def refusal(**values: object) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings(**values)
    return str(caught.value)


def test_defaults(empty_place: Path) -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 1)
    assert settings.index_dir == Path(".circuit/index")
    assert settings.store_url == f"sqlite:///{empty_place}/.circuit/circuit.sqlite"


def test_arguments_win_over_variables_over_the_file(empty_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_place / "circuit.toml").write_text('host = "file"\nport = 1\nworkers = 4\n[cache]\nfresh_seconds = 3\n')
    monkeypatch.setenv("CIRCUIT_PORT", "2")
    monkeypatch.setenv("CIRCUIT_CACHE__STALE_SECONDS", "9")
    monkeypatch.setenv("CIRCUIT_HOST", "variable")
    settings = Settings(host="argument")
    assert (settings.host, settings.port, settings.workers) == ("argument", 2, 4)
    assert (settings.cache.fresh_seconds, settings.cache.stale_seconds) == (3, 9)


def test_the_file_may_be_elsewhere(empty_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_place / "other.toml").write_text("port = 77\n")
    monkeypatch.setenv("CIRCUIT_CONFIG", "other.toml")
    assert Settings().port == 77


def test_a_named_file_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCUIT_CONFIG", "gone.toml")
    assert refusal() == "CIRCUIT_CONFIG names gone.toml, which is not a file; correct or unset it"


def test_a_file_that_is_not_toml(empty_place: Path) -> None:
    (empty_place / "circuit.toml").write_text("port = \n")
    assert refusal() == "circuit.toml is not valid TOML: Invalid value (at line 1, column 8)"


def test_a_file_that_is_not_utf8(empty_place: Path) -> None:
    (empty_place / "circuit.toml").write_bytes(b'host = "\xe9"\n')
    assert refusal().startswith("circuit.toml cannot be read: 'utf-8' codec can't decode byte 0xe9")


def test_an_unknown_key_of_the_file(empty_place: Path) -> None:
    (empty_place / "circuit.toml").write_text("[cache]\nfresh = 3\n")
    assert refusal() == "unknown setting cache.fresh; did you mean cache.fresh_seconds?"


def test_an_unknown_argument() -> None:
    assert refusal(zzz=1) == "unknown setting zzz; docs/settings.md lists those there are"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("CIRCUIT_DATABSE_URL", "x", "unknown variable CIRCUIT_DATABSE_URL; did you mean CIRCUIT_DATABASE_URL?"),
        ("CIRCUIT_CACHE__FRESH", "3", "unknown setting cache.fresh; did you mean cache.fresh_seconds?"),
        ("CIRCUIT_CACHES__FRESH_SECONDS", "3", None),
        (
            "CIRCUIT_PORT",
            "http",
            "setting port (CIRCUIT_PORT): input should be a valid integer, unable to parse string as an integer",
        ),
        ("CIRCUIT_WORKERS", "0", "setting workers (CIRCUIT_WORKERS): input should be greater than or equal to 1"),
        (
            "CIRCUIT_LOG__LEVEL",
            "loud",
            "setting log.level (CIRCUIT_LOG__LEVEL): input should be 'debug', 'info', 'warning' or 'error'",
        ),
        (
            "CIRCUIT_CORS_ORIGINS",
            "https://a.fr/x",
            "setting cors_origins (CIRCUIT_CORS_ORIGINS): « https://a.fr/x » is not an origin; "
            "write `https://example.org`, without a path",
        ),
    ],
)
def test_a_variable_that_is_refused(
    variable: str, value: str, sentence: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    expected = sentence or f"unknown variable {variable}; did you mean CIRCUIT_CACHE__FRESH_SECONDS?"
    assert refusal() == expected


@pytest.mark.parametrize("name", ["database_url", "redis_url"])
def test_an_address_of_the_wrong_kind_is_refused_without_being_repeated(name: str) -> None:
    sentence = refusal(**{name: "mysql://root:hunter2@db"})
    assert sentence.startswith(f"setting {name} (CIRCUIT_{name.upper()}): must begin with `")
    assert "hunter2" not in sentence


def test_secrets_are_not_shown() -> None:
    settings = Settings(database_url="postgresql://u:hunter2@db/c", partners={"cmar": {"password": "hunter2"}})
    assert "hunter2" not in repr(settings)
    assert settings.store_url == "postgresql://u:hunter2@db/c"


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCUIT_CORS_ORIGINS", "https://a.fr, http://localhost:3000")
    assert Settings().cors_origins == ("https://a.fr", "http://localhost:3000")


def test_variables_of_the_test_suite_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCUIT_TEST_POSTGRES_URL", "postgresql://x")
    assert Settings().port == 8000


def test_a_worker_sees_the_very_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        port=9,
        redis_url=SecretStr("redis://:pw@r"),
        cors_origins=("https://a.fr", "*"),
        cache={"fresh_seconds": 0.5},
        graphiql=False,
        partners={"cmar": {"url": "http://x", "headers": {"a": "é"}, "enabled": False}},
    )
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_a_password_of_digits_stays_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCUIT_PARTNERS__CMAR__PASSWORD", "0123")
    monkeypatch.setenv("CIRCUIT_PARTNERS__CMAR__TOKEN", "123e4")
    monkeypatch.setenv("CIRCUIT_PARTNERS__CMAR__FIELDS", '{"name": ["A", "B"]}')
    assert Settings().partners == {"cmar": {"password": "0123", "token": "123e4", "fields": {"name": ["A", "B"]}}}


def test_declarations_are_those_of_enabled_partners() -> None:
    settings = Settings(partners={"cmar": {"url": "http://127.0.0.1:1/a.csv"}, "chambre": {"enabled": "false"}})
    assert list(settings.declarations()) == ["cmar"]


def test_a_partner_that_cannot_be_understood() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings(partners={"cmar": {"titel": "x"}}).declarations()
    assert str(caught.value) == "partners.cmar.titel is not a setting; did you mean title?"


GOOD_OIDC: dict[str, object] = {
    "issuer": "https://id.example/realms/x",
    "audience": "https://hub.example, hub",
    "roles": {"b": "BUYER"},
}


def test_a_provider_s_settings_reach_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(oidc={**GOOD_OIDC, "algorithms": "ES256,EdDSA"})
    assert settings.oidc.audience == ("https://hub.example", "hub")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings().oidc == settings.oidc
    assert list(Settings().oidc.roles.items()) == [("b", Role.BUYER)]


def test_a_provider_may_be_set_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCUIT_OIDC__ISSUER", "https://id.example")
    monkeypatch.setenv("CIRCUIT_OIDC__AUDIENCE", "a,b")
    monkeypatch.setenv("CIRCUIT_OIDC__ROLES", '{"z": "STEWARD", "a": "BUYER"}')
    oidc = Settings().oidc
    assert (oidc.audience, list(oidc.roles)) == (("a", "b"), ["z", "a"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": "http://id.example"}, "must be an https address"),
        ({"issuer": "http://127.0.0.1.evil.example"}, "must be an https address"),
        ({"issuer": "https://id.example?x"}, "must be an https address"),
        ({"issuer": "https://user@id.example"}, "must be an https address"),
        ({"audience": ""}, "`audience` must be set"),
        ({"roles": {}}, "`roles` must be set"),
        ({"roles": {"x": "PUBLIC"}}, "a token cannot give PUBLIC"),
        ({"roles": {"x": "PARTNER"}}, "`partner_claim` must be set"),
        ({"roles": {"x": "KING"}}, "input should be 'PUBLIC', 'PARTNER', 'BUYER' or 'STEWARD'"),
        ({"algorithms": "none"}, "input should be 'RS256'"),
        ({"algorithms": "RS256,HS256"}, "input should be 'RS256'"),
        ({"algorithms": ""}, "at least 1"),
    ],
)
def test_a_provider_that_cannot_be_trusted_is_not_set(changes: dict[str, object], said: str) -> None:
    assert said in refusal(oidc={**GOOD_OIDC, **changes})


def test_every_setting_is_documented_as_it_is() -> None:
    """To mend: put the missing row, printed here, into the table of docs/settings.md."""
    rows = [
        f"| `{s.key}` | `{s.variable}` | {f'`{s.default}`' if s.default else 'none'} | {s.description} |"
        for s in every_setting()
    ]
    assert [row for row in rows if row not in DOCUMENTED] == []


def test_no_other_setting_is_documented() -> None:
    documented = [line.split("`")[1] for line in DOCUMENTED.splitlines() if line.startswith("| `")]
    assert documented == [setting.key for setting in every_setting()]


def test_a_partner_s_file_is_seen_from_the_folder_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "circuit.toml").write_text(
        '[partners.own]\nprotocol = "csv"\npath = "data/members.csv"\nfields = { id = "a", name = "b" }\n'
        '[partners.other]\nprotocol = "csv"\npath = "/srv/members.csv"\nfields = { id = "a", name = "b" }\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("CIRCUIT_CONFIG", str(tmp_path / "circuit.toml"))
    paths = {name: declared.path for name, declared in Settings().declarations().items()}
    assert paths == {"own": str(tmp_path / "data" / "members.csv"), "other": "/srv/members.csv"}


def test_settings_alone_hear_neither_the_environment_nor_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCUIT_PORT", "9999")
    monkeypatch.setenv("CIRCUIT_CONFIG", "/nowhere.toml")
    assert Settings.alone().port == 8000
