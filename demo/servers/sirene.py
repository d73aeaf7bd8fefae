"""The official register: the API Recherche d'entreprises of the DINUM over INSEE's Sirene.

At most 25 results a page and 10,000 in all; errors are ``{"erreur": …}`` with 400. Asked for a SIREN it gives that
company. Asked for words it looks at names as they are shown, in which nobody's withheld name can be found.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, Final

import msgspec
from aiohttp import hdrs, web
from msgspec.structs import replace

from demo.ledger import Record
from demo.region import Region
from demo.register import Entry
from demo.servers.base import DemoServer, json_response
from demo.servers.limits import PerSecond
from demo.spelling import capitals
from demo.views.sirene import PARTS, full_name, shown

SEARCH: Final = "/search"
_PER_PAGE: Final = 25
_RESULTS: Final = 10_000
_PAGES: Final = 1_000
_SHORTEST: Final = 3  # characters of a question in words
_SIREN: Final = re.compile(r"\d{9}")
_YIELD_EVERY: Final = 200


class _Refused(Exception):
    """A request that is answered 400, and why."""


class SireneServer(DemoServer):
    """``GET /search`` over a region. ``requests_per_second`` is the most it takes, without limit unless given."""

    name: ClassVar[str] = "sirene"

    def __init__(self, region: Region, *, requests_per_second: int | None = None) -> None:
        self._region = region
        self._limit = PerSecond(requests_per_second) if requests_per_second else None
        self._edited: dict[int, Entry] = {}
        self._names: Sequence[str] = ()

    def app(self) -> web.Application:
        """The one address."""
        app = web.Application()
        app.router.add_get(SEARCH, self.search)
        return app

    def settings(self, address: str) -> dict[str, Any]:
        """The address; nobody is asked who they are."""
        return {"base_url": address}

    def close(self, siren: str, on: date) -> None:
        """Let a company have ceased on a day."""
        number = self._known(siren)
        self._edited[number] = replace(self._entry(number), closed_on=on)

    def set_diffusion(self, siren: str, status: str) -> None:
        """Change a company's "statut de diffusion": O, P or N."""
        number = self._known(siren)
        self._edited[number] = replace(self._entry(number), diffusion=status)

    def record(self, siren: str) -> Record:
        """The company as the register answers it, with all its parts."""
        return self._record(self._known(siren))

    def sirens(self) -> list[str]:
        """Every company's, in the order of the region."""
        return [self._region.company(number).siren for number in range(self._region.companies)]

    async def search(self, request: web.Request) -> web.Response:
        """The one question."""
        if self._limit is not None and self._limit.is_passed():
            return web.Response(status=429, text="Too Many Requests", headers={hdrs.RETRY_AFTER: "1"})
        try:
            return await self._found(request.query)
        except _Refused as reason:
            return json_response(msgspec.json.encode({"erreur": str(reason)}), 400)

    async def _found(self, query: Mapping[str, str]) -> web.Response:
        page, size = _number(query, "page", 1, _PAGES), _number(query, "per_page", 10, _PER_PAGE)
        if page * size > _RESULTS:
            raise _Refused("Le produit de `page` et de `per_page` ne doit pas excéder 10 000.")
        parts, numbers = _parts(query), (await self._matching(query.get("q", "")))[:_RESULTS]
        results = [self._record(number) for number in numbers[(page - 1) * size : page * size]]
        answer = {
            "results": [
                {key: value for key, value in result.items() if key not in PARTS - parts} for result in results
            ],
            "total_results": len(numbers),
            "page": page,
            "per_page": size,
            "total_pages": -(-len(numbers) // size),
        }
        return json_response(msgspec.json.encode(answer))

    async def _matching(self, question: str) -> Sequence[int]:
        asked = question.replace(" ", "")
        if _SIREN.fullmatch(asked):
            number = self._region.number(asked)
            return () if number is None else (number,)
        if len(question.strip()) < _SHORTEST:
            raise _Refused(f"{_SHORTEST} caractères minimum pour les termes de la requête.")
        return await self._named(capitals(question).split())

    async def _named(self, words: Sequence[str]) -> Sequence[int]:
        """Companies with a name in which every word is one or begins one, and which may be found by it."""
        if not self._names:
            self._names = await self._every_name()
        found = [number for number, name in enumerate(self._names) if all(f" {word}" in name for word in words)]
        return [number for number in found if self._is_found_by_name(number)]

    async def _every_name(self) -> Sequence[str]:
        names = []
        for number in range(self._region.companies):
            names.append(f" {full_name(self._region.company(number)).replace('(', '')}")
            if number % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        return names

    def _is_found_by_name(self, number: int) -> bool:
        diffusion = self._entry(number).diffusion
        return diffusion == "O" or (diffusion == "P" and self._region.company(number).person is None)

    def _entry(self, number: int) -> Entry:
        return self._edited.get(number) or self._region.entry(number)

    def _record(self, number: int) -> Record:
        return shown(self._region.company(number), self._entry(number))

    def _known(self, siren: str) -> int:
        number = self._region.number(siren)
        if number is None:
            raise KeyError(f"{self.name} has no company {siren!r}")
        return number


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _Refused(f"Veuillez indiquer un paramètre `{name}` entier.")
    if not 1 <= int(text) <= most:
        raise _Refused(f"Veuillez indiquer un paramètre `{name}` entre `1` et `{most}`, par défaut `{default}`.")
    return int(text)


def _parts(query: Mapping[str, str]) -> frozenset[str]:
    """The parts of a result that are asked for: all of them, unless a minimal one is."""
    asked = frozenset(query.get("include", "").split(",")) - {""}
    is_minimal = query.get("minimal", "").lower() == "true"
    if asked and not is_minimal:
        raise _Refused("Veuillez demander une réponse minimale (`minimal=True`) avant de préciser `include`.")
    if asked - PARTS:
        raise _Refused(f"Veuillez indiquer au moins un champ parmi {', '.join(sorted(PARTS))}.")
    return asked if is_minimal else PARTS
