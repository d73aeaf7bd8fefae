"""Five partner servers and the official register over one generated Provence, speaking the real protocols.

``async with partners(Region(seed=13, companies=12_000)) as running: settings(running)`` runs all five on loopback and
gives what the hub's settings need; a folder of files in the partners' own shapes serves instead of a region.
``running["chambre"].edit(…)`` changes a member upstream, ``running.register.close(…)`` closes a company.
``truth(region)`` says which company is behind each listing: to measure by, never served.
"""

from demo.region import COMPANIES, PARTNERS, Region, truth
from demo.running import Running, partners, servers, serving, settings

__all__ = [
    "COMPANIES",
    "PARTNERS",
    "Region",
    "Running",
    "partners",
    "servers",
    "serving",
    "settings",
    "truth",
]
