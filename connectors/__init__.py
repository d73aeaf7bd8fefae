"""Partners are read here: each is a declaration on shared machinery, and a further partner is settings alone.

Imports ``directory.records`` and ``directory.identifiers`` only. ``docs/connectors.md`` says how a connector is made.
"""

from connectors.catalogue import BUILTIN, declare
from connectors.contract import Connector, Declaration, Probe
from connectors.errors import DeclarationError, PartnerError, PartnerRefused, PartnerUnavailable, RecordUnusable
from connectors.reading import open_connector

__all__ = [
    "BUILTIN",
    "Connector",
    "Declaration",
    "DeclarationError",
    "PartnerError",
    "PartnerRefused",
    "PartnerUnavailable",
    "Probe",
    "RecordUnusable",
    "declare",
    "open_connector",
]
