"""Saved searches: a question kept under an API key, with a feed and a webhook that tell what is new."""

from datetime import datetime
from typing import Annotated, Any, Final, Self

import msgspec
import strawberry

from directory import saving
from directory.disclosure import Role
from directory.following import TooMany, check_size
from directory.saving import LONGEST_NAME, LONGEST_URL, MOST_SEARCHES, Kept, Wanted
from directory.search.errors import InvalidQuery
from directory.store import saved
from schema import ids
from schema.arguments import ABSENT, given
from schema.context import Info
from schema.cost import EDIT, FEW, SEVERAL, holds, weighs
from schema.errors import BadInput, Forbidden
from schema.filters import Near, SupplierWhere
from schema.payload import ErrorCode, UserError
from schema.questions import arguments_of, question_of
from schema.roles import for_keys

TYPE: Final = "SavedSearch"
Id = Annotated[strawberry.ID, strawberry.argument(description="The saved search.")]
Webhook = Annotated[
    str | None,
    strawberry.argument(description="An https address that is called, signed, when there is news; `docs/http.md`."),
]


@strawberry.type(description="Where a saved search's news is sent.")
class SavedSearchWebhook:
    """A webhook and how it fares."""

    url: str = strawberry.field(description="Its address.")
    waiting: int = strawberry.field(description="Calls that have not been taken yet.")
    failures: int = strawberry.field(description="Calls that failed in a row.")
    problem: str | None = strawberry.field(description="Why the last call failed; null when it was taken.")
    ended_at: datetime | None = strawberry.field(
        description="When the hub gave up calling it; null while it does not. `savedSearchUpdate` with a `webhook` "
        "begins anew."
    )


@strawberry.type(description="A question that is asked again whenever the index changes, for the key that saved it.")
class SavedSearch:
    """A saved search as its owner sees it."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    name: str = strawberry.field(description="What its owner calls it.")
    arguments: str = strawberry.field(
        description="What it asks: the arguments `query`, `where` and `near` of `suppliers`, as one JSON object."
    )
    role: Role = strawberry.field(description="The role of its owner when it was saved: it never sees more.")
    is_paused: bool = strawberry.field(description="Whether it is set aside.")
    matches: int | None = strawberry.field(
        description="How many suppliers it found when it was last asked; null until it was first asked."
    )
    problem: str | None = strawberry.field(description="Why it could not be asked and was paused; null when it can.")
    webhook: SavedSearchWebhook | None = strawberry.field(description="Where news is sent.")
    created_at: datetime = strawberry.field(description="When it was saved.")

    @classmethod
    def of(cls, search: saved.SavedSearch, matches: int, waiting: int) -> Self:
        """The search with its numbers."""
        webhook = None
        if search.webhook_url is not None:
            webhook = SavedSearchWebhook(
                url=search.webhook_url,
                waiting=waiting,
                failures=search.failures,
                problem=None if search.paused else search.problem,
                ended_at=search.webhook_ended_at,
            )
        return cls(
            id=ids.encode(TYPE, search.id),
            name=search.name,
            arguments=msgspec.json.encode(search.asked).decode(),
            role=Role(search.role),
            is_paused=search.paused,
            matches=None if search.seen_seq is None else matches,
            problem=search.problem if search.paused else None,
            webhook=webhook,
            created_at=search.created_at,
        )


@strawberry.type(description="A saved search as it is now, or why nothing was changed.")
class SavedSearchPayload:
    """What :class:`SavedSearchMutation` answers."""

    saved_search: SavedSearch | None = strawberry.field(
        description="The search as it is now; null when nothing was changed, and when it was deleted."
    )
    feed_path: str | None = strawberry.field(
        description="The address of its Atom feed below the hub's own, with a token that opens it without the key: "
        "shown here and nowhere again."
    )
    webhook_secret: str | None = strawberry.field(
        description="What its calls are signed with (Standard Webhooks): shown here and nowhere again."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing was changed; empty when all went well.", directives=[holds(FEW)]
    )

    @classmethod
    def failed(cls, argument: str, code: ErrorCode, message: str) -> Self:
        """Nothing was changed."""
        error = UserError.of(argument, code, message)
        return cls(saved_search=None, feed_path=None, webhook_secret=None, user_errors=[error])

    @classmethod
    async def of(cls, info: Info, kept: Kept) -> Self:
        """The search, and what was just made for it."""
        opaque = ids.encode(TYPE, kept.search.id)
        (search,) = await _told(info, [kept.search])
        path = f"/saved-searches/{opaque}/feed.atom?token={kept.token}" if kept.token else None
        return cls(saved_search=search, feed_path=path, webhook_secret=kept.secret, user_errors=[])


async def _told(info: Info, searches: list[saved.SavedSearch]) -> list[SavedSearch]:
    numbers = [search.id for search in searches]
    async with info.context.database.reading() as connection:
        matches = await saved.count_matches(connection, numbers)
        waiting = await saved.waiting(connection, numbers)
    return [SavedSearch.of(each, matches.get(each.id, 0), waiting.get(each.id, 0)) for each in searches]


def _owner(info: Info) -> str:
    key = info.context.caller.key
    if key is None:
        raise Forbidden("Searches are saved under an API key; ask the operator for one.")
    return key


@strawberry.type
class SavedSearchQuery:
    """The root field that lists them."""

    @for_keys("The searches that this key has saved, oldest first.", weighs(10), holds(SEVERAL))
    async def saved_searches(self, info: Info) -> list[SavedSearch]:
        async with info.context.database.reading() as connection:
            searches = await saved.of_owner(connection, _owner(info))
        return await _told(info, searches)


@strawberry.type
class SavedSearchMutation:
    """Root fields that keep, change and forget them."""

    @for_keys(
        f"Save a search: what it finds from now on, new or changed, is told by a feed and a webhook. A key has at most "
        f"{MOST_SEARCHES}.",
        EDIT,
    )
    async def saved_search_create(
        self,
        info: Info,
        name: Annotated[str, strawberry.argument(description="What to call it.")],
        query: Annotated[str | None, strawberry.argument(description="Words, as in `suppliers`.")] = ABSENT,
        where: Annotated[SupplierWhere | None, strawberry.argument(description="Filters, as in `suppliers`.")] = ABSENT,
        near: Annotated[Near | None, strawberry.argument(description="A disc, as in `suppliers`.")] = ABSENT,
        webhook: Webhook = ABSENT,
    ) -> SavedSearchPayload:
        context = info.context
        address = (given(webhook) or "").strip()
        if fault := _name_fault(name) or _webhook_fault(info, address):
            return SavedSearchPayload.failed(*fault)
        asked = arguments_of(given(query), given(where), given(near))
        if fault := await _question_fault(info, asked):
            return SavedSearchPayload.failed(*fault)
        kept = await saving.keep(
            context.database,
            owner=_owner(info),
            role=context.caller.role,
            name=name.strip(),
            asked=asked,
            webhook=address or None,
            clock=context.clock,
        )
        if kept is None:
            sentence = f"This key has saved {MOST_SEARCHES} searches, the most there may be; delete one first."
            return SavedSearchPayload.failed("name", ErrorCode.TOO_MANY, sentence)
        return await SavedSearchPayload.of(info, kept)

    @for_keys(
        "Change a saved search of this key; what it asks stays. Arguments left out leave things as they are.", EDIT
    )
    async def saved_search_update(
        self,
        info: Info,
        id: Id,  # noqa: A002
        name: Annotated[str | None, strawberry.argument(description="What to call it.")] = ABSENT,
        paused: Annotated[bool | None, strawberry.argument(description="True to set it aside.")] = ABSENT,
        webhook: Webhook = ABSENT,
        renew_feed: Annotated[
            bool | None, strawberry.argument(description="True for a new token: the feed's old address is closed.")
        ] = ABSENT,
    ) -> SavedSearchPayload:
        address, called = given(webhook), given(name)
        fault = (_name_fault(called) if called is not None else None) or _webhook_fault(info, (address or "").strip())
        if fault:
            return SavedSearchPayload.failed(*fault)
        wanted = Wanted(
            name=called.strip() if called is not None else None,
            paused=given(paused),
            # Null takes the webhook away as an empty address does; left out, it stays.
            webhook=None if webhook is strawberry.UNSET else (address or "").strip(),
            renew_token=bool(given(renew_feed)),
        )
        number = _number(id)
        kept = await saving.alter(info.context.database, _owner(info), number, wanted) if number else None
        return await SavedSearchPayload.of(info, kept) if kept else _unknown()

    @for_keys("Forget a saved search of this key, its feed and its calls.", EDIT)
    async def saved_search_delete(self, info: Info, id: Id) -> SavedSearchPayload:  # noqa: A002
        number = _number(id)
        if not number or not await saving.forget(info.context.database, _owner(info), number):
            return _unknown()
        return SavedSearchPayload(saved_search=None, feed_path=None, webhook_secret=None, user_errors=[])


Fault = tuple[str, ErrorCode, str]


def _name_fault(name: str) -> Fault | None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        return "name", ErrorCode.INVALID, f"The name has 1 to {LONGEST_NAME} characters that can be printed."
    return None


def _webhook_fault(info: Info, address: str) -> Fault | None:
    if not address:
        return None
    problem = info.context.webhook_problem(address) if len(address) <= LONGEST_URL else "The address is too long."
    return ("webhook", ErrorCode.INVALID, problem) if problem else None


async def _question_fault(info: Info, asked: dict[str, Any]) -> Fault | None:
    """Why the search cannot be followed. Raises what `suppliers` would for filters that are not for the caller."""
    try:
        await check_size(info.context.index(), question_of(asked, info.context.caller.role, info.context.understander))
    except TooMany as error:
        return "where", ErrorCode.TOO_MANY, str(error)
    except InvalidQuery as error:
        return "where", ErrorCode.INVALID, str(error)
    return None


def _number(opaque: str) -> int | None:
    try:
        return ids.number_of(TYPE, opaque)
    except BadInput:
        return None


def _unknown() -> SavedSearchPayload:
    return SavedSearchPayload.failed("id", ErrorCode.NOT_FOUND, "This key has saved no such search.")
