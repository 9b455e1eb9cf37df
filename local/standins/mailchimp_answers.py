"""How Mailchimp answers: pages by offset, chosen fields, problem documents."""

from typing import Final

from local.standins.moments import seconds
from local.standins.wire import Record, Request, Response, reply

MOST: Final = 1000
PROBLEM: Final = "https://mailchimp.com/developer/marketing/docs/errors/"


def page(request: Request, name: str, records: list[Record], rest: Record) -> Response:
    """`count` records from `offset`, with the total."""
    count, start = min(request.number("count", 10), MOST), request.number("offset", 0)
    body: Record = {name: records[start : start + count], **rest, "total_items": len(records)}
    if "fields" in request.query:
        body = _only(body, request.query["fields"].split(","))
    return reply(200, body, page=request.path)


def problem(status: int, title: str, detail: str) -> Response:
    """An RFC 9457 document, as Mailchimp fills it."""
    body = {"type": PROBLEM, "title": title, "status": status, "detail": detail, "instance": ""}
    return reply(status, body, headers={"content-type": "application/problem+json; charset=utf-8"})


def missing() -> Response:
    """404."""
    return problem(404, "Resource Not Found", "The requested resource could not be found.")


def invalid() -> Response:
    """400 for a body that fails its schema."""
    return problem(400, "Invalid Resource", "The resource submitted could not be validated.")


def bound(request: Request, name: str) -> float:
    """A time in the query, whose plus sign may have become a space on the way; none is 0."""
    return seconds(request.query.get(name, "").replace(" ", "+"))


def acts(feed: list[Record], campaign: str, since: float) -> list[Record]:
    """A member's activity in one campaign, as reports list it."""
    return [
        {"action": act["activity_type"], "timestamp": act["created_at_timestamp"]}
        for act in feed
        if act["campaign_id"] == campaign and seconds(act["created_at_timestamp"]) > since
    ]


def report(member: Record, campaign: str, activity: list[Record]) -> Record:
    """One entry of a campaign's e-mail activity."""
    return {
        "campaign_id": campaign,
        "list_id": member["list_id"],
        "list_is_active": True,
        "email_id": member["id"],
        "email_address": member["email_address"],
        "activity": activity,
    }


def _only(body: Record, wanted: list[str]) -> Record:
    """The named fields, `members.id` for a field of each entry of a list."""
    result: Record = {}
    for top, value in body.items():
        inner = {path.split(".")[1] for path in wanted if path.startswith(top + ".")}
        if top in wanted:
            result[top] = value
        elif inner and isinstance(value, list):
            result[top] = [{k: item[k] for k in inner if k in item} for item in value]
    return result
