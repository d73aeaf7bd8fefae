"""What the acceptance test must be told of a connector: a case. And what a member's values must be, said a second time.

The second saying is on purpose not the connector's: it reads the server's own records by a plain table of places, and
brings values into canonical form by rules of its own.
"""

import html
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connectors import Declaration, declare
from demo.ledger import Record
from demo.servers.base import PartnerServer
from demo.weather import Manner
from directory.records import Listing

# Tests wait for nothing that they do not test.
HASTE: Mapping[str, Any] = {
    "page_size": 10,
    "rate": 10_000,
    "retries": 2,
    "retry_pause": 0.001,
    "timeout": 5,
    "allow_hosts": ["127.0.0.1"],
}


@dataclass(frozen=True)
class Case:
    """One connector, its demo server and how that server's people write.

    ``server`` makes a fresh demo server of 40 to 60 members; ``overrides`` lay over the built-in declaration, or are
    the whole one. ``places`` says which of a record's fields (dotted) hold a value of a listing, the first that holds
    something winning. ``renamed`` is the change that gives a member another name, ``newcomer`` a new member of that
    name, ``is_member`` whether a record is shown. ``refusal`` is what a wrong secret is answered with.
    """

    name: str
    manner: Manner
    server: Callable[[], PartnerServer]
    places: Mapping[str, tuple[str, ...]]
    renamed: Callable[[str], Mapping[str, Any]]
    newcomer: Callable[[str], Record]
    wrong_secret: Mapping[str, Any]
    refusal: str
    overrides: Mapping[str, Any] = field(default_factory=dict)
    is_member: Callable[[Record], bool] = lambda record: True
    as_sent: Callable[[Record], Record] = lambda record: record

    @property
    def knows_changes(self) -> bool:
        """Whether what has not changed need not be read again; plain JSON pages are read whole each time."""
        return self.manner.protocol != "json"

    def declaration(self, server: PartnerServer, address: str, **changes: Any) -> Declaration:
        """The declaration that reads the server at an address."""
        settings = {**self.overrides, **server.settings(address), **HASTE, **changes}
        if "fields" in changes:
            settings["fields"] = {**self.overrides.get("fields", {}), **changes["fields"]}
        return declare(self.name, settings)

    def truth(self, server: PartnerServer) -> dict[str, "Truth"]:
        """Every member that the server has, by id."""
        records = {external_id: server.record(external_id) for external_id in server.external_ids()}
        return {key: self._true(record) for key, record in records.items() if self.is_member(record)}

    def _true(self, record: Record) -> "Truth":
        values = {name: _first(record, paths) for name, paths in self.places.items()}
        return Truth(values=canonical(values), raw=_filled(self.as_sent(record)))

    def served(self, listing: Listing) -> "Truth":
        """What the hub has of a member, in the same terms."""
        held = {
            "name": listing.name,
            "siren": listing.siren,
            "siret": listing.siret,
            "postcode": listing.address.postcode,
            "street": listing.address.lines[0] if listing.address.lines else None,
            "email": listing.contact.email,
            "phone": listing.contact.phone,
            "website": listing.website,
            "headcount": listing.headcount,
            "latitude": _exact(listing, "latitude"),
            "longitude": _exact(listing, "longitude"),
        }
        raw = self.as_sent(msgspec.json.decode(listing.raw))
        return Truth(values=canonical({name: held[name] for name in self.places}), raw=_filled(raw))


class Truth(msgspec.Struct, frozen=True):
    """One member: values in canonical form, and the partner's own record without what is blank."""

    values: Mapping[str, Any]
    raw: Mapping[str, Any]


def _exact(listing: Listing, name: str) -> float | None:
    is_given = listing.location is not None and not listing.location.approximate
    return getattr(listing.location, name) if is_given else None


def _first(record: Record, paths: tuple[str, ...]) -> Any:
    values = (_at(record, path) for path in paths)
    return next((value for value in values if str("" if value is None else value).strip()), None)


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _filled(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record's fields that say something, each by its dotted path."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{inner}": held for inner, held in _filled(value).items()}
        elif value not in (None, "", [], ()):
            found[name] = value
    return found


def canonical(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as two people would compare them."""
    return {name: None if value is None else _FORMS.get(name, _text)(value) for name, value in values.items()}


def _text(value: Any) -> str | None:
    return " ".join(html.unescape(str(value)).split()) or None


def _siren(value: Any) -> str | None:
    digits = _digits(value).zfill(9)
    return digits if len(digits) == 9 and _luhn(digits) else None


def _siret(value: Any) -> str | None:
    digits = _digits(value).zfill(14)
    return digits if len(digits) == 14 and _luhn(digits) else None


def _postcode(value: Any) -> str | None:
    return _digits(value).zfill(5)


def _phone(value: Any) -> str | None:
    digits = _digits(str(value).replace("(0)", ""))
    digits = re.sub(r"^(0033|33|0)", "", digits)
    return digits if len(digits) == 9 else None


def _website(value: Any) -> str | None:
    return re.sub(r"^https?://", "", str(value).strip().lower()).rstrip("/")


def _email(value: Any) -> str | None:
    return str(value).strip().lower()


def _number(value: Any) -> float | None:
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _digits(value: Any) -> str:
    return "".join(filter(str.isdigit, str(value)))


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + rank % 2) for rank, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


_FORMS: Mapping[str, Callable[[Any], str | float | None]] = {
    "siren": _siren,
    "siret": _siret,
    "postcode": _postcode,
    "phone": _phone,
    "website": _website,
    "email": _email,
    "latitude": _number,
    "longitude": _number,
}
