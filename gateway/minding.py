"""Around the answering of an operation: scopes are asked before it, mutations written down before and after it.

What was forbidden in it is noted for the audit log.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from cache import Answer, Fleeting
from directory.records import now
from directory.store.audit import Entry, Kind
from directory.store.errors import StoreError
from gateway.answering import Question
from gateway.door import Notes
from gateway.hub import Hub
from gateway.refusals import store_away
from gateway.roots import Mutating, fields_of, mutations_of
from gateway.scopes import Scope, of_mutations, require
from schema.errors import Code

DOOR: Final = "/graphql"
NOT_RUN: Final = "NOT_RUN"
_FORBIDDEN: Final = f'"{Code.FORBIDDEN.value}"'.encode()


class _Extensions(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    path: list[str | int] = []
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


class _Said(msgspec.Struct):
    errors: list[_Error] = []


_SAID: Final = msgspec.json.Decoder(_Said)


async def minded(hub: Hub, question: Question, notes: Notes, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """What ``work`` answers. Raises :class:`RequestRefused` where a scope is missing, or the log cannot be written."""
    if question.operation.kind == "mutation":
        given = await _logged(hub, question, work)
    else:
        require(question.identity, Scope.READ)
        given = await work()
    # An answer with errors is kept by nobody; only in such a one is there anything to look for.
    if isinstance(given.value, Fleeting) and given.value.find(_FORBIDDEN) >= 0:
        notes.forbidden |= _forbidden(question, given.value)
    return given


async def _logged(hub: Hub, question: Question, work: Callable[[], Awaitable[Answer]]) -> Answer:
    asked = mutations_of(hub.schema, question.request, question.identity.role)
    require(question.identity, *sorted(of_mutations([each.field for each in asked])))
    # What is not for the caller's role will be refused: an attempt, which must not make the store write for each.
    permitted = [each for each in asked if each.is_permitted]
    if not permitted:
        return await work()
    begun = asyncio.ensure_future(hub.trail.begin([_entry(question, each) for each in permitted]))
    try:
        numbers = await asyncio.shield(begun)
    except asyncio.CancelledError:
        hub.behind(_end_unrun(hub, question, permitted, begun))  # what is written down as begun has an end
        raise
    except StoreError:
        message = "The directory cannot be written just now; try again in a few moments."
        raise store_away(message) from None
    try:
        given = await work()
    except BaseException:
        # Cut short, perhaps because nobody waits any more: what is known is written all the same.
        hub.behind(hub.trail.end(_ends(question, permitted, numbers)))
        raise
    # Whoever waits may be cut off meanwhile: the end is written all the same.
    await asyncio.shield(hub.behind(hub.trail.end(_ends(question, permitted, numbers))))
    return given


async def _end_unrun(
    hub: Hub, question: Question, asked: Sequence[Mutating], begun: "asyncio.Future[list[int]]"
) -> None:
    with suppress(StoreError):
        await hub.trail.end(_ends(question, asked, await begun))


def _entry(question: Question, asked: Mutating) -> Entry:
    who = question.identity
    return Entry(
        kind=Kind.MUTATION,
        at=now(),
        door=DOOR,
        key=who.prefix,
        subject=who.subject,
        role=who.role.value,
        field=asked.field,
        ids=asked.ids,
        request_id=question.request_id,
    )


def _ends(question: Question, asked: Sequence[Mutating], numbers: Sequence[int]) -> list[Entry]:
    at = now()
    return [
        Entry(kind=Kind.OUTCOME, at=at, door=DOOR, of=number, outcome=question.outcomes.get(each.name, NOT_RUN))
        for each, number in zip(asked, numbers, strict=True)
    ]


def _forbidden(question: Question, answer: bytes) -> frozenset[str]:
    """The root fields under which something was forbidden."""
    errors = _SAID.decode(answer).errors
    refused = {each.path[0] for each in errors if each.extensions.code == Code.FORBIDDEN.value and each.path}
    # By the schema's words: a name in the answer is whatever the caller likes to write.
    return frozenset(field for name, field in fields_of(question.request).items() if name in refused)
