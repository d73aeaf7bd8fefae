"""Some members asked for by their ids: one question each, or one reading of everything where there is no question."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from typing import Final

from connectors import readers
from connectors.mapping import MAX_ID, Absent, Mapper, Outcome
from connectors.protocols import Protocol
from directory.records import Unusable

_AT_ONCE: Final = 4


class Asking:
    """Questions after single members within one conversation with their partner."""

    def __init__(self, protocol: Protocol, mapper: Mapper) -> None:
        self._protocol = protocol
        self._mapper = mapper

    async def outcomes(self, external_ids: Sequence[str]) -> Sequence[Outcome]:
        """What each one is now, in order; :class:`Absent` for whatever is no member."""
        if self._protocol.reads_whole:
            found: Mapping[str, Outcome] = await self._found(frozenset(filter(_is_id, external_ids)))
            return [found.get(external_id, Absent(external_id)) for external_id in external_ids]
        limit = asyncio.Semaphore(_AT_ONCE)

        async def asked(external_id: str) -> Outcome:
            async with limit:
                return await self._asked(external_id)

        tasks = [asyncio.create_task(asked(external_id)) for external_id in external_ids]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _asked(self, external_id: str) -> Outcome:
        row = await self._protocol.member(external_id) if _is_id(external_id) else None
        if row is None:
            return Absent(external_id)
        outcome = self._mapper.outcome(row)
        if isinstance(outcome, Unusable) and outcome.external_id is None:
            return Unusable(external_id, outcome.reason, outcome.excerpt)
        if outcome.external_id != external_id:
            declared = self._protocol.declared
            raise self._protocol.http.refused(
                "it answers with another member than the one that was asked for; correct "
                f"{declared.setting('pages')}.member or {declared.setting('fields')}.id"
            )
        return outcome

    async def _found(self, wanted: Collection[str]) -> Mapping[str, Outcome]:
        """Those of everything that are wanted; of rows with the same id the last one counts, as in any reading."""
        found: dict[str, Outcome] = {}
        async with aclosing(self._protocol.everything()) as batches:
            async for batch in batches:
                for unusable in batch.unusable:
                    self._keep(found, wanted, unusable)
                for row in batch.rows:
                    identity = self._mapper.identity(row)
                    if (identity.external_id if isinstance(identity, Absent) else identity) in wanted:
                        self._keep(found, wanted, self._mapper.outcome(row))
        return found

    def _keep(self, found: dict[str, Outcome], wanted: Collection[str], outcome: Outcome) -> None:
        if outcome.external_id is not None and outcome.external_id in wanted:
            found[outcome.external_id] = outcome


def _is_id(text: str) -> bool:
    """Whether a member could have this id at all: one clean line of some length, which readings give."""
    return 0 < len(text) <= MAX_ID and readers.line(text) == text
