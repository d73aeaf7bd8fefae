"""Keys: a digest of everything that shaped an answer."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from msgspec import msgpack

Part = None | bool | int | float | str | bytes | Sequence["Part"] | Mapping[str, "Part"]

# MessagePack tags every value with its type and length, so ("ab", "c") and ("a", "bc"), 1 and "1" and True all differ;
# the deterministic order makes mappings equal whatever order their keys were written in.
_encoder = msgpack.Encoder(order="deterministic")


WIDE_INTEGER = 1  # our code among MessagePack's extension types


def make_key(*parts: Part) -> bytes:
    """The 32-byte key of these parts; equal parts in equal order, and nothing else, give an equal key."""
    try:
        encoded = _encoder.encode(parts)
    except OverflowError:  # an integer beyond 64 bits: callers may send any
        encoded = _encoder.encode(_narrowed(parts))
    return blake2b(encoded, digest_size=32).digest()


def _narrowed(part: Part) -> object:
    """The same, its integers beyond 64 bits written as an extension type that nothing else is written as."""
    if isinstance(part, int) and part.bit_length() > 63:
        return msgpack.Ext(WIDE_INTEGER, part.to_bytes(part.bit_length() // 8 + 1, "big", signed=True))
    if isinstance(part, Mapping):
        return {key: _narrowed(value) for key, value in part.items()}
    if isinstance(part, Sequence) and not isinstance(part, str | bytes):
        return [_narrowed(value) for value in part]
    return part
