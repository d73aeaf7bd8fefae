"""Values with an official form: SIREN, SIRET, NAF and INSEE codes, phones, e-mails, sites.

Every function takes a partner's text and returns the canonical form, which it gives back unchanged when asked again,
or raises :class:`InvalidValue` and nothing else. None touches the network.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna
import phonenumbers
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from directory.nomenclature import naf as nomenclature_naf

Problem = Literal["CHECKSUM", "FORMAT", "UNKNOWN", "RANGE"]

_SENTENCES: Final[dict[Problem, str]] = {
    "CHECKSUM": "The number's check digit does not hold: ask the partner to correct it.",
    "FORMAT": "The value is not written in a form of its kind: ask the partner to correct it.",
    "UNKNOWN": "The code is well formed but not in the official list: ask the partner to correct it.",
    "RANGE": "The value is well formed but lies outside what is ever attributed: ask the partner to correct it.",
}
# Anything longer is refused before a parser sees it.
_LONGEST: Final = 256
_LONGEST_URL: Final = 2048


class InvalidValue(Exception):
    """A partner's text that is not a value of its kind.

    ``code`` says what is wrong; ``text`` is the partner's own and stays out of ``str()``: it may be personal data.
    """

    def __init__(self, code: Problem, text: str) -> None:
        super().__init__(_SENTENCES[code])
        self.code: Problem = code
        self.text = text


def _plain(text: str) -> str:
    """The text with compatibility characters made plain (no-break spaces, full-width digits) and trimmed."""
    if len(text) > _LONGEST:
        raise InvalidValue("FORMAT", text)
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


# SIREN and SIRET

_SEPARATORS: Final = re.compile(r"[\s.\-_/'’]+")
_SPREADSHEET_NUMBER: Final = re.compile(r"([0-9]+)[.,]0+")
# A spreadsheet drops leading zeros; INSEE has given out SIRENs with up to three of them.
_LOST_ZEROS: Final = 3


def siren(text: str) -> str:
    """Nine digits under Luhn's check. Separators, a spreadsheet's ``.0`` and lost leading zeros are mended."""
    return text if _is_plain_number(text, 9) and _luhn(text) else _official_number(text, 9, stdnum_siren.validate)


def siret(text: str) -> str:
    """Fourteen digits: a SIREN and five more, under Luhn's check (for La Poste, a sum that is a multiple of 5)."""
    if _is_plain_number(text, 14) and _luhn(text) and _luhn(text[:9]):
        return text
    return _official_number(text, 14, stdnum_siret.validate)


# Most numbers are right and plainly written. Those are recognised here in a microsecond; every other one is judged by
# stdnum, which knows the exceptions and takes ten times as long.
_DOUBLED: Final = bytes.maketrans(b"0123456789", b"0246813579")


def _is_plain_number(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit() and text.strip("0") != ""


def _luhn(digits: str) -> bool:
    odd, even = digits[::-2].encode(), digits[-2::-2].encode().translate(_DOUBLED)
    return (sum(odd) + sum(even) - 48 * len(digits)) % 10 == 0


def _official_number(text: str, length: int, validate: Callable[[str], str]) -> str:
    digits = _digits(text)
    if not length - _LOST_ZEROS <= len(digits) <= length:
        raise InvalidValue("FORMAT", text)
    try:
        return validate(digits.zfill(length))
    except InvalidChecksum:
        raise InvalidValue("CHECKSUM", text) from None
    except ValidationError:
        raise InvalidValue("FORMAT", text) from None


def _digits(text: str) -> str:
    plain = _plain(text)
    number = _SPREADSHEET_NUMBER.fullmatch(plain)
    digits = number[1] if number else _SEPARATORS.sub("", plain)
    # A number of zeros alone passes Luhn's check and is how some software writes "none".
    return digits if digits.strip("0") else ""


# Codes of nomenclatures

_NAF: Final = re.compile(r"([0-9]{2})[. ]?([0-9]{2})[. ]?([A-Za-z])")
_COMMUNE: Final = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_OVERSEAS: Final = range(971, 990)


def naf(text: str) -> str:
    """A sub-class of the NAF rév. 2, with its dot and capital: ``4322a`` is ``43.22A``. Other levels are ``FORMAT``."""
    code = naf_2025(text)
    if not nomenclature_naf.known(code):
        raise InvalidValue("UNKNOWN", text)
    return code


def naf_2025(text: str) -> str:
    """A sub-class of the NAF 2025, in force from January 2027, written like one of the NAF rév. 2.

    Its list is not known here: the form alone is checked.
    """
    match = _NAF.fullmatch(_plain(text))
    if match is None:
        raise InvalidValue("FORMAT", text)
    return f"{match[1]}.{match[2]}{match[3].upper()}"


def commune_code(text: str) -> str:
    """An INSEE commune code: five characters, Corsica's with its letter. Whether it exists is geography's question."""
    plain = _plain(text).replace(" ", "").upper()
    number = _SPREADSHEET_NUMBER.fullmatch(plain)
    code = (number[1] if number else plain).rjust(5, "0")
    if len(plain) < 4 or _COMMUNE.fullmatch(code) is None:
        raise InvalidValue("FORMAT", text)
    if not _is_department(code):
        raise InvalidValue("RANGE", text)
    return code


def _is_department(code: str) -> bool:
    department = code[:2]
    if department in {"2A", "2B"}:
        return True
    return (1 <= int(department) <= 95 and department != "20") or int(code[:3]) in _OVERSEAS


# Phones

# Numbers of the overseas departments are written without their own country code: 0262 … is Réunion's +262 262 …
_REGIONS: Final = ("FR", "RE", "GP", "MQ", "GF", "YT")
_AS_WRITTEN: Final = re.compile(r"(?:0|\+33 ?|0033 ?)([1-9](?:[ .-]?[0-9]{2}){4})")
_PAIRS: Final = re.compile(r"[ .-]")
_KINDS: Final = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")
_SECOND_NUMBER: Final = re.compile(
    r"[;|]|,\s|\s[/\-–]\s|/(?=\+|0[0-9]{9})|\s(?:ou|et)\s|\b(?:poste|fax|ext)\b", re.IGNORECASE
)


def phone(text: str) -> str:
    """E.164 of a number that the numbering plan allows; a French one where no country is said.

    A field with several numbers gives the first. ``FORMAT`` when there is no number in it, ``RANGE`` when the plan has
    no such number (short codes and ``00 00 00 00 00`` among them).
    """
    plain = _plain(text)
    if french := _french(plain):
        return french
    e164 = _e164(plain) or _e164(_SECOND_NUMBER.split(plain, maxsplit=1)[0])
    if not e164:
        raise InvalidValue("RANGE" if any(map(str.isdecimal, plain)) else "FORMAT", text)
    return e164


def _french(plain: str) -> str | None:
    """A number of France as most people write it, by the numbering plan's own patterns; others are parsed whole."""
    written = _AS_WRITTEN.fullmatch(plain)
    if written is None:
        return None
    national = _PAIRS.sub("", written[1])
    return f"+33{national}" if _french_plan().fullmatch(national) else None


@lru_cache(maxsize=1)
def _french_plan() -> re.Pattern[str]:
    """National numbers of every kind that the plan attributes: what ``is_valid_number`` looks through one by one."""
    plan = phonenumbers.PhoneMetadata.metadata_for_region("FR")
    kinds = [getattr(plan, kind, None) for kind in _KINDS]
    return re.compile("|".join(f"(?:{kind.national_number_pattern})" for kind in kinds if kind))


@lru_cache(maxsize=16_384)  # a valid number costs 40 µs to read, and partners repeat them
def _e164(text: str) -> str:
    """The number, or nothing: failures are kept too, since a switchboard's wrong number repeats as well."""
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return ""
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return ""


# E-mails and sites

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_HOST: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
# Nearly every site as it is written already: recognised without taking it apart.
_PLAIN_SITE: Final = re.compile(rf"https?://({_HOST.pattern})(?:/|(/[A-Za-z0-9._~/-]+))?")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?![0-9])")
_NEVER_IN_URL: Final = re.compile(r"[\s\x00-\x1f\x7f]")
_URL_PUNCTUATION: Final = "%/:?#[]@!$&'()*+,;=~"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def email(text: str) -> str:
    """An address in RFC 5321's common form: local part as given, domain in lower-case ASCII. Nothing is sent."""
    local, at, domain = _plain(text).removeprefix("mailto:").rpartition("@")
    if not at or len(local) > 64 or _LOCAL_PART.fullmatch(local) is None:
        raise InvalidValue("FORMAT", text)
    address = f"{local}@{_host(domain, text)}"
    if len(address) > 254:
        raise InvalidValue("FORMAT", text)
    return address


def website(text: str) -> str:
    """An http or https address: scheme added, host in lower-case ASCII, no lone slash at the end.

    Path and query are the partner's, tracking parameters too. Credentials, bare IP addresses, other schemes and
    anything with white space inside are refused.
    """
    if (written := _PLAIN_SITE.fullmatch(text)) and len(written[1]) <= 253 and len(text) <= _LONGEST_URL:
        return text.removesuffix("/") if written[2] is None else text
    plain = text.strip()
    if not plain or len(text) > _LONGEST_URL or _NEVER_IN_URL.search(plain):
        raise InvalidValue("FORMAT", text)
    try:
        parts = urlsplit(plain if _SCHEME.match(plain) else f"https://{plain.removeprefix('//')}")
        authority = _authority(parts, text)
        path, query, fragment = (quote(part, safe=_URL_PUNCTUATION) for part in parts[2:])
    except ValueError:  # brackets, a port or a lone surrogate that no address has
        raise InvalidValue("FORMAT", text) from None
    url = urlunsplit((parts.scheme, authority, "" if path == "/" else path, query, fragment))
    if len(url) > _LONGEST_URL:
        raise InvalidValue("FORMAT", text)
    return url


def _authority(parts: SplitResult, text: str) -> str:
    default_port = _DEFAULT_PORTS.get(parts.scheme)
    if default_port is None or "@" in parts.netloc:
        raise InvalidValue("FORMAT", text)
    host = _host(parts.hostname or "", text)
    return host if parts.port in {None, default_port} else f"{host}:{parts.port}"


def _host(host: str, text: str) -> str:
    """A host name under a top-level domain, in lower-case ASCII (IDNA 2008 after UTS 46, as browsers do)."""
    name = host.rstrip(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name[:_LONGEST], uts46=True).decode("ascii")
        except UnicodeError:  # what idna raises, for its own rules and for lone surrogates
            raise InvalidValue("FORMAT", text) from None
    if len(name) > 253 or _HOST.fullmatch(name) is None:
        raise InvalidValue("FORMAT", text)
    return name
