"""How each partner writes down the same company: one module a partner, in that partner's own record shape."""

from collections.abc import Mapping
from typing import Final

from demo.views.base import View
from demo.views.chambre import ChambreView
from demo.views.cmar import CmarView
from demo.views.cpme13 import Cpme13View
from demo.views.cress_paca import CressPacaView
from demo.views.french_tech import FrenchTechView

VIEWS: Final[Mapping[str, View]] = {
    "chambre": ChambreView(),
    "cmar": CmarView(),
    "cpme13": Cpme13View(),
    "cress_paca": CressPacaView(),
    "french_tech": FrenchTechView(),
}

__all__ = ["VIEWS", "View"]
