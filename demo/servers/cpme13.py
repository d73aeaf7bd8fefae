"""CPME 13: the WordPress REST API over a custom post type ``adherent``."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from aiohttp import hdrs, web

from demo.clocks import PARIS, iso_seconds, to_ms
from demo.ledger import Key, Record
from demo.servers.base import NumberedServer, json_response
from demo.servers.oauth import basic_pair
from demo.servers.posts import META_SHOWN_TO_ALL, SITE, TERMS, Term, post, pruned, term

API = "/wp-json/wp/v2"
USER = "demo"
PASSWORD = "demo demo demo demo demo demo"  # noqa: S105 - shaped like WordPress's, shown to everyone

_ORDERS = ("author", "date", "id", "include", "modified", "parent", "relevance", "slug", "include_slugs", "title")
_PER_PAGE_MAX = 100


class _InvalidParameter(Exception):
    """A query parameter that WordPress refuses, with its reason."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name)
        self.name, self.reason = name, reason


class Cpme13Server(NumberedServer):
    """Pages of posts by id or by modification; an unknown password makes an anonymous reader, not an error."""

    name: ClassVar[str] = "cpme13"

    def app(self) -> web.Application:
        """Posts, terms, and who am I."""
        app = web.Application()
        app.router.add_get(f"{API}/adherent", self.list_posts)
        app.router.add_get(f"{API}/secteur", self.list_terms)
        app.router.add_get(f"{API}/users/me", self.who_am_i)
        app.router.add_get(f"{API}/{{route:.*}}", _no_route)
        return app

    def settings(self, address: str) -> dict[str, Any]:
        """Address and demo credentials."""
        return {"base_url": address, "username": USER, "password": PASSWORD}

    def stamped(self, record: Record, key: Key, instant: datetime, *, created: bool) -> Record:
        """``modified_gmt``, UTC, whole seconds."""
        return {**record, "id": key, "modified_gmt": iso_seconds(instant)}

    async def who_am_i(self, request: web.Request) -> web.Response:
        """The user behind the password; 401 for an anonymous reader."""
        if not _is_user(request):
            return _error(401, "rest_not_logged_in", "You are not currently logged in.")
        return _answer({"id": 7, "name": "Circuit Court (démo)", "slug": USER, "link": f"{SITE}/author/demo/"})

    async def list_terms(self, request: web.Request) -> web.Response:
        """Terms of the taxonomy ``secteur``."""
        query = request.query
        try:
            per_page, page = _paging(query)
            rows = _terms(query)
        except _InvalidParameter as invalid:
            return _refused(invalid)
        pages = -(-len(rows) // per_page)
        shown = rows[(page - 1) * per_page : page * per_page]
        bodies = [_dumps(pruned(term(row), query.get("_fields", ""))) for row in shown]
        return json_response(b"[" + b",".join(bodies) + b"]", headers=_counts(request, len(rows), pages, page))

    async def list_posts(self, request: web.Request) -> web.Response:
        """A page of members, as WP_REST_Posts_Controller::get_items answers."""
        query, trusted = request.query, _is_user(request)
        try:
            keys = self._selected(query)
            per_page, page = _paging(query)
            context = _one_of(query, "context", ("view", "embed", "edit"), "view")
        except _InvalidParameter as invalid:
            return _refused(invalid)
        if context == "edit" and not trusted:
            return _error(401, "rest_forbidden_context", "Sorry, you are not allowed to edit posts in this post type.")
        pages = -(-len(keys) // per_page)
        if page > max(pages, 1):
            message = "The page number requested is larger than the number of pages available."
            return _error(400, "rest_post_invalid_page_number", message)
        chosen = keys[(page - 1) * per_page : page * per_page]
        bodies = await self._bodies(chosen, request, context, trusted=trusted)
        return json_response(b"[" + b",".join(bodies) + b"]", headers=_counts(request, len(keys), pages, page))

    async def _bodies(
        self, keys: Sequence[Key], request: web.Request, context: str, *, trusted: bool
    ) -> Sequence[bytes]:
        fields = ",".join(sorted(name.strip() for name in request.query.get("_fields", "").split(",")))
        if fields == "id":
            return [f'{{"id":{key}}}'.encode() for key in keys]
        meta = None if trusted else META_SHOWN_TO_ALL
        render = partial(_render, fields=fields, context=context, meta=meta)
        return await self.ledger.encoded(keys, (fields, context, trusted), render)

    def _selected(self, query: Mapping[str, str]) -> Sequence[Key]:
        """Keys of members after the filters, in the order asked for (WordPress: by date, newest first)."""
        order_by = _one_of(query, "orderby", _ORDERS, "date")
        order = _one_of(query, "order", ("asc", "desc"), "desc")
        since, until = _moment(query, "modified_after"), _moment(query, "modified_before")
        is_filtered = since is not None or until is not None
        if not is_filtered and order_by != "modified":
            keys = self.ledger.living()
        else:
            rows = self.ledger.by_change() if since is None else self.ledger.changed_after(since + 999)
            keys = [key for instant, key in rows if until is None or instant < until]
        if is_filtered and order_by != "modified":
            keys = sorted(keys)
        if "include" in query:
            keys = _included(keys, query["include"])
        return keys if order == "asc" else keys[::-1]


def _included(keys: Sequence[Key], wanted: str) -> Sequence[Key]:
    """Those of some ids, separated by commas; ``rest_parse_request_arg`` refuses what is no number."""
    ids = wanted.split(",")
    if not all(one.isascii() and one.isdigit() and len(one) < 20 for one in ids):
        raise _InvalidParameter("include", "include[0] is not of type integer.")
    return [key for key in keys if str(key) in ids]


def _terms(query: Mapping[str, str]) -> Sequence[Term]:
    """Terms in the order asked for (WordPress: by name)."""
    by_id = _one_of(query, "orderby", ("id", "include", "name", "slug", "count"), "name") == "id"
    falling = _one_of(query, "order", ("asc", "desc"), "asc") == "desc"
    return sorted(TERMS, key=lambda row: (row[0] if by_id else 0, row[1]), reverse=falling)


def _render(record: Record, *, fields: str, context: str, meta: frozenset[str] | None) -> bytes:
    return _dumps(pruned(post(record, context, meta), fields))


def _dumps(value: object) -> bytes:
    """JSON as PHP writes it: ASCII only, slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def _answer(value: object) -> web.Response:
    return json_response(_dumps(value))


def _counts(request: web.Request, total: int, pages: int, page: int) -> dict[str, str]:
    """``X-WP-Total``, ``X-WP-TotalPages`` and ``Link``."""
    headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
    links = []
    if page > 1:
        links.append(f'<{request.url.update_query(page=min(page - 1, pages))}>; rel="prev"')
    if page < pages:
        links.append(f'<{request.url.update_query(page=page + 1)}>; rel="next"')
    return headers | {"Link": ", ".join(links)} if links else headers


def _paging(query: Mapping[str, str]) -> tuple[int, int]:
    per_page = _between(query, "per_page", 10, _PER_PAGE_MAX)
    return per_page, _between(query, "page", 1, None)


def _between(query: Mapping[str, str], name: str, default: int, maximum: int | None) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _InvalidParameter(name, f"{name} is not of type integer.")
    number = int(text)
    if maximum is not None and not 1 <= number <= maximum:
        raise _InvalidParameter(name, f"{name} must be between 1 (inclusive) and {maximum} (inclusive)")
    if number < 1:
        raise _InvalidParameter(name, f"{name} must be greater than or equal to 1")
    return number


def _one_of(query: Mapping[str, str], name: str, allowed: Sequence[str], default: str) -> str:
    value = query.get(name, default)
    if value not in allowed:
        raise _InvalidParameter(name, f"{name} is not one of {', '.join(allowed)}.")
    return value


def _moment(query: Mapping[str, str], name: str) -> int | None:
    """An instant in ms cut to its second; a naive one is the site's local time."""
    if name not in query:
        return None
    try:
        moment = datetime.fromisoformat(query[name])
    except ValueError as error:
        raise _InvalidParameter(name, "Invalid date.") from error
    local = moment.replace(tzinfo=PARIS) if moment.tzinfo is None else moment
    return to_ms(local.replace(microsecond=0))


def _is_user(request: web.Request) -> bool:
    """WordPress looks at letters and digits of an application password only: its spaces are for people."""
    pair = basic_pair(request.headers.get(hdrs.AUTHORIZATION, ""))
    user, _, password = (pair or b"").decode("utf-8", "replace").partition(":")
    return user == USER and "".join(filter(str.isalnum, password)) == PASSWORD.replace(" ", "")


def _refused(invalid: _InvalidParameter) -> web.Response:
    data = {"params": {invalid.name: invalid.reason}}
    return _error(400, "rest_invalid_param", f"Invalid parameter(s): {invalid.name}", data)


async def _no_route(_: web.Request) -> web.Response:
    return _error(404, "rest_no_route", "No route was found matching the URL and request method.")


def _error(status: int, code: str, message: str, data: dict[str, Any] | None = None) -> web.Response:
    body = {"code": code, "message": message, "data": {"status": status, **(data or {})}}
    return json_response(_dumps(body), status)
