"""What the directory knows, said in GraphQL. Imports directory.

:func:`build_schema` makes the schema; the gateway gives each request a :class:`Context`. One file a concept: its type,
its inputs and its root fields. ``schema.graphql`` is the printed schema (``circuit schema``), compared by a test.
"""

from schema.build import build_schema
from schema.context import Caller, Context

__all__ = ["Caller", "Context", "build_schema"]
