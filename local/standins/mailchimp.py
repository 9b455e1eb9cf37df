"""Mailchimp's Marketing API 3.0: members, activity, campaigns and reports."""

from typing import Any, Final

from local.company.model import Audience
from local.standins.limits import Simultaneous
from local.standins.mailchimp_answers import acts, bound, missing, page, problem, report
from local.standins.mailchimp_members import MERGE_FIELDS, Members
from local.standins.moments import seconds
from local.standins.secrets import credentials
from local.standins.system import System
from local.standins.wire import Clock, Record, Request, Response, dispatch, reply, route

AT_ONCE: Final = 10
SORTABLE: Final = frozenset({"last_changed", "timestamp_opt", "timestamp_signup"})


class Mailchimp(System):
    """One account with one audience."""

    def __init__(self, audience: Audience, clock: Clock) -> None:
        super().__init__("mailchimp")
        self._key = credentials("mailchimp")["api"]["api_key"]
        self.simultaneous = Simultaneous(AT_ONCE)
        self._members = Members(audience.list_id, {}, clock)
        self.adopt(
            {
                "members": {record["id"]: record for record in audience.members},
                "campaigns": {record["id"]: record for record in audience.campaigns},
                "activity": {key: {"feed": list(feed)} for key, feed in audience.activity.items()},
                "forgotten": {},
            }
        )
        mine = rf"/3\.0/lists/{audience.list_id}"
        one = mine + r"/members/([^/]+)"
        self._routes = (
            route("GET", r"/3\.0/?(?:ping)?", lambda _r: reply(200, {"health_status": "Fine"})),
            route("GET", r"/3\.0/lists", self._lists),
            route("GET", mine + r"/merge-fields", self._merge_fields),
            route("GET", mine + r"/members", self._list),
            route("POST", mine + r"/members", self._upsert),
            route("GET", one, self._get),
            route("PUT", one, self._upsert),
            route("PATCH", one, self._patch),
            route("DELETE", one, self._archive),
            route("POST", one + r"/actions/delete-permanent", self._forget),
            route("GET", one + r"/activity-feed", self._feed),
            route("GET", r"/3\.0/campaigns", self._campaigns),
            route("GET", r"/3\.0/reports/([^/]+)/email-activity", self._email_activity),
        )

    def adopt(self, records: dict[str, dict[str, Any]]) -> None:
        """Take up records; the members' rules work on the very same ones."""
        super().adopt(records)
        self._members.records = records

    def handle(self, request: Request) -> Response:
        """The account's answer."""
        if self._key not in (request.bearer(), request.basic()[1]):
            return self.refuse(401, 0)
        return dispatch(self._routes, request) or missing()

    def refuse(self, status: int, retry_after: int) -> Response:  # noqa: ARG002 - Mailchimp names no time
        """A problem document."""
        if status == 429:
            detail = "You have exceeded the limit of 10 simultaneous connections."
            return problem(429, "Too Many Requests", detail)
        if status == 401:
            return problem(401, "API Key Invalid", "Your API key may be invalid.")
        return problem(status, "Internal Server Error", "An unexpected internal error occurred.")

    def _lists(self, _request: Request) -> Response:
        mine = {"id": self._members.list_id, "name": "Newsletter"}
        return reply(200, {"lists": [mine], "total_items": 1})

    def _merge_fields(self, _request: Request) -> Response:
        fields = [{"merge_id": i, "tag": tag} for i, tag in enumerate(MERGE_FIELDS, start=1)]
        return reply(200, {"merge_fields": fields, "total_items": len(fields)})

    def _list(self, request: Request) -> Response:
        found = list(self.records["members"].values())
        if "since_last_changed" in request.query:
            since = bound(request, "since_last_changed")
            found = [m for m in found if seconds(m["last_changed"]) > since]
        if "before_last_changed" in request.query:
            before = bound(request, "before_last_changed")
            found = [m for m in found if seconds(m["last_changed"]) < before]
        if "status" in request.query:
            found = [m for m in found if m["status"] == request.query["status"]]
        return page(request, "members", _sorted(request, found), {"list_id": self._members.list_id})

    def _get(self, _request: Request, key: str) -> Response:
        member = self._members.find(key)
        return reply(200, member) if member else missing()

    def _upsert(self, request: Request, key: str = "") -> Response:
        return self._members.upsert(key, request.json())

    def _patch(self, request: Request, key: str) -> Response:
        member = self._members.find(key)
        return self._members.change(member, request.json()) if member else missing()

    def _archive(self, _request: Request, key: str) -> Response:
        member = self._members.find(key)
        return self._members.archive(member) if member else missing()

    def _forget(self, _request: Request, key: str) -> Response:
        return self._members.forget(key)

    def _feed(self, request: Request, key: str) -> Response:
        if self._members.find(key) is None:
            return missing()
        feed = self.records["activity"].get(key, {"feed": []})["feed"]
        rest = {"email_id": key, "list_id": self._members.list_id}
        return page(request, "activity", feed, rest)

    def _campaigns(self, request: Request) -> Response:
        since = bound(request, "since_send_time")
        sent = [c for c in self.records["campaigns"].values() if seconds(c["send_time"]) > since]
        return page(request, "campaigns", sent, {})

    def _email_activity(self, request: Request, campaign: str) -> Response:
        members, since = self.records["members"], bound(request, "since")
        emails = [
            report(members[key], campaign, found)
            for key, kept in self.records["activity"].items()
            if key in members and (found := acts(kept["feed"], campaign, since))
        ]
        return page(request, "emails", emails, {"campaign_id": campaign})


def _sorted(request: Request, members: list[Record]) -> list[Record]:
    field = request.query.get("sort_field", "")
    if field in SORTABLE:
        members = sorted(members, key=lambda m: (seconds(str(m.get(field, ""))), m["id"]))
    return members[::-1] if request.query.get("sort_dir", "").upper() == "DESC" else members
