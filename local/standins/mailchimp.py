"""Mailchimp's Marketing API 3.0: members, activity, campaigns and reports."""

import re
from typing import Final
from urllib.parse import unquote

from local.company.mailchimp import member_hash
from local.company.model import Audience
from local.company.times import offset
from local.standins.limits import Simultaneous
from local.standins.moments import moment, seconds
from local.standins.secrets import credentials
from local.standins.system import System
from local.standins.wire import Clock, Record, Request, Response, dispatch, reply, route

MOST: Final = 1000
AT_ONCE: Final = 10
STATUSES: Final = {
    "subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived",
}  # fmt: skip
MERGE_FIELDS: Final = ("FNAME", "LNAME", "ADDRESS", "PHONE", "BIRTHDAY", "COMPANY")
BY_US: Final = "N/A (Unsubscribed by an admin)"
PROBLEM: Final = "https://mailchimp.com/developer/marketing/docs/errors/"


class Mailchimp(System):
    """One account with one audience."""

    def __init__(self, audience: Audience, clock: Clock) -> None:
        super().__init__("mailchimp")
        self._key = credentials("mailchimp")["api"]["api_key"]
        self._clock = clock
        self.simultaneous = Simultaneous(AT_ONCE)
        self.records = {
            "members": {record["id"]: record for record in audience.members},
            "campaigns": {record["id"]: record for record in audience.campaigns},
            "activity": {key: {"feed": list(feed)} for key, feed in audience.activity.items()},
            "forgotten": {},
        }
        mine = rf"/3\.0/lists/{audience.list_id}"
        self._list_id = audience.list_id
        self._routes = (
            route("GET", r"/3\.0/?(?:ping)?", lambda _r: reply(200, {"health_status": "Fine"})),
            route("GET", r"/3\.0/lists", self._lists),
            route("GET", mine + r"/merge-fields", self._merge_fields),
            route("GET", mine + r"/members", self._members),
            route("POST", mine + r"/members", self._upsert),
            route("GET", mine + r"/members/([^/]+)", self._member),
            route("PUT", mine + r"/members/([^/]+)", self._upsert),
            route("PATCH", mine + r"/members/([^/]+)", self._patch),
            route("DELETE", mine + r"/members/([^/]+)", self._archive),
            route("POST", mine + r"/members/([^/]+)/actions/delete-permanent", self._forget),
            route("GET", mine + r"/members/([^/]+)/activity-feed", self._feed),
            route("GET", r"/3\.0/campaigns", self._campaigns),
            route("GET", r"/3\.0/reports/([^/]+)/email-activity", self._email_activity),
        )

    def handle(self, request: Request) -> Response:
        """The account's answer."""
        if self._key not in (request.bearer(), request.basic()[1]):
            return self.refuse(401, 0)
        answer = dispatch(self._routes, request)
        return answer or _problem(404, "Resource Not Found", "The resource could not be found.")

    def refuse(self, status: int, retry_after: int) -> Response:  # noqa: ARG002 - Mailchimp names no time
        """A problem document."""
        if status == 429:
            return _problem(
                429,
                "Too Many Requests",
                "You have exceeded the limit of 10 simultaneous connections.",
            )
        if status == 401:
            return _problem(401, "API Key Invalid", "Your API key may be invalid.")
        return _problem(status, "Internal Server Error", "An unexpected internal error occurred.")

    def _lists(self, _request: Request) -> Response:
        mine = {"id": self._list_id, "name": "Newsletter"}
        return reply(200, {"lists": [mine], "total_items": 1})

    def _merge_fields(self, _request: Request) -> Response:
        fields = [{"merge_id": i, "tag": tag} for i, tag in enumerate(MERGE_FIELDS, start=1)]
        return reply(200, {"merge_fields": fields, "total_items": len(fields)})

    def _members(self, request: Request) -> Response:
        found = list(self.records["members"].values())
        for name, newer in (("since_last_changed", True), ("before_last_changed", False)):
            if name in request.query:
                bound = seconds(_plus(request.query[name]))
                found = [m for m in found if (seconds(m["last_changed"]) > bound) == newer]
        if "status" in request.query:
            found = [m for m in found if m["status"] == request.query["status"]]
        if request.query.get("sort_field") == "last_changed":
            found.sort(key=lambda m: seconds(m["last_changed"]))
        if request.query.get("sort_dir", "").upper() == "DESC":
            found.reverse()
        return _page(request, "members", found, {"list_id": self._list_id})

    def _member(self, _request: Request, key: str) -> Response:
        member = self._find(key)
        return reply(200, member) if member else self._missing()

    def _find(self, key: str) -> Record | None:
        """A member by hash, or by the address itself."""
        key = unquote(key)
        return self.records["members"].get(member_hash(key) if "@" in key else key)

    def _missing(self) -> Response:
        return _problem(404, "Resource Not Found", "The requested resource could not be found.")

    def _upsert(self, request: Request, key: str = "") -> Response:
        given = request.json()
        known = self._find(key) if key else None
        if known:
            return self._change(known, given)
        email = str(given.get("email_address", ""))
        status = given.get("status_if_new") or given.get("status")
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email) or status not in STATUSES:
            return _problem(
                400, "Invalid Resource", "The resource submitted could not be validated."
            )
        if member_hash(email) in self.records["forgotten"]:
            detail = f"{email} was permanently deleted and cannot be re-imported."
            return _problem(400, "Forgotten Email Not Subscribed", detail)
        if member_hash(email) in self.records["members"]:
            return _problem(400, "Member Exists", f"{email} is already a list member.")
        return self._add(email, status, given)

    def _add(self, email: str, status: str, given: Record) -> Response:
        now = offset(moment(self._clock()))
        agreed = given.get("timestamp_opt") or (now if status == "subscribed" else "")
        member: Record = {
            "id": member_hash(email),
            "email_address": email,
            "unique_email_id": member_hash("unique" + email)[:10],
            "contact_id": member_hash("contact" + email),
            "status": status,
            "merge_fields": dict.fromkeys(MERGE_FIELDS, ""),
            "timestamp_signup": "",
            "timestamp_opt": agreed,
            "ip_opt": "",
            "ip_signup": "",
            "last_changed": now,
            "language": given.get("language", ""),
            "source": "API - Generic",
            "tags": [],
            "list_id": self._list_id,
        }
        _merge(member, given)
        self.records["members"][member["id"]] = member
        return reply(200, member)

    def _patch(self, request: Request, key: str) -> Response:
        member = self._find(key)
        return self._change(member, request.json()) if member else self._missing()

    def _change(self, member: Record, given: Record) -> Response:
        wanted = given.get("status") or member["status"]
        if wanted not in STATUSES:
            return _problem(
                400, "Invalid Resource", "The resource submitted could not be validated."
            )
        if wanted == "subscribed" and _locked(member):
            detail = (
                f"{member['email_address']} is already in a compliance state due to unsubscribe, "
                "bounce, or compliance review and cannot be subscribed."
            )
            return _problem(400, "Member In Compliance State", detail)
        if wanted == "unsubscribed" and member["status"] != wanted:
            member["unsubscribe_reason"] = BY_US
        member["status"] = wanted
        _merge(member, given)
        member["last_changed"] = offset(moment(self._clock()))
        return reply(200, member)

    def _archive(self, _request: Request, key: str) -> Response:
        member = self._find(key)
        if member is None:
            return self._missing()
        member |= {"status": "archived", "last_changed": offset(moment(self._clock()))}
        return reply(204)

    def _forget(self, _request: Request, key: str) -> Response:
        member = self._find(key)
        if member is None:
            return self._missing()
        self.records["activity"].pop(member["id"], None)
        self.records["forgotten"][member["id"]] = {"id": member["id"]}
        del self.records["members"][member["id"]]
        return reply(204)

    def _feed(self, request: Request, key: str) -> Response:
        feed = self.records["activity"].get(key, {"feed": []})["feed"]
        return _page(request, "activity", feed, {"email_id": key, "list_id": self._list_id})

    def _campaigns(self, request: Request) -> Response:
        bound = seconds(_plus(request.query.get("since_send_time", "")))
        sent = [c for c in self.records["campaigns"].values() if seconds(c["send_time"]) > bound]
        return _page(request, "campaigns", sent, {})

    def _email_activity(self, request: Request, campaign: str) -> Response:
        bound = seconds(_plus(request.query.get("since", "")))
        emails = [
            _report(self.records["members"][key], campaign, acts)
            for key, kept in self.records["activity"].items()
            if key in self.records["members"] and (acts := _acts(kept["feed"], campaign, bound))
        ]
        return _page(request, "emails", emails, {"campaign_id": campaign})


def _acts(feed: list[Record], campaign: str, bound: float) -> list[Record]:
    return [
        {"action": act["activity_type"], "timestamp": act["created_at_timestamp"]}
        for act in feed
        if act["campaign_id"] == campaign and seconds(act["created_at_timestamp"]) > bound
    ]


def _report(member: Record, campaign: str, acts: list[Record]) -> Record:
    return {
        "campaign_id": campaign,
        "list_id": member["list_id"],
        "list_is_active": True,
        "email_id": member["id"],
        "email_address": member["email_address"],
        "activity": acts,
    }


def _locked(member: Record) -> bool:
    """Whether the person went by themselves: then only they can come back."""
    by_self = member["status"] == "unsubscribed" and member.get("unsubscribe_reason") != BY_US
    return by_self or member["status"] == "cleaned"


def _merge(member: Record, given: Record) -> None:
    fields = given.get("merge_fields") or {}
    member["merge_fields"] |= {k: v for k, v in fields.items() if k in MERGE_FIELDS}
    member |= {k: given[k] for k in ("language", "vip", "timestamp_opt", "ip_opt") if k in given}


def _plus(text: str) -> str:
    """A time whose plus sign became a space on its way through the query."""
    return text.replace(" ", "+")


def _page(request: Request, name: str, records: list[Record], rest: Record) -> Response:
    count, start = min(request.number("count", 10), MOST), request.number("offset", 0)
    body: Record = {name: records[start : start + count], **rest, "total_items": len(records)}
    if "fields" in request.query:
        body = _only(body, request.query["fields"].split(","))
    return reply(200, body, page=request.path)


def _only(body: Record, wanted: list[str]) -> Record:
    """The named fields, `members.id` for a field of each entry of a list."""
    result: Record = {}
    for top, value in body.items():
        inner = [path.split(".", 1)[1] for path in wanted if path.startswith(top + ".")]
        if top in wanted:
            result[top] = value
        elif inner and isinstance(value, list):
            result[top] = [
                {key: item[key] for key in {path.split(".")[0] for path in inner} if key in item}
                for item in value
            ]
    return result


def _problem(status: int, title: str, detail: str) -> Response:
    body = {"type": PROBLEM, "title": title, "status": status, "detail": detail, "instance": ""}
    return reply(status, body, headers={"content-type": "application/problem+json; charset=utf-8"})
