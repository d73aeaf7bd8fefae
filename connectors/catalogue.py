"""The partners that are built in, and how settings change one of them or declare a further one."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from connectors import chambre, cmar, cpme13, cress_paca, french_tech, sirene
from connectors.contract import Declaration
from connectors.errors import DeclarationError

_MODULES: Final = (chambre, cmar, cpme13, cress_paca, french_tech, sirene)

BUILTIN: Final[Mapping[str, Declaration]] = MappingProxyType(
    {module.DECLARATION.name: module.DECLARATION for module in _MODULES}
)


def declare(name: str, overrides: Mapping[str, Any] | None = None) -> Declaration:
    """A built-in partner with some settings changed, or a further partner of a known protocol.

    Tables inside (``fields``, ``only``, ``csv``, ``pages``) are merged by key. Raises :class:`DeclarationError` with
    one sentence for the first setting that is wrong; values are never repeated, for one may be a secret.
    """
    builtin = BUILTIN.get(name)
    given = dict(overrides or {})
    if given.pop("name", name) != name:
        raise DeclarationError(name, f"partners.{name}.name must be {name}, the name of its table; remove it")
    base = builtin.model_dump() if builtin else {"title": name, "organisation": name}
    settings = _merged(base, given)
    try:
        return Declaration.model_validate({**settings, "name": name})
    except ValidationError as error:
        raise DeclarationError(name, _sentence(name, error)) from None


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        held = merged.get(key)
        merged[key] = {**held, **value} if isinstance(held, Mapping) and isinstance(value, Mapping) else value
    return merged


def _sentence(name: str, error: ValidationError) -> str:
    """The first fault: which setting, what is wrong, and the nearest known name where it is unknown."""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = [str(step) for step in fault["loc"]]
    key = ".".join(["partners", name, *place])
    if fault["type"] == "extra_forbidden":
        return f"{key} is not a setting{_nearest(place)}"
    if fault["type"] == "missing":
        return f"{key} is missing; docs/connectors.md shows a whole declaration"
    if fault["type"] == "value_error":  # our own checks go on from the name of the setting
        return f"{key} {fault['msg'].removeprefix('Value error, ')}"
    return f"{key}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def _nearest(place: list[str]) -> str:
    model: type[BaseModel] = Declaration
    for step in place[:-1]:
        inner = model.model_fields[step].annotation if step in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return "; docs/connectors.md lists those there are"
        model = inner
    close = difflib.get_close_matches(place[-1], list(model.model_fields), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else "; docs/connectors.md lists those there are"
