"""Zendesk Support and Talk: incremental exports, users, identities, rotating OAuth tokens."""

import json
from collections.abc import Callable
from typing import Final

from local.company.model import Desk
from local.company.times import zulu
from local.standins.limits import Window
from local.standins.moments import moment
from local.standins.secrets import ZENDESK_REFRESH, credentials
from local.standins.system import System
from local.standins.tokens import Tokens
from local.standins.wire import Clock, Record, Request, Response, dispatch, reply, route
from local.standins.zendesk_exports import Exports, Throttled

TOKEN_SECONDS: Final = 7200.0
PER_MINUTE: Final = 400


class Zendesk(System):
    """One account. Soft-deleted users stay, inactive; deleted tickets stay with that status."""

    tokens: Tokens

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__("zendesk")
        self._secret, self._clock, self._refresh = (
            credentials("zendesk")["api"], clock, ZENDESK_REFRESH,
        )  # fmt: skip
        self.tokens = Tokens("zd_", TOKEN_SECONDS, clock)
        self._general = Window(PER_MINUTE, 60, clock)
        self._exports = Exports(clock)
        self.limits = [self._general, *self._exports.windows.values()]
        self.records = {
            "users": {str(user["id"]): user for user in desk.users},
            "tickets": {str(ticket["id"]): ticket for ticket in desk.tickets},
            "calls": {str(call["id"]): call for call in desk.calls},
            "identities": {
                str(one["id"]): one for each in desk.identities.values() for one in each
            },
        }
        self._routes = (
            route("GET", r"/api/v2/incremental/(users|tickets)/cursor(?:\.json)?", self._cursor),
            route("GET", r"/api/v2/incremental/(users|tickets)(?:\.json)?", self._timed),
            route("GET", r"/api/v2/channels/voice/stats/incremental/calls(?:\.json)?", self._calls),
            route("GET", r"/api/v2/(users|tickets)/show_many(?:\.json)?", self._many),
            route("GET", r"/api/v2/users/(\d+)(?:\.json)?", self._show("users", "user")),
            route("PUT", r"/api/v2/users/(\d+)(?:\.json)?", self._update),
            route("DELETE", r"/api/v2/users/(\d+)(?:\.json)?", self._delete),
            route("DELETE", r"/api/v2/deleted_users/(\d+)(?:\.json)?", self._purge),
            route("GET", r"/api/v2/users/(\d+)/identities(?:\.json)?", self._identities),
            route("GET", r"/api/v2/tickets/(\d+)(?:\.json)?", self._show("tickets", "ticket")),
        )

    def handle(self, request: Request) -> Response:
        """The account's answer, with the state of its limits in the headers."""
        if (request.method, request.path) == ("POST", "/oauth/tokens"):
            return self._token(request)
        if not self._known(request):
            return self.refuse(401, 0)
        if not self._general.take():
            return self.refuse(429, self._general.resets())
        try:
            return self._with_limits(dispatch(self._routes, request) or _missing())
        except Throttled as throttled:
            return self.refuse(429, throttled.retry_after)

    def refuse(self, status: int, retry_after: int) -> Response:
        """Zendesk's words; a 429 says when to come back."""
        if status == 401:
            text = "The access token provided is expired, revoked, malformed or invalid."
            return reply(401, {"error": "invalid_token", "error_description": text})
        if status == 429:
            text = "Number of allowed API requests per minute exceeded"
            body = {"error": "APIRateLimitExceeded", "description": text}
            return self._with_limits(reply(429, body, headers={"retry-after": str(retry_after)}))
        return reply(status, {"error": "InternalError"})

    def _known(self, request: Request) -> bool:
        return self.tokens.valid(request.bearer())

    def _with_limits(self, answer: Response) -> Response:
        left = str(max(0, self._general.remaining()))
        headers = {
            "x-rate-limit": str(self._general.limit),
            "x-rate-limit-remaining": left,
            "ratelimit-limit": str(self._general.limit),
            "ratelimit-remaining": left,
            "ratelimit-reset": str(self._general.resets()),
        }
        return Response(answer.status, answer.body, {**headers, **answer.headers}, answer.page)

    def _token(self, request: Request) -> Response:
        given = request.fields()
        if any(given.get(name) != value for name, value in self._secret.items()):
            return reply(401, {"error": "invalid_client", "error_description": "Unknown client"})
        lifetime = int(self.tokens.seconds)
        body: Record = {"token_type": "bearer", "scope": "read write", "expires_in": lifetime}
        if given.get("grant_type") == "refresh_token":
            if given.get("refresh_token") != self._refresh:
                return reply(400, {"error": "invalid_grant", "error_description": "Used before"})
            self.tokens.revoke()
            self._refresh = Tokens("zr_", 1, self._clock).issue()
            body |= {"refresh_token": self._refresh, "refresh_token_expires_in": 2_592_000}
        elif given.get("grant_type") != "client_credentials":
            return reply(400, {"error": "unsupported_grant_type"})
        return reply(200, {"access_token": self.tokens.issue(), **body})

    def _cursor(self, request: Request, kind: str) -> Response:
        answer = self._exports.cursor(request, kind, self.records[kind])
        return self._with_identities(request, kind, answer)

    def _timed(self, request: Request, kind: str) -> Response:
        return self._exports.timed(request, kind, self.records[kind])

    def _calls(self, request: Request) -> Response:
        return self._exports.calls(request, self.records["calls"])

    def _many(self, request: Request, kind: str) -> Response:
        held = self.records[kind]
        ids = request.query.get("ids", "").split(",")[:100]
        found = [held[key] for key in ids if key in held]
        answer = reply(200, {kind: found, "count": len(found), "next_page": None})
        return self._with_identities(request, kind, answer)

    def _with_identities(self, request: Request, kind: str, answer: Response) -> Response:
        """The side-load of a page of users."""
        wanted = request.query.get("include", "").split(",")
        if kind != "users" or "identities" not in wanted or answer.status != 200:
            return answer
        body = json.loads(answer.body)
        shown = {user["id"] for user in body["users"]}
        held = self.records["identities"].values()
        body["identities"] = [one for one in held if one["user_id"] in shown]
        return reply(200, body, headers=answer.headers, page=answer.page)

    def _show(self, kind: str, name: str) -> Callable[..., Response]:
        def show(_request: Request, key: str) -> Response:
            record = self.records[kind].get(key)
            return reply(200, {name: record}) if record else _missing()

        return show

    def _identities(self, request: Request, key: str) -> Response:
        if key not in self.records["users"]:
            return _missing()
        mine = [r for r in self.records["identities"].values() if str(r["user_id"]) == key]
        if "page[size]" in request.query:
            return reply(200, {"identities": mine, "meta": {"has_more": False}, "links": {}})
        rest = {"next_page": None, "previous_page": None, "count": len(mine)}
        return reply(200, {"identities": mine, **rest})

    def _update(self, request: Request, key: str) -> Response:
        user = self.records["users"].get(key)
        if user is None:
            return _missing()
        user |= request.json().get("user") or {}
        user["updated_at"] = zulu(moment(self._clock()))
        return reply(200, {"user": user})

    def _delete(self, _request: Request, key: str) -> Response:
        """Soft: inactive, without its address, but with what else was known."""
        user = self.records["users"].get(key)
        if user is None:
            return _missing()
        user |= {"active": False, "email": None, "updated_at": zulu(moment(self._clock()))}
        return reply(200, {"user": user})

    def _purge(self, _request: Request, key: str) -> Response:
        user = self.records["users"].get(key)
        if user is None or user["active"]:
            return _missing()
        gone = {"name": "Permanently Deleted User", "phone": None, "external_id": None}
        user |= {**gone, "updated_at": zulu(moment(self._clock()))}
        kept = self.records["identities"].items()
        self.records["identities"] = {k: one for k, one in kept if str(one["user_id"]) != key}
        return reply(200, {"deleted_user": user})


def _missing() -> Response:
    return reply(404, {"error": "RecordNotFound", "description": "Not found"})
