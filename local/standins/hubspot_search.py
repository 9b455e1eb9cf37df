"""HubSpot's search: filter groups, sorts, a window of ten thousand."""

from collections.abc import Callable, Iterable
from functools import partial
from operator import ge, gt, le, lt
from typing import Final

from local.standins.moments import seconds
from local.standins.wire import Record

WINDOW: Final = 10_000
MOST: Final = 200
TIMES: Final = {"createdate", "lastmodifieddate", "hs_lastmodifieddate", "closedate"}
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "GT": gt,
    "GTE": ge,
    "LT": lt,
    "LTE": le,
}


class BadSearch(ValueError):
    """A search that HubSpot refuses; the text says why."""


def search(records: Iterable[Record], wanted: Record) -> Record:
    """`total`, the records of one page, and `after` when there are more."""
    limit, start = int(wanted.get("limit") or 10), int(wanted.get("after") or 0)
    if limit > MOST:
        raise BadSearch(f"The limit must be at most {MOST}")
    if start + limit > WINDOW:
        raise BadSearch(f"The maximum of {WINDOW} search results was exceeded")
    groups = wanted.get("filterGroups") or []
    found = [r for r in records if not groups or any(_group(r, group) for group in groups)]
    for sort in reversed(wanted.get("sorts") or []):
        name = sort["propertyName"] if isinstance(sort, dict) else str(sort)
        down = isinstance(sort, dict) and sort.get("direction") == "DESCENDING"
        found.sort(key=partial(_sortable, name), reverse=down)
    after = start + limit if start + limit < len(found) else None
    return {"total": len(found), "records": found[start : start + limit], "after": after}


def value(record: Record, name: str) -> str | None:
    """A property; the times are kept outside too, where a broken record may have none inside."""
    inside = (record.get("properties") or {}).get(name)
    if inside is None and name in {"lastmodifieddate", "hs_lastmodifieddate"}:
        inside = record.get("updatedAt")
    return None if inside is None else str(inside)


def _sortable(name: str, record: Record) -> tuple[float, str]:
    text = value(record, name) or ""
    return _number(name, text), text


def _number(name: str, text: str) -> float:
    """Times compare as milliseconds, written as such or as ISO 8601; numbers as numbers."""
    try:
        return float(text)
    except ValueError:
        return seconds(text) * 1000 if name in TIMES else 0.0


def _group(record: Record, group: Record) -> bool:
    return all(_filter(record, one) for one in group.get("filters", []))


def _filter(record: Record, one: Record) -> bool:
    name, operator = str(one.get("propertyName")), str(one.get("operator"))
    held = value(record, name)
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return (held is not None) == (operator == "HAS_PROPERTY")
    if operator in {"IN", "NOT_IN"}:
        return (held in one.get("values", [])) == (operator == "IN")
    wanted = str(one.get("value"))
    if operator in {"EQ", "NEQ"}:
        return ((held or "").lower() == wanted.lower()) == (operator == "EQ")
    if operator == "BETWEEN":
        low, high = _number(name, wanted), _number(name, str(one.get("highValue")))
        return low <= _number(name, held or "") <= high
    if operator not in _COMPARE:
        raise BadSearch(f"Unknown operator {operator}")
    return held is not None and _COMPARE[operator](_number(name, held), _number(name, wanted))
