"""Texts that callers hand back and must not read anything from: ids and cursors, in URL-safe base64."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64


def seal(text: str) -> str:
    """The opaque form of ``text``, without padding."""
    return urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def unseal(opaque: str) -> str | None:
    """What :func:`seal` was given; ``None`` for anything that it did not make."""
    try:
        text = urlsafe_b64decode(opaque.encode() + b"=" * (-len(opaque) % 4)).decode()
    except (NotBase64, UnicodeError):
        return None
    # Decoding forgives stray characters and bits, so the text must also give the same form back.
    return text if seal(text) == opaque else None
