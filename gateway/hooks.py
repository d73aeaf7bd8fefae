"""``POST /hooks/{partner}``: a partner says that members have changed, and the hub reads these from it at once.

Of the call nothing is believed but who signed it and the members' ids. It is noted as heard when what it named has been
read: until then the sender's repetition of it is heard, whatever became of the first. Whoever cannot sign is told
nothing, not even which partners there are.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from directory.records import now
from directory.store import hooks
from directory.store.errors import StoreError
from directory.store.partners import Run, RunStatus
from directory.store.rows import is_id
from directory.store.views import Health
from gateway.bodies import body_of
from gateway.errors import RequestRefused, SettingsError
from gateway.hub import Hub
from gateway.media import Media
from gateway.refusals import later, refuse
from gateway.requests import check_content
from gateway.settings import Settings
from gateway.signing import Call, signed_call
from gateway.turns import TooManyWaiting

if TYPE_CHECKING:
    from connectors import Declaration
    from gateway.hooked import Outcome

MAX_BODY: Final = 65_536
MAX_MEMBERS: Final = 100
AGAIN_SECONDS: Final = 60
BUSY_SECONDS: Final = 10
WAIT_SECONDS: Final = 15.0  # with a reading after it, no more than senders wait for
PAUSED_SECONDS: Final = 3_600

log = structlog.get_logger()

Id = str | int


class _Data(msgspec.Struct):
    id: Id | None = None
    ids: list[Id] = []


class _Said(_Data):
    """``{"id": …}``, ``{"ids": […]}``, or either inside ``data``, as Standard Webhooks has it."""

    data: _Data | None = None


class Done(msgspec.Struct, frozen=True):
    """What became of the members named."""

    added: int
    changed: int
    withdrawn: int


async def hook(request: Request) -> Response:
    """The endpoint; refusals come in the form of GraphQL's errors, as everywhere in the hub."""
    hub: Hub = request.app.state.hub
    try:
        done = await _heard(hub, request)
    except RequestRefused as refused:
        return refuse(refused)
    except StoreError:
        message = "The directory cannot be written just now; send the call again."
        return refuse(later("STORE_UNAVAILABLE", message, BUSY_SECONDS))
    headers = {"Content-Type": Media.JSON.content_type, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(done), headers=headers)


async def _heard(hub: Hub, request: Request) -> Done:
    check_content(request.headers)
    body = await body_of(request, MAX_BODY, hub.settings.limits.body_seconds)
    name = request.path_params["partner"]
    call = signed_call(request.headers, body, _secret(hub.settings, name))
    declaration = _declared(hub.settings, name) if call else None
    if call is None or declaration is None:
        raise _unsigned()
    if not call.is_timely(now()):
        raise RequestRefused(401, "STALE", "The call was signed more than five minutes ago or ahead; sign it anew.")
    external_ids = _named(body)
    try:
        async with hub.hook_turns.of(name, WAIT_SECONDS):
            return await _done(hub, declaration, call, external_ids)
    except TooManyWaiting:
        message = "Too many calls of this partner are waiting; send it again, with several ids in one call."
        raise RequestRefused(429, "TOO_MANY", message, {"Retry-After": str(BUSY_SECONDS)}) from None


def _secret(settings: Settings, partner: str) -> str | None:
    # From the table as it is: an unsigned call must not have the partners' client loaded.
    secret = settings.partners.get(partner, {}).get("hook_secret")
    return secret if isinstance(secret, str) else None


def _declared(settings: Settings, partner: str) -> "Declaration | None":
    try:
        return settings.declarations().get(partner)
    except SettingsError as error:
        log.error("hook.settings", problem=str(error))
        raise later("UNAVAILABLE", "Partners cannot be read just now; send the call again.", AGAIN_SECONDS) from None


def _unsigned() -> RequestRefused:
    message = "The call is not signed as it must be; docs/http.md of the hub says how."
    return RequestRefused(401, "UNSIGNED", message, {"WWW-Authenticate": 'Webhook realm="circuit"'})


def _named(body: bytes) -> list[str]:
    """The members' ids, each once. Raises :class:`RequestRefused`."""
    try:
        said = msgspec.json.decode(body, type=_Said)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _not_understood() from None
    data = said.data or said
    named = [*([] if data.id is None else [data.id]), *data.ids]
    ids = list(dict.fromkeys(map(str, named)))
    if not 0 < len(ids) <= MAX_MEMBERS or not all(map(is_id, ids)):
        raise _not_understood()
    return ids


def _not_understood() -> RequestRefused:
    message = f'Send {{"id": "123"}} or {{"ids": ["123", "124"]}}, with at most {MAX_MEMBERS} ids.'
    return RequestRefused(400, "BAD_REQUEST", message)


async def _done(hub: Hub, declaration: "Declaration", call: Call, external_ids: Sequence[str]) -> Done:
    from gateway.hooked import read_members  # noqa: PLC0415  # with it the partners' client is loaded

    async with hub.database.reading() as connection:
        if await hooks.was_heard(connection, declaration.name, call.id):
            raise RequestRefused(409, "HEARD_BEFORE", "A call with this webhook-id was heard before; nothing to do.")
    outcome = await read_members(hub.database, hub.settings, declaration, external_ids, hub.telemetry)
    run = outcome.run
    _note(declaration.name, len(external_ids), run)
    if run.status is RunStatus.REFUSED:
        raise await _refused(hub, declaration, outcome)
    # Only now: whatever ends a call before this, a process that dies included, the sender's repetition is heard.
    async with hub.database.writing() as connection:
        await hooks.hear(connection, declaration.name, call.id, now())
    with suppress(StoreError):
        await hub.catch_up()
    return _told(run)


async def _refused(hub: Hub, declaration: "Declaration", outcome: "Outcome") -> RequestRefused:
    name, error = declaration.title, outcome.error
    if outcome.cannot_be_asked:
        message = f"The hub cannot ask {name} for single members; it reads the whole directory at its own rhythm."
        return RequestRefused(501, "CANNOT_ASK", message)
    if outcome.was_asked:
        wait = (error.retry_at - now()).total_seconds() if error and error.retry_at else AGAIN_SECONDS
        return later("NOT_READ", f"{name} could not be read; send the call again.", max(1, math.ceil(wait)))
    states = await hub.reader.partners()
    if any(each.info.id == declaration.name and each.health is Health.PAUSED for each in states):
        return later("PAUSED", f"A steward has paused {name}; its members are not read.", PAUSED_SECONDS)
    return later("BUSY", f"{name} is being harvested; send the call again.", BUSY_SECONDS)


def _note(partner: str, members: int, run: Run) -> None:
    counts = {name: getattr(run, name) for name in Done.__struct_fields__}
    log.info("hook", partner=partner, members=members, run=run.id, status=run.status, **counts)


def _told(run: Run) -> Done:
    return Done(added=run.added, changed=run.changed, withdrawn=run.withdrawn)
