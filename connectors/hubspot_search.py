"""HubSpot's search: at most 10,000 results a query, so the lower bound advances page by page.

That also keeps a record that changes meanwhile from pushing another over a page's edge unseen.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a search starts: the time of change, milliseconds, and how far into its results."""

    low: int
    after: str = ""

    @property
    def cursor(self) -> dict[str, str]:
        """As the checkpoint keeps it."""
        return {"since": str(self.low)} | ({"after": self.after} if self.after else {})


@dataclass(frozen=True, slots=True)
class _Read:
    """One page, as far as paging goes: its records, what they are known by, when they changed."""

    found: list[Any]
    marks: frozenset[str]
    changes: list[int]
    after: str


Linked = Generator[Request | Page, Response | None, list[Any]]


def pull(system: System, kind: str, cursor: Mapping[str, str], now: datetime) -> Pull:
    """By time of change, ascending, each page from the time at which the one before it ended.

    A page that strays (it repeats, or lies below the bound) answers an earlier question: from
    there on the vendor's `after` is followed, within its window.
    """
    del now
    place = _start(system, cursor)
    back, windowed = place, bool(place.after)
    seen: frozenset[str] = frozenset()
    asked: set[_Place] = set()
    while True:
        _once(asked, place)
        page = _read(content((yield from ask(_search(system, kind, place)))))
        if not windowed and place != back and _strays(page, place, seen):
            windowed, place = True, back
            continue
        back = _Place(place.low, page.after)
        new = [one for one in page.found if _mark(one) not in seen]
        seen = page.marks
        place = _next(system, place, page, windowed=windowed)
        yield Page(kind, tuple((yield from _linked(kind, new))), place.cursor)
        if not page.after:
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


def _once(asked: set[_Place], place: _Place) -> None:
    if place in asked:
        message = "the page repeats the cursor of an earlier one"
        raise RetryLater(message)
    asked.add(place)


def _start(system: System, cursor: Mapping[str, str]) -> _Place:
    low, after = int(cursor.get("since", "0")), cursor.get("after", "")
    early = 0 if after else int(overlap(system).total_seconds() * 1000)
    return _Place(max(low - early, 0), after)


def _read(body: dict[str, Any]) -> _Read:
    found = items(body, "results")
    changes = [at for one in objects(found) if (at := _changed(one)) is not None]
    after = text(part(part(body, "paging"), "next").get("after"))
    return _Read(found, frozenset(map(_mark, found)), changes, after)


def _strays(page: _Read, place: _Place, seen: frozenset[str]) -> bool:
    repeats = bool(page.after) and page.marks <= seen
    return repeats or any(at < place.low for at in page.changes)


def _next(system: System, place: _Place, page: _Read, *, windowed: bool) -> _Place:
    """By time where time advances; inside one millisecond, and when windowed, by `after`."""
    high = max([place.low, *page.changes])
    full = page.after.isdecimal() and int(page.after) + _limit(system) > WINDOW
    if not page.after or (high > place.low and (full or not windowed)):
        return _Place(high, "")
    if full:
        message = "over 10,000 records changed in one millisecond: HubSpot's search stops there"
        raise Misconfigured(message)
    return _Place(place.low, page.after)


def _limit(system: System) -> int:
    return size(system, "page_size", 200)


def _objects(system: System, kind: str) -> str:
    return f"{system.settings.get('prefix', '/crm/v3')}/objects/{kind}s"


def _properties(system: System, kind: str) -> list[str]:
    further = system.settings.get("properties", []) if kind == "contact" else []
    return [*PROPERTIES[kind], *map(str, further)]


def _search(system: System, kind: str, place: _Place) -> Request:
    name = MODIFIED[kind]
    bound = {"propertyName": name, "operator": "GTE", "value": str(place.low)}
    wanted = {
        "filterGroups": [{"filters": [bound]}],
        "sorts": [{"propertyName": name, "direction": "ASCENDING"}],
        "properties": _properties(system, kind),
        "limit": _limit(system),
    } | ({"after": place.after} if place.after else {})
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
