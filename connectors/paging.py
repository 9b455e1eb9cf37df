"""What pulls have in common: asking, reading what may be cut short, and not going in circles."""

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from connectors.contract import Json, Page, Request, Response, parsed
from schemas.config import System
from schemas.errors import BadRecord, Misconfigured, RetryLater

Ask = Generator[Request | Page, Response | None, Response]


def ask(request: Request) -> Ask:
    """`response = yield from ask(request)`, inside a pull."""
    response = yield request
    if response is None:
        message = "the driver resumed a request without its response"
        raise TypeError(message)
    return response


def content(response: Response) -> dict[str, Any]:
    """The JSON object in a vendor's answer; one that was cut short is asked for again."""
    found = _whole(response)
    if not isinstance(found, dict):
        message = "the vendor's answer is no JSON object"
        raise RetryLater(message)
    return found


def listed(response: Response) -> list[Json]:
    """The bare list in an answer of a vendor whose pages are lists; an empty one is a page, too.

    One that was cut short is asked for again, and so is an object: vendors answer errors in them.
    """
    found = _whole(response)
    if not isinstance(found, list):
        message = "the vendor's answer is no JSON list"
        raise RetryLater(message)
    return found


def items(body: Mapping[str, Any], name: str) -> list[Json]:
    """The list that a page of `name` must hold; without it the page is no page."""
    found = body.get(name)
    if not isinstance(found, list):
        message = f"the vendor's answer has no list of {name}"
        raise RetryLater(message)
    return found


def advance(before: str, after: str) -> str:
    """`after`, unless it is where we were: that would go on for ever."""
    if after == before:
        message = "the page repeats the cursor of the one before it"
        raise RetryLater(message)
    return after


def new(before: list[Json], page: list[Json]) -> list[Json]:
    """The page, unless it is the one before it once more."""
    if page and page == before:
        message = "the page repeats the one before it"
        raise RetryLater(message)
    return page


def overlap(system: System) -> timedelta:
    """How far each pull reads back, because vendors index late (`overlap_seconds`)."""
    return timedelta(seconds=getattr(system, "overlap_seconds", 0))


def reach(since: str, system: System) -> datetime | None:
    """The moment to read from, given the cursor's `since` (ISO 8601); None is everything."""
    return datetime.fromisoformat(since) - overlap(system) if since else None


def path(system: System, prefix: str, rest: str) -> str:
    """A path below the vendor's prefix, which `base_url` may already end with."""
    base = urlsplit(system.base_url).path.rstrip("/")
    return rest if base.endswith(prefix) else prefix + rest


def setting(system: System, name: str, why: str) -> str:
    """A setting that the connector cannot do without."""
    value = system.settings.get(name)
    if not isinstance(value, (str, int)) or value == "":
        message = f"write settings.{name} of this {system.connector} system: {why}"
        raise Misconfigured(message)
    return str(value)


def size(system: System, name: str, otherwise: int) -> int:
    """A page size from the settings: vendors' limits differ by plan and year."""
    value = system.settings.get(name, otherwise)
    if not isinstance(value, int) or value < 1:
        message = f"settings.{name} must be a whole number above 0"
        raise Misconfigured(message)
    return value


def _whole(response: Response) -> Json:
    try:
        return response.json()
    except (BadRecord, RecursionError) as error:
        message = "the vendor's answer is not whole JSON"
        raise RetryLater(message) from error


def body_of(raw: bytes) -> Json:
    """The JSON of a webhook's body."""
    try:
        return parsed(raw)
    except (ValueError, RecursionError) as error:
        message = "the body is not JSON"
        raise BadRecord(message) from error


def is_object(value: Json) -> TypeGuard[dict[str, Any]]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)
