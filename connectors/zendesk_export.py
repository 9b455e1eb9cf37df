"""Zendesk's incremental exports: by cursor for users and tickets, by time for calls."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from connectors.contract import Json, Page, Pull, Request
from connectors.paging import advance, ask, content, items, path, size
from connectors.records import objects, text
from schemas.config import System

EXPORTS: Final = {
    "user": "/incremental/users/cursor.json",
    "ticket": "/incremental/tickets/cursor.json",
}
ABSENT: Final = 404
CALLS: Final = "/channels/voice/stats/incremental/calls.json"


def pull(system: System, kind: str, cursor: Mapping[str, str], now: datetime) -> Pull:
    """The vendor's cursor outlives the end of the stream, so the next pull goes on from it."""
    del now
    return _calls(system, cursor) if kind == "call" else _export(system, kind, cursor)


def fetch(system: System, kind: str, ids: tuple[str, ...]) -> Pull:
    """By id, one by one; what is gone is not on the page. Calls can't be asked for by id."""
    found: list[Json] = []
    for one in ids if kind in EXPORTS else ():
        place = path(system, "/api/v2", f"/{kind}s/{one}.json")
        query = _identities(system, kind)
        request = Request("GET", place, query=query, accept=frozenset({ABSENT}))
        response = yield from ask(request)
        if response.status != ABSENT:
            body = content(response)
            found += _customers(system, kind, body | {f"{kind}s": [body.get(kind)]})
    yield Page(kind, tuple(found), {})


def _export(system: System, kind: str, cursor: Mapping[str, str]) -> Pull:
    at, more = cursor.get("cursor", ""), True
    place = path(system, "/api/v2", EXPORTS[kind])
    query = {"per_page": str(size(system, "page_size", 1000))} | _identities(system, kind)
    while more:
        window = {"cursor": at} if at else {"start_time": "0"}
        body = content((yield from ask(Request("GET", place, query=query | window))))
        found = _customers(system, kind, body)
        more = body.get("end_of_stream") is False
        given = text(body.get("after_cursor"), 2000)
        at = advance(at, given) if more else given or at
        yield Page(kind, tuple(found), {"cursor": at} if at else {})


def _customers(system: System, kind: str, body: Mapping[str, Any]) -> list[Any]:
    """The page's records; of users, those whose role makes them customers, with identities."""
    found = items(body, f"{kind}s")
    if kind != "user":
        return found
    roles = system.settings.get("roles", ["end-user"])
    held = objects(body.get("identities"))
    return [
        user | {"identities": [one for one in held if one.get("user_id") == user.get("id")]}
        if isinstance(user, dict) and held
        else user
        for user in found
        if not isinstance(user, dict) or user.get("role") in (None, *roles)
    ]


def _identities(system: System, kind: str) -> dict[str, str]:
    wanted = kind == "user" and system.settings.get("identities", True) is not False
    return {"include": "identities"} if wanted else {}


def _calls(system: System, cursor: Mapping[str, str]) -> Pull:
    """`next_page` is never null: the end is a page on which no call is new."""
    place = path(system, "/api/v2", CALLS)
    query: Mapping[str, str] = cursor or {"start_time": "0"}
    seen: frozenset[str] = frozenset()
    while True:
        body = content((yield from ask(Request("GET", place, query=query))))
        calls = items(body, "calls")
        following = _query_of(body.get("next_page")) or query
        names = frozenset(f"{call.get('id')}@{call.get('updated_at')}" for call in objects(calls))
        yield Page("call", tuple(calls), dict(following))
        if names <= seen or following == query:
            return
        query, seen = following, names


def _query_of(link: Json) -> dict[str, str]:
    """Only the parameters of the vendor's link are followed, never its host."""
    return dict(parse_qsl(urlsplit(link).query)) if isinstance(link, str) else {}
