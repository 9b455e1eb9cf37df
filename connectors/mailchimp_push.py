"""Writing to Mailchimp: upsert, unsubscribe, delete for good.

What is written comes back with the next pull, so nothing is written that would say more than was
said to us: a member is subscribed only by somebody's grant, and as of that grant, not of now.
"""

from collections.abc import Generator
from datetime import UTC
from typing import Any, Final

from connectors.contract import Outcome, Push, Request, Response, Upsert
from connectors.mailchimp_records import WITHDRAWN, hash_of
from connectors.paging import content, path, setting
from connectors.records import moment, text
from schemas.config import System
from schemas.decision import BINDING

ABSENT: Final = 404
REFUSED: Final = 400
SUBSCRIBED: Final = "subscribed"
ARCHIVED: Final = "archived"
OFF: Final = WITHDRAWN | {ARCHIVED}
UNASKED: Final = "transactional"
"""The status of somebody whom no campaign reaches."""


def push(system: System, change: Upsert) -> Push:
    """The fields of who is there, and nothing else: Mailchimp's own word on who subscribed or left,
    and when, outlives ours. Who is not there is made, unless they are there by another address: two
    members would come back as two people.
    """
    fields = {"merge_fields": _merge_fields(system, change)}
    member = hash_of(change.identifier.value)
    place = members_at(system, member)
    there = (yield from _found(place)) if change.stopped else {}
    if there.get("status") == ARCHIVED:
        back = _back(system, change, there) | fields
        return _outcome((yield Request("PUT", place, json=back, accept=frozenset({REFUSED}))))
    accept = frozenset({ABSENT, REFUSED})
    response = yield Request("PATCH", place, json=fields, accept=accept)
    if response.status == ABSENT and {each.value for each in change.external_ids} <= {member}:
        new = _new(system, change) | fields
        response = yield Request("PUT", place, json=new, accept=frozenset({REFUSED}))
    return _outcome(response)


def opt_out(system: System, change: Upsert) -> Push:
    """Unsubscribe; nobody is added to be unsubscribed. `unsubscribed` comes back as the person's
    word, so where it is only ours the member is archived, which is nobody's.
    """
    place = members_at(system, hash_of(change.identifier.value))
    if change.reason not in BINDING:
        return (yield from _archive(place))
    body = {"status": "unsubscribed"}
    response = yield Request("PATCH", place, json=body, accept=frozenset({ABSENT}))
    return Outcome("absent" if response.status == ABSENT else "sent", str(response.status))


def _archive(place: str) -> Push:
    """Who left by themselves stays so: archived, that would be forgotten."""
    there = yield from _found(place)
    status = text(there.get("status"))
    if not there or status in OFF:
        return Outcome("absent", status or str(ABSENT))
    response = yield Request("DELETE", place, accept=frozenset({ABSENT}))
    return Outcome("absent" if response.status == ABSENT else "sent", str(response.status))


def _found(place: str) -> Generator[Request, Response, dict[str, Any]]:
    """The member as it is there; nothing when it is not."""
    response = yield Request("GET", place, accept=frozenset({ABSENT}))
    return {} if response.status == ABSENT else content(response)


def erase(system: System, change: Upsert) -> Push:
    """Delete for good: the address can't be imported again through the API."""
    member = hash_of(change.identifier.value)
    place = members_at(system, f"{member}/actions/delete-permanent")
    response = yield Request("POST", place, accept=frozenset({ABSENT}))
    return Outcome("absent" if response.status == ABSENT else "sent", str(response.status))


def members_at(system: System, rest: str = "") -> str:
    """The audience's members, or what is below them."""
    audience = setting(system, "list", "the audience's id, under Audience, Settings")
    return path(system, "/3.0", f"/lists/{audience}/members" + (f"/{rest}" if rest else ""))


def _new(system: System, change: Upsert) -> dict[str, Any]:
    """Without a time of ours Mailchimp would take the moment of the request for the opt-in."""
    status = str(system.settings.get("status_if_new", SUBSCRIBED))
    made = {"email_address": change.identifier.value, "status_if_new": status}
    if status != SUBSCRIBED:
        return made
    if change.consented_at is None:
        return made | {"status_if_new": UNASKED}
    agreed = change.consented_at.astimezone(UTC).isoformat(timespec="seconds")
    return made | {"timestamp_opt": agreed}


def _back(system: System, change: Upsert, there: dict[str, Any]) -> dict[str, Any]:
    """Whom we archived, as if new. An opt-in of their own that is later than ours keeps its time,
    which Mailchimp would set to now."""
    made = _new(system, change)
    made["status"] = made["status_if_new"]
    own = moment(there.get("timestamp_opt"))
    if change.consented_at and own and own > change.consented_at and "timestamp_opt" in made:
        made["timestamp_opt"] = there["timestamp_opt"]
    return made


def _outcome(response: Response) -> Outcome:
    if response.status == REFUSED:
        return Outcome("rejected", text(content(response).get("title"), 80))
    return Outcome("absent" if response.status == ABSENT else "sent", str(response.status))


def _merge_fields(system: System, change: Upsert) -> dict[str, Any]:
    known = {str(name): value for name, value in (*change.traits.items(), *change.facts.items())}
    merged: dict[str, Any] = {}
    for name, tag in (system.settings.get("merge_fields") or {}).items():
        outer, _, inner = str(tag).partition(".")
        if name in known and inner:
            merged.setdefault(outer, {})[inner] = known[name]
        elif name in known:
            merged[outer] = known[name]
    return merged
