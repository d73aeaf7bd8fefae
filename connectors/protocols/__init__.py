"""The protocols that partners speak, one small module each: how to page, to read changes and to find deletions."""

from collections.abc import Mapping
from typing import Final

from connectors.contract import ProtocolName
from connectors.protocols.base import Protocol
from connectors.protocols.ckan import Ckan
from connectors.protocols.csv_file import CsvFile
from connectors.protocols.directus import Directus
from connectors.protocols.json_pages import JsonPages
from connectors.protocols.kinto import Kinto
from connectors.protocols.register import Register
from connectors.protocols.wordpress import WordPress

PROTOCOLS: Final[Mapping[ProtocolName, type[Protocol]]] = {
    "kinto": Kinto,
    "csv": CsvFile,
    "wordpress": WordPress,
    "ckan": Ckan,
    "directus": Directus,
    "json": JsonPages,
    "register": Register,
}

__all__ = ["PROTOCOLS", "Protocol"]
