"""Shopify's search syntax and connections: filters, sort keys, opaque cursors."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from operator import eq, ge, gt, le, lt
from typing import Final

from graphql import GraphQLError

from local.standins.moments import seconds
from local.standins.wire import Record

MOST: Final = 250
FIELDS: Final = {
    "updated_at": "updatedAt",
    "created_at": "createdAt",
    "processed_at": "processedAt",
    "id": "id",
    "email": "email",
    "phone": "phone",
    "customer_id": "customer",
    "status": "",
}
SORTS: Final = {
    "UPDATED_AT": "updatedAt",
    "CREATED_AT": "createdAt",
    "PROCESSED_AT": "processedAt",
}
_TERM = re.compile(r"""(\w+):(>=|<=|>|<)?('[^']*'|"[^"]*"|\S+)""")
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": gt,
    ">=": ge,
    "<": lt,
    "<=": le,
    "": eq,
}


def number(gid: str) -> int:
    """The number in a global id; a number may stand for it."""
    return int(gid.rsplit("/", 1)[-1])


def matches(record: Record, query: str) -> bool:
    """Whether a record fits a search like `updated_at:>='2026-01-01T00:00:00Z' AND id:>5`."""
    rest = _TERM.sub("", query).replace("AND", "").strip()
    if rest:
        message = f"The stand-in does not know this search: {rest}"
        raise GraphQLError(message)
    return all(_fits(record, *term) for term in _TERM.findall(query))


def _fits(record: Record, name: str, operator: str, value: str) -> bool:
    if name not in FIELDS:
        message = f"The stand-in cannot search by {name}"
        raise GraphQLError(message)
    value, field = value.strip("'\""), FIELDS[name]
    if name == "status":
        return True
    if name in {"email", "phone"}:
        return str(record[field] or "").lower() == value.lower()
    if name == "customer_id":
        return bool(record[field]) and number(record[field]["id"]) == number(value)
    if name == "id":
        return _COMPARE[operator](number(record[field]), number(value))
    return _COMPARE[operator](seconds(record[field]), seconds(value))


def connection(records: Iterable[Record], arguments: Record) -> Record:
    """One page of the records as a connection: edges, nodes and page info."""
    first = arguments.get("first")
    if first is None or not 1 <= first <= MOST:
        message = f"`first` must be between 1 and {MOST}"
        raise GraphQLError(message)
    field = SORTS.get(arguments.get("sortKey") or "ID", "id")
    reverse = bool(arguments.get("reverse"))
    found = [r for r in records if matches(r, arguments.get("query") or "")]
    found.sort(key=lambda r: _place(r, field), reverse=reverse)
    if arguments.get("after"):
        last = _read(arguments["after"])
        beyond = lt if reverse else gt
        found = [r for r in found if beyond(_place(r, field), last)]
    page = found[:first]
    edges = [{"cursor": _cursor(_place(r, field)), "node": r} for r in page]
    return {
        "edges": edges,
        "nodes": page,
        "pageInfo": {
            "hasNextPage": len(found) > first,
            "hasPreviousPage": bool(arguments.get("after")),
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _place(record: Record, field: str) -> tuple[str, int]:
    """What a record is sorted by: times in one format sort as text."""
    return ("" if field == "id" else record[field], number(record["id"]))


def _cursor(place: tuple[str, int]) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode()


def _read(cursor: str) -> tuple[str, int]:
    try:
        value, key = json.loads(urlsafe_b64decode(cursor))
    except ValueError as error:
        message = "Invalid cursor"
        raise GraphQLError(message) from error
    return value, key
