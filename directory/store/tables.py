"""Every table group, imported for its effect: after this import ``metadata`` is whole."""

from directory.store import (
    audit,
    changes,
    copies,
    decisions,
    hooks,
    keys,
    leases,
    lexicon,
    listings,
    matches,
    partners,
    register,
    reviews,
    saved,
    state,
    suppliers,
)
from directory.store.metadata import metadata

__all__ = [
    "audit",
    "changes",
    "copies",
    "decisions",
    "hooks",
    "keys",
    "leases",
    "lexicon",
    "listings",
    "matches",
    "metadata",
    "partners",
    "register",
    "reviews",
    "saved",
    "state",
    "suppliers",
]
