"""Bytes of a partner as text in the character set it is declared to write, refused when they are of another."""

import codecs
from collections.abc import Mapping
from typing import Any, Final

import msgspec

# Longer marks first, for that of UTF-32 begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The characters that CP1252 has in the place of Latin-1's controls, by the byte of each. Software that reads UTF-8 as
# the one or the other differs in them alone.
_BYTES_OF: Final = {
    character: byte for byte in range(0x80, 0xA0) if (character := bytes([byte]).decode("cp1252", "ignore"))
}
_BYTES: Final = {ord(character): byte for character, byte in _BYTES_OF.items()}
# So few may come from somebody's copying and pasting.
_FEW: Final = 5


class WrongCharset(Exception):
    """Bytes are not of the declared character set. ``str()`` says how that shows, after "an answer" or "its file"."""


class Charset:
    """The character set of one partner."""

    def __init__(self, declared: str) -> None:
        self._name = declared
        self._is_utf8 = codecs.lookup(declared).name == "utf-8"

    def text(self, piece: bytes) -> str:
        """A piece as text."""
        try:
            return piece.decode(self._name)
        except UnicodeDecodeError:
            raise WrongCharset(f"is not written in {self._name}") from None

    def json(self, body: bytes) -> bytes:
        """An answer of JSON in UTF-8."""
        body = self.unmarked(body)
        try:
            text = body.decode(self._name)
        except UnicodeDecodeError as error:
            raise WrongCharset(f"is not written in {self._name}, as its byte {error.start + 1:,} shows") from None
        # Decoding was the check: what is UTF-8 already keeps its bytes.
        return body if self._is_utf8 else text.encode()

    def unmarked(self, start: bytes) -> bytes:
        """The first piece without the mark of UTF-8. Raises :class:`WrongCharset` for another's mark."""
        for mark, name in _MARKS:
            if start.startswith(mark):
                if self._is_utf8 and name == "utf-8":
                    return start.removeprefix(mark)
                raise WrongCharset(f"is written in {name} and not in {self._name}, as its first bytes say")
        return start


class Accents:
    """Looks for text whose bytes were UTF-8 and were read as something else: ``Ã©`` where ``é`` should be.

    Any byte is some character of CP1252 and nothing fails, be it that UTF-8 is declared to be CP1252 or that the
    partner's own software took it for that. But accented French is hardly ever valid UTF-8 by accident: when the
    accents of more records are than are not, that is how the whole was misread.
    """

    def __init__(self, declared: str) -> None:
        self._is_utf8 = codecs.lookup(declared).name == "utf-8"
        self._charset = "cp1252" if self._is_utf8 else declared
        self._misread = self._sound = 0

    @property
    def are_misread(self) -> bool:
        """Whether most of the records with accents show it, and more than a few."""
        return self._misread > max(_FEW, self._sound)

    def fault(self, setting: str) -> str:
        """What to say of it, with the remedy: whoever misread it is the partner, unless ``setting`` is wrong."""
        if self._is_utf8:
            return "its text is encoded in utf-8 twice (Ã© for é); ask the partner to mend it"
        return f"its text is written in utf-8 and not in {self._charset} (Ã© for é); correct {setting}"

    def see(self, raw: str, record: Mapping[str, Any]) -> None:
        """Takes one record into account; many servers write accents as ``\\u00e9``."""
        is_escaped = "\\u" in raw
        if raw.isascii() and not is_escaped:
            return
        text = msgspec.json.encode(record).decode() if is_escaped else raw
        if text.isascii():
            return
        if self._is_misread(text):
            self._misread += 1
        else:
            self._sound += 1

    def _is_misread(self, text: str) -> bool:
        """Whether it makes UTF-8, and that says something: ``É`` before a no-break space or ``’`` makes it as well, of
        letters that no partner writes.
        """
        try:
            meant = self._bytes(text).decode()
        except UnicodeError:
            return False
        return any("\u00a0" <= character <= "\u00ff" or character in _BYTES_OF for character in meant)

    def _bytes(self, text: str) -> bytes:
        """What was misread, if it was: in Latin-1 as well, where the partner's own software did it."""
        try:
            return text.encode(self._charset)
        except UnicodeEncodeError:
            if not self._is_utf8:
                raise
            return text.translate(_BYTES).encode("latin-1")
