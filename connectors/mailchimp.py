"""Mailchimp Marketing: an audience's members, what they opened, and its unsigned webhooks.

A member's id is the MD5 of the lower-case address. Webhooks carry `?secret=` in their URL.
"""

from base64 import b64encode
from collections.abc import Generator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from connectors import mailchimp_push, mailchimp_records, records
from connectors.contract import (
    Delivery,
    Inbound,
    Json,
    Page,
    Pull,
    Refused,
    Request,
    Response,
    Secret,
    Setting,
    Spec,
)
from connectors.forms import form
from connectors.mailchimp_push import members_at
from connectors.paging import ask, content, items, new, reach, size
from connectors.records import text
from connectors.signatures import keys, matches
from schemas.config import System
from schemas.errors import Misconfigured
from schemas.observation import Observation

SPEC: Final = Spec(
    name="mailchimp",
    title="Mailchimp",
    kinds=("member", "activity"),
    objects=("member",),
    webhooks=True,
    destination=True,
    telling_ids=True,
    accepts=("application/x-www-form-urlencoded",),
    secret_fields={"api_key": "Account & billing, Extras, API keys"},
    settings={
        "list": Setting("the audience's id: Audience, Settings", required=True),
        "merge_fields": Setting(
            "trait or fact → merge field, ADDRESS.city for a part; only these are sent", "fields"
        ),
        "page_size": Setting("members a page (1000)", "whole"),
        "activity_page_size": Setting(
            "members a page, when each one's feed is read (100)", "whole"
        ),
        "sort_field": Setting("what members are ordered by (timestamp_signup)"),
        "status_if_new": Setting(
            "of a member that is made (subscribed, by who consented; else transactional)",
            choices=("subscribed", "pending", "unsubscribed", "transactional"),
        ),
    },
)
ABSENT: Final = 404
MEMBER_EVENTS: Final = frozenset({"subscribe", "unsubscribe", "profile", "upemail", "cleaned"})


PARTS: Final = {
    "member": {"exclude_fields": "members._links,_links"},
    "activity": {"fields": "members.id,total_items"},
}
"""Mailchimp sends half a page of links unless told otherwise."""

Feeds = Generator[Request | Page, Response | None, list[dict[str, Any]]]
hash_of = mailchimp_records.hash_of
push = mailchimp_push.push
opt_out = mailchimp_push.opt_out
erase = mailchimp_push.erase


def authorise(secret: Secret, token: str | None) -> Mapping[str, str]:
    """Basic with an API key, or a bearer token."""
    bearer = token or secret.get("token")
    if bearer:
        return {"authorization": f"Bearer {bearer}"}
    if not secret.get("api_key"):
        message = "the Mailchimp secret needs api_key, or token"
        raise Misconfigured(message)
    pair = b64encode(f"sluice:{secret['api_key']}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def pull(system: System, kind: str, cursor: Mapping[str, str], now: datetime) -> Pull:
    """Members by offset in an order that no change of theirs moves; the next pull starts from
    when this one started.

    Activity has no cursor at the vendor: every member's feed is read, newest first.
    """
    since, offset = cursor.get("since", ""), int(cursor.get("offset", "0"))
    started = cursor.get("started") or records.version(now)
    name, count = ("page_size", 1000) if kind == "member" else ("activity_page_size", 100)
    total, count = offset + 1, size(system, name, count)
    before: list[Json] = []
    while offset < total:
        window = _window(system, since if kind == "member" else "", (count, offset))
        query = window | PARTS[kind]
        body = content((yield from ask(Request("GET", members_at(system), query=query))))
        members = new(before, items(body, "members"))
        before = members
        offset += len(members)
        total = int(body.get("total_items") or 0) if members else 0
        raw = members if kind == "member" else (yield from _feeds(system, members, since))
        going = {"since": since, "offset": str(offset), "started": started}
        yield Page(kind, tuple(raw), going if offset < total else {"since": started})


def fetch(system: System, kind: str, ids: tuple[str, ...]) -> Pull:
    """Members by hash; one that was deleted is not on the page."""
    found = []
    for one in ids:
        request = Request("GET", members_at(system, one), accept=frozenset({ABSENT}))
        response = yield from ask(request)
        if response.status != ABSENT:
            found.append(content(response))
    yield Page(kind, tuple(found), {})


def verify(system: System, secret: Secret, inbound: Inbound, now: datetime) -> Refused | None:
    """Mailchimp signs nothing: the URL it was given holds the secret, for its GET check too."""
    del system, now
    if not matches(inbound.query.get("secret", ""), keys(secret, "token")):
        return Refused("the secret in the URL is missing or wrong")
    return None


def parse(system: System, inbound: Inbound) -> Delivery:
    """What happened, and whom to fetch. There is no delivery id, so what it says names it."""
    del system
    if inbound.method == "GET":
        return Delivery("validator")
    body = form(inbound.body)
    data = records.part(body, "data")
    event = text(body.get("type"))
    who = text(data.get("new_email") or data.get("email") or data.get("id"))
    said = "\n".join((event, text(body.get("fired_at")), text(data.get("list_id")), who))
    name = sha256(said.encode()).hexdigest()
    if event not in MEMBER_EVENTS:
        return Delivery(name)
    fetch = {"member": (hash_of(who),)} if who else {}
    return Delivery(name, (("member_event", body | {"id": name}),), fetch)


def normalise(source: str, system: System, kind: str, record: Json) -> Observation:
    """Members and their webhooks claim addresses; activity is interactions of a member."""
    return records.made(mailchimp_records.MAKERS, (source, system), kind, record)


def _window(system: System, since: str, page: tuple[int, int]) -> dict[str, str]:
    start = reach(since, system)
    return {
        "count": str(page[0]),
        "offset": str(page[1]),
        "sort_field": str(system.settings.get("sort_field", "timestamp_signup")),
        "sort_dir": "ASC",
    } | ({"since_last_changed": start.isoformat(timespec="seconds")} if start else {})


def _feeds(system: System, members: list[Any], since: str) -> Feeds:
    """The activities of these members since then, each with its member's hash."""
    start, found = reach(since, system), []
    for member in records.objects(members):
        name = text(member.get("id"))
        if not name:
            continue
        request = Request(
            "GET",
            members_at(system, f"{name}/activity-feed"),
            query={"count": "50"},
            accept=frozenset({ABSENT}),
        )
        response = yield from ask(request)
        feed = [] if response.status == ABSENT else items(content(response), "activity")
        for activity in records.objects(feed):
            at = records.moment(activity.get("created_at_timestamp"))
            if not (start and at and at < start):
                found.append(activity | {"member": name})
    return found
