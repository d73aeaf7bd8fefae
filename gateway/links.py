"""Where a supplier is found in the hub: an address that shows it to a person and gives it to a program."""

from urllib.parse import urlencode

_QUERY = '{ node(id: "%s") { ... on Supplier { id name siren website listings { partner { name } externalId } } } }'


def link_of(base: str | None, supplier: str) -> str | None:
    """The supplier with this opaque id, below the hub's address; ``None`` where nobody has said what that is."""
    if base is None:
        return None
    return f"{base.rstrip('/')}/graphql?{urlencode({'query': _QUERY % supplier})}"
