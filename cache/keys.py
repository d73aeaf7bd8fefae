"""Keys: a digest of everything that shaped an answer."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from msgspec import msgpack

Part = None | bool | int | float | str | bytes | Sequence["Part"] | Mapping[str, "Part"]

# MessagePack tags every value with its type and length, so ("ab", "c") and ("a", "bc"), 1 and "1" and True all differ;
# the deterministic order makes mappings equal whatever order their keys were written in.
_encoder = msgpack.Encoder(order="deterministic")


def make_key(*parts: Part) -> bytes:
    """The 32-byte key of these parts; equal parts in equal order, and nothing else, give an equal key."""
    return blake2b(_encoder.encode(parts), digest_size=32).digest()
