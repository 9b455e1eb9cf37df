"""Zendesk Support and Talk: incremental exports, users, identities, rotating OAuth tokens."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Final

from local.company.model import Desk
from local.company.times import zulu
from local.standins.limits import Window
from local.standins.moments import moment, seconds
from local.standins.secrets import ZENDESK_REFRESH, credentials
from local.standins.system import System
from local.standins.tokens import Tokens
from local.standins.wire import Clock, Record, Request, Response, dispatch, reply, route

TOKEN_SECONDS: Final = 7200.0
PER_MINUTE: Final = 400
EXPORTS: Final = {"exports": 10, "exports-cursor": 20}
CALLS_A_MINUTE: Final = 10
MOST: Final = 1000
TOO_RECENT: Final = 60


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
        self._exports = {name: Window(limit, 60, clock) for name, limit in EXPORTS.items()}
        self._talk = Window(CALLS_A_MINUTE, 60, clock)
        self.limits = [self._general, *self._exports.values(), self._talk]
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
            route("GET", r"/api/v2/users/show_many(?:\.json)?", self._many),
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
        return self._with_limits(dispatch(self._routes, request) or _missing())

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

    def _export(self, name: str) -> dict[str, str] | None:
        """Count one export; its headers, or none when that was one too many."""
        window = self._exports[name]
        if not window.take():
            return None
        state = f"total={window.limit}; remaining={window.remaining()}; resets={window.resets()}"
        return {f"zendesk-ratelimit-incremental-{name}": state}

    def _stream(self, kind: str, since: tuple[float, int]) -> list[Record]:
        """Records changed after a place, oldest first, but for those of the last minute."""
        recent = self._clock() - TOO_RECENT
        found = [r for r in self.records[kind].values() if since < _place(r)]
        return sorted((r for r in found if _place(r)[0] <= recent), key=_place)

    def _cursor(self, request: Request, kind: str) -> Response:
        headers = self._export("exports-cursor")
        if headers is None:
            return self.refuse(429, self._exports["exports-cursor"].resets())
        cursor = request.query.get("cursor", "")
        since = _read(cursor) if cursor else (float(request.number("start_time", -1)), -1)
        if since is None or (not cursor and self._too_recent(since[0])):
            return _bad_start(cursor)
        size = max(1, min(request.number("per_page", MOST), MOST))
        found = self._stream(kind, since)
        page = found[:size]
        after = _write(_place(page[-1])) if page else None
        path = f"{request.base}/api/v2/incremental/{kind}/cursor"
        body = {
            kind: page,
            "after_url": f"{path}?cursor={after}&per_page={size}" if after else None,
            "before_url": None,
            "after_cursor": after,
            "before_cursor": None,
            "end_of_stream": len(found) <= size,
        }
        return reply(200, body, headers=headers, page=request.path)

    def _too_recent(self, start: float) -> bool:
        return start < 0 or start > self._clock() - TOO_RECENT

    def _timed(self, request: Request, kind: str) -> Response:
        headers = self._export("exports")
        if headers is None:
            return self.refuse(429, self._exports["exports"].resets())
        start = request.number("start_time", -1)
        if self._too_recent(start):
            return _bad_start("")
        size = max(1, min(request.number("per_page", MOST), MOST))
        found = self._stream(kind, (start, -1))
        end = self._end(found, size, start)
        body = {
            kind: found[:size],
            "count": len(found[:size]),
            "end_of_stream": len(found) <= size,
            "end_time": end,
            "next_page": f"{request.base}/api/v2/incremental/{kind}.json?start_time={end}",
        }
        return reply(200, body, headers=headers, page=request.path)

    def _end(self, found: list[Record], size: int, start: int) -> int:
        return int(_place(found[:size][-1])[0]) if found else start

    def _calls(self, request: Request) -> Response:
        """Talk's export: `next_page` is never null; an empty page means no more for now."""
        if not self._talk.take():
            return self.refuse(429, self._talk.resets())
        start = request.number("start_time", -1)
        if start < 0:
            return _bad_start("")
        size = max(1, min(request.number("per_page", MOST), MOST))
        found = self._stream("calls", (start, 2**63))
        page = found[:size]
        end = self._end(found, size, start)
        path = "/api/v2/channels/voice/stats/incremental/calls.json"
        body = {
            "calls": page,
            "count": len(page),
            "end_time": end,
            "next_page": f"{request.base}{path}?start_time={end}",
        }
        return reply(200, body, page=request.path)

    def _many(self, request: Request) -> Response:
        users = self.records["users"]
        ids = request.query.get("ids", "").split(",")[:100]
        found = [users[key] for key in ids if key in users]
        return reply(200, {"users": found, "count": len(found), "next_page": None})

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


def _place(record: Record) -> tuple[float, int]:
    key = record.get("id")
    return seconds(str(record.get("updated_at", ""))), key if isinstance(key, int) else 0


def _write(place: tuple[float, int]) -> str:
    return urlsafe_b64encode(f"{place[0]}||{place[1]}|".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[float, int] | None:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment_text, _, key, _ = text.split("|")
        return float(moment_text), int(key)
    except ValueError:
        return None


def _bad_start(cursor: str) -> Response:
    if cursor:
        return reply(400, {"error": "InvalidPaginationParameter", "description": "Bad cursor"})
    text = "Too recent start_time. Use a start_time older than 60 seconds"
    return reply(400, {"error": "StartTimeTooRecent", "description": text})


def _missing() -> Response:
    return reply(404, {"error": "RecordNotFound", "description": "Not found"})
