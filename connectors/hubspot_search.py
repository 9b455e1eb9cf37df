"""HubSpot's search: at most 10,000 results a query, so the lower bound advances page by page.

That also keeps a record that changes meanwhile from pushing another over a page's edge unseen.
"""

from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connectors.contract import Json, Page, Pull, Request, Response
from connectors.paging import ask, content, items, overlap, size
from connectors.records import key, moment, objects, part, text
from schemas.config import System
from schemas.errors import BadRecord, Misconfigured, RetryLater

WINDOW: Final = 10_000
BATCH: Final = 100
ABSENT: Final = 404
MODIFIED: Final = {"contact": "lastmodifieddate", "deal": "hs_lastmodifieddate"}
PROPERTIES: Final = {
    "contact": (
        "email", "hs_additional_emails", "firstname", "lastname", "phone", "mobilephone",
        "hs_calculated_phone_number", "company", "address", "city", "state", "zip", "country",
        "hs_language", "date_of_birth", "lifecyclestage", "hs_email_optout",
        "hs_merged_object_ids", "createdate", "lastmodifieddate",
    ),
    "deal": (
        "dealname", "amount", "deal_currency_code", "dealstage", "pipeline", "closedate",
        "hs_is_closed_won", "createdate", "hs_lastmodifieddate",
    ),
}  # fmt: skip

Linked = Generator[Request | Page, Response | None, list[Any]]


def pull(system: System, kind: str, cursor: Mapping[str, str], now: datetime) -> Pull:
    """By time of change, ascending, each page from where the one before it ended.

    Only a page full of one and the same millisecond is continued by the vendor's `after`.
    """
    del now
    low, after = int(cursor.get("since", "0")), cursor.get("after", "")
    if low and not after:
        low = max(low - int(overlap(system).total_seconds() * 1000), 0)
    seen: frozenset[str] = frozenset()
    asked: set[tuple[int, str]] = set()
    while True:
        _once(asked, (low, after))
        body = content((yield from ask(_search(system, kind, low, after))))
        found = items(body, "results")
        new = [one for one in found if _mark(one) not in seen]
        seen = frozenset(_mark(one) for one in found)
        more = text(part(part(body, "paging"), "next").get("after"))
        high = max([low, *(changed for one in objects(found) if (changed := _changed(one)))])
        low, after = (high, "") if high > low or not more else (low, more)
        going = {"since": str(low)} | ({"after": after} if after else {})
        yield Page(kind, tuple((yield from _linked(kind, new))), going)
        if not more:
            return


def fetch(system: System, kind: str, ids: tuple[str, ...]) -> Pull:
    """By id, in batches; a record that is gone is not on the page."""
    for start in range(0, len(ids), BATCH):
        wanted = {
            "properties": _properties(system, kind),
            "inputs": [{"id": one} for one in ids[start : start + BATCH]],
        }
        place = f"{_objects(system, kind)}/batch/read"
        found = items(content((yield from ask(Request("POST", place, json=wanted)))), "results")
        yield Page(kind, tuple((yield from _linked(kind, found))), {})


def _once(asked: set[tuple[int, str]], where: tuple[int, str]) -> None:
    if where in asked:
        message = "the page repeats the cursor of an earlier one"
        raise RetryLater(message)
    asked.add(where)


def _objects(system: System, kind: str) -> str:
    return f"{system.settings.get('prefix', '/crm/v3')}/objects/{kind}s"


def _properties(system: System, kind: str) -> list[str]:
    further = system.settings.get("properties", []) if kind == "contact" else []
    return [*PROPERTIES[kind], *map(str, further)]


def _search(system: System, kind: str, low: int, after: str) -> Request:
    limit = size(system, "page_size", 200)
    if after.isdecimal() and int(after) + limit > WINDOW:
        message = "over 10,000 records changed in one millisecond: HubSpot's search stops there"
        raise Misconfigured(message)
    name = MODIFIED[kind]
    bound = {"propertyName": name, "operator": "GTE", "value": str(low)}
    wanted = {
        "filterGroups": [{"filters": [bound]}],
        "sorts": [{"propertyName": name, "direction": "ASCENDING"}],
        "properties": _properties(system, kind),
        "limit": limit,
    } | ({"after": after} if after else {})
    return Request("POST", f"{_objects(system, kind)}/search", json=wanted)


def _mark(record: Json) -> str:
    return f"{record.get('id')}@{record.get('updatedAt')}" if isinstance(record, dict) else ""


def _changed(record: dict[str, Any]) -> int | None:
    properties = part(record, "properties")
    said = properties.get("lastmodifieddate") or properties.get("hs_lastmodifieddate")
    at = moment(said or record.get("updatedAt"))
    return int(at.astimezone(UTC).timestamp() * 1000) if at else None


def _linked(kind: str, found: list[Any]) -> Linked:
    """Deals with the contacts they are associated with, which search leaves out."""
    ids = [_id(one) for one in objects(found)] if kind == "deal" else []
    links: dict[str, list[dict[str, str]]] = {}
    for start in range(0, len(ids), BATCH):
        inputs = [{"id": one} for one in ids[start : start + BATCH] if one]
        place = "/crm/v4/associations/deals/contacts/batch/read"
        request = Request("POST", place, json={"inputs": inputs}, accept=frozenset({ABSENT}))
        response = yield from ask(request)
        for link in objects(content(response).get("results")):
            to = [text(one.get("toObjectId") or one.get("id")) for one in objects(link.get("to"))]
            links[text(part(link, "from").get("id"))] = [{"id": one} for one in to]
    return [
        one | {"associations": {"contacts": {"results": links[_id(one)]}}}
        if isinstance(one, dict) and _id(one) in links
        else one
        for one in found
    ]


def _id(record: dict[str, Any]) -> str:
    try:
        return key(record.get("id"))
    except BadRecord:
        return ""
