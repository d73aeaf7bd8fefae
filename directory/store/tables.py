"""Every table group, imported for its effect: after this import ``metadata`` is whole."""

from directory.store import decisions, keys, listings, partners, state, suppliers
from directory.store.metadata import metadata

__all__ = ["decisions", "keys", "listings", "metadata", "partners", "state", "suppliers"]
