"""Partners are read here: each is a declaration on shared machinery, and a further partner is settings alone.

Imports ``directory.records`` and ``directory.identifiers`` only. ``docs/connectors.md`` says how a connector is made.
"""

from connectors.breaker import Breaker, pause_after
from connectors.catalogue import BUILTIN, declare
from connectors.contract import Connector, Declaration, Probe
from connectors.errors import (
    CannotAsk,
    DeclarationError,
    PartnerError,
    PartnerRefused,
    PartnerUnavailable,
    RecordUnusable,
)
from connectors.reading import open_connector
from connectors.replaying import Reel, Replay, replay

__all__ = [
    "BUILTIN",
    "Breaker",
    "CannotAsk",
    "Connector",
    "Declaration",
    "DeclarationError",
    "PartnerError",
    "PartnerRefused",
    "PartnerUnavailable",
    "Probe",
    "RecordUnusable",
    "Reel",
    "Replay",
    "declare",
    "open_connector",
    "pause_after",
    "replay",
]
