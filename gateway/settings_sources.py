"""Where settings are read from and how a wrong one is said: one sentence with the key and the nearest known one."""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, get_origin

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, TomlConfigSettingsSource

from gateway.errors import SettingsError

PREFIX: Final = "CIRCUIT_"
CONFIG_VARIABLE: Final = "CIRCUIT_CONFIG"
# CIRCUIT_TEST_… belongs to the test suite: a developer may export it for good.
_NOT_SETTINGS: Final = (CONFIG_VARIABLE, "CIRCUIT_TEST_")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?", re.IGNORECASE)


class Section(BaseModel):
    """A group of settings: a table of the file, which holds nothing that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parts(value: object) -> object:
    """A list as a variable holds it, its parts separated by commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def is_origin(text: str) -> bool:
    """Whether a browser may name the text as a page's origin: scheme, host and perhaps a port (RFC 6454)."""
    return _ORIGIN.fullmatch(text) is not None


class Setting(NamedTuple):
    """One line of the documentation. ``key`` is dotted, as in ``circuit.toml``."""

    key: str
    default: str
    description: str
    is_table: bool

    @property
    def variable(self) -> str:
        """The environment variable's name."""
        return variable_of(self.key)


class EnvironmentSource(EnvSettingsSource):
    """``CIRCUIT_…`` variables; pydantic-settings passes over unknown ones in silence, so they are refused here."""

    def __call__(self) -> dict[str, Any]:
        settings = list(settings_of(self.settings_cls.model_fields))
        known = [setting.variable for setting in settings]
        # Below a section or a table the model itself refuses what it does not know, by its full name.
        open_names = {variable_of(name) for name, field in self.settings_cls.model_fields.items() if _has_keys(field)}
        for name in os.environ:
            variable = name.upper()
            is_ours = variable.startswith(PREFIX) and not variable.startswith(_NOT_SETTINGS)
            if is_ours and variable not in known and variable.split("__")[0] not in open_names:
                raise SettingsError(f"unknown variable {name}{_nearest(variable, known)}")
        found = super().__call__()
        tables = {
            name for name, field in self.settings_cls.model_fields.items() if get_origin(field.annotation) is dict
        }
        return {name: _opened(value) if name in tables else value for name, value in found.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo | None, value: Any) -> Any:
        """A value inside a partner's table stays the text it is: a password of digits must not become a number."""
        decoded = super().decode_complex_value(field_name, field, value)  # type: ignore[arg-type]
        if field is None and not isinstance(decoded, dict | list):
            raise ValueError("a text")  # pydantic-settings takes this for "not JSON", and keeps the text
        return decoded


class FileSource(TomlConfigSettingsSource):
    """``circuit.toml``; a file that was named but is not there is an error, the default one may be absent."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        path = config_path()
        if CONFIG_VARIABLE in os.environ and not path.is_file():
            raise SettingsError(f"{CONFIG_VARIABLE} names {path}, which is not a file; correct or unset it")
        try:
            super().__init__(settings_cls, path)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{path} is not valid TOML: {error}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} cannot be read: {error}") from None


def config_path() -> Path:
    """Where the settings file is: ``CIRCUIT_CONFIG``, else ``circuit.toml`` in the working folder."""
    return Path(os.environ.get(CONFIG_VARIABLE, "circuit.toml"))


def variable_of(key: str) -> str:
    """``cache.fresh_seconds`` → ``CIRCUIT_CACHE__FRESH_SECONDS``."""
    return PREFIX + key.replace(".", "__").upper()


def settings_of(fields: Mapping[str, FieldInfo], parent: str = "") -> Iterator[Setting]:
    """Every setting among these fields, sections opened, in the order they are declared."""
    for name, field in fields.items():
        if _is_section(field):
            yield from settings_of(field.annotation.model_fields, f"{parent}{name}.")  # type: ignore[union-attr]
        else:
            is_table = get_origin(field.annotation) is dict
            default = "" if is_table else as_variable(field.default)
            yield Setting(f"{parent}{name}", default, field.description or "", is_table)


def as_variable(value: object) -> str:
    """A value as an environment variable holds it, secrets revealed; ``None`` is empty."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, BaseModel):
        return value.model_dump_json()
    if isinstance(value, dict):
        return json.dumps(value, default=str)
    if isinstance(value, tuple):
        return ",".join(value)
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def sentence(error: ValidationError, fields: Mapping[str, FieldInfo]) -> str:
    """The first fault as one sentence; the value itself is left out, for it may be a secret."""
    fault = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"unknown setting {key}{_nearest(key, [setting.key for setting in settings_of(fields)])}"
    reason = fault["msg"].removeprefix("Value error, ")
    return f"setting {key} ({variable_of(key)}): {reason[:1].lower()}{reason[1:]}"


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _has_keys(field: FieldInfo) -> bool:
    return _is_section(field) or get_origin(field.annotation) is dict


def _opened(value: Any) -> Any:
    """A table's texts that hold JSON lists or objects, read; a variable has no other way to say them."""
    if isinstance(value, dict):
        return {key: _opened(inner) for key, inner in value.items()}
    if isinstance(value, str) and value.startswith(("[", "{")):
        with suppress(ValueError):
            return json.loads(value)
    return value


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else "; docs/settings.md lists those there are"
