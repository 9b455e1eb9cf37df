"""HubSpot's CRM API: contacts and deals, search, batches, associations, GDPR delete."""

from typing import Any, Final

from local.company.model import Crm
from local.standins.hubspot_objects import Objects
from local.standins.hubspot_search import BadSearch, search
from local.standins.limits import Window
from local.standins.secrets import credentials
from local.standins.system import System
from local.standins.wire import Clock, Record, Request, Response, dispatch, reply, route

TEN_SECONDS, SEARCHES = 190, 5
MOST: Final = 100
OBJECTS: Final = r"/crm/(?:v3/objects|objects/20\d\d-\d\d)/(contacts|deals)"


class HubSpot(System):
    """One portal."""

    def __init__(self, crm: Crm, clock: Clock) -> None:
        super().__init__("hubspot")
        self._token = credentials("hubspot")["api"]["access_token"]
        self._rolling = Window(TEN_SECONDS, 10, clock)
        self._searches = Window(SEARCHES, 1, clock)
        self.limits = [self._rolling, self._searches]
        self._objects = Objects({}, clock)
        records: dict[str, dict[str, Any]] = {
            "contacts": {record["id"]: record for record in crm.contacts},
            "deals": {record["id"]: record for record in crm.deals},
            "links": {key: {"contacts": list(ids)} for key, ids in crm.deal_contacts.items()},
            "subscriptions": {},
        }
        self.adopt(records)
        statuses = r"/communication-preferences/v4/statuses/([^/]+)"
        self._routes = (
            route("GET", OBJECTS, self._list),
            route("POST", OBJECTS, self._create),
            route("POST", OBJECTS + "/search", self._search),
            route("POST", OBJECTS + "/batch/read", self._batch_read),
            route("POST", OBJECTS + "/batch/upsert", self._batch_upsert),
            route("POST", OBJECTS + "/gdpr-delete", self._gdpr_delete),
            route("GET", OBJECTS + r"/([^/]+)", self._get),
            route("PATCH", OBJECTS + r"/([^/]+)", self._patch),
            route("DELETE", OBJECTS + r"/([^/]+)", self._archive),
            route("POST", r"/crm/v4/associations/deals/contacts/batch/read", self._associations),
            route("GET", statuses, self._statuses),
            route("POST", statuses, self._subscribe),
            route("POST", statuses + "/unsubscribe-all", self._unsubscribe_all),
        )

    def adopt(self, records: dict[str, dict[str, Any]]) -> None:
        """Take up records; the objects are the very same ones."""
        super().adopt(records)
        self._objects.records = records

    def handle(self, request: Request) -> Response:
        """The portal's answer; searches have a limit of their own and no rate headers."""
        if request.bearer() != self._token:
            return self.refuse(401, 0)
        searching = request.path.endswith("/search")
        if not (self._searches if searching else self._rolling).take():
            return self.refuse(429, 1 if searching else 10)
        answer = dispatch(self._routes, request) or _missing()
        if searching:
            return answer
        headers = {
            "x-hubspot-ratelimit-max": str(self._rolling.limit),
            "x-hubspot-ratelimit-remaining": str(self._rolling.remaining()),
            "x-hubspot-ratelimit-interval-milliseconds": "10000",
        }
        return Response(answer.status, answer.body, {**headers, **answer.headers}, answer.page)

    def refuse(self, status: int, retry_after: int) -> Response:
        """HubSpot's words; a 429 names the policy that was broken."""
        if status == 401:
            text = "The OAuth token used to make this call expired or is not known."
            return _error(401, "EXPIRED_AUTHENTICATION", text)
        if status == 429:
            policy = "SECONDLY" if retry_after <= 1 else "TEN_SECONDLY_ROLLING"
            body = {"status": "error", "message": "You have reached your limit.",
                    "errorType": "RATE_LIMIT", "policyName": policy}  # fmt: skip
            return reply(429, body)
        return _error(status, "INTERNAL_ERROR", "internal error")

    def _list(self, request: Request, kind: str) -> Response:
        limit, after = request.number("limit", 10), request.number("after", 0)
        if limit > MOST:
            return _error(400, "VALIDATION_ERROR", f"limit must be at most {MOST}")
        archived = request.query.get("archived") == "true"
        found = [r for r in self.records[kind].values() if r["archived"] == archived]
        found = sorted((r for r in found if int(r["id"]) > after), key=lambda r: int(r["id"]))
        page = found[:limit]
        names = _names(request)
        body: Record = {
            "results": [self._objects.shown(kind, r, names, links=_links(request)) for r in page]
        }
        if len(found) > limit:
            body["paging"] = {"next": {"after": page[-1]["id"]}}
        return reply(200, body, page=request.path)

    def _search(self, request: Request, kind: str) -> Response:
        wanted = request.json()
        try:
            found = search(self._objects.live(kind), wanted)
        except BadSearch as error:
            return _error(400, "VALIDATION_ERROR", str(error))
        names = list(wanted.get("properties") or [])
        body: Record = {
            "total": found["total"],
            "results": [self._objects.shown(kind, record, names) for record in found["records"]],
        }
        if found["after"] is not None:
            body["paging"] = {"next": {"after": str(found["after"])}}
        return reply(200, body, page=request.path)

    def _get(self, request: Request, kind: str, key: str) -> Response:
        record = self._objects.find(kind, key, request.query.get("idProperty", ""))
        if record is None:
            return _missing()
        return reply(200, self._objects.shown(kind, record, _names(request), links=_links(request)))

    def _batch_read(self, request: Request, kind: str) -> Response:
        given = request.json()
        by, names = given.get("idProperty") or "", list(given.get("properties") or [])
        found = [
            self._objects.find(kind, str(one["id"]), by) for one in given.get("inputs", [])[:MOST]
        ]
        return _batch([self._objects.shown(kind, record, names) for record in found if record])

    def _create(self, request: Request, kind: str) -> Response:
        properties = request.json().get("properties") or {}
        email = str(properties.get("email") or "")
        existing = self._objects.find(kind, email, "email") if email else None
        if existing:
            text = f"Contact already exists. Existing ID: {existing['id']}"
            return _error(409, "CONFLICT", text)
        return reply(201, self._objects.add(kind, properties))

    def _patch(self, request: Request, kind: str, key: str) -> Response:
        record = self._objects.find(kind, key, request.query.get("idProperty", ""))
        if record is None:
            return _missing()
        return reply(
            200, self._objects.change(kind, record, request.json().get("properties") or {})
        )

    def _batch_upsert(self, request: Request, kind: str) -> Response:
        inputs = request.json().get("inputs", [])[:MOST]
        return _batch([self._objects.upsert(kind, one) for one in inputs])

    def _archive(self, _request: Request, kind: str, key: str) -> Response:
        self._objects.archive(kind, key)
        return reply(204)

    def _gdpr_delete(self, request: Request, kind: str) -> Response:
        given = request.json()
        record = self._objects.find(kind, str(given.get("objectId")), given.get("idProperty") or "")
        if record:
            del self.records[kind][record["id"]]
        return reply(204)

    def _associations(self, request: Request) -> Response:
        results = []
        kind = [{"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}]
        for one in request.json().get("inputs", [])[:1000]:
            ids = self._objects.contacts_of(str(one["id"]))
            to = [{"toObjectId": int(key), "associationTypes": kind} for key in ids]
            results += [{"from": {"id": str(one["id"])}, "to": to}] if to else []
        return _batch(results)

    def _statuses(self, _request: Request, email: str) -> Response:
        return _batch(list(self.records["subscriptions"].get(email, {}).values()))

    def _subscribe(self, request: Request, email: str) -> Response:
        given = request.json()
        state = {"subscriberIdString": email, "status": given.get("statusState"), **given}
        kept = self.records["subscriptions"].setdefault(email, {})
        kept[str(given.get("subscriptionId"))] = state
        return reply(200, state)

    def _unsubscribe_all(self, _request: Request, email: str) -> Response:
        contact = self._objects.find("contacts", email, "email")
        if contact:
            self._objects.change("contacts", contact, {"hs_email_optout": "true"})
        return _batch([{"subscriberIdString": email, "status": "UNSUBSCRIBED"}])


def _names(request: Request) -> list[str]:
    return [name for name in request.query.get("properties", "").split(",") if name]


def _links(request: Request) -> bool:
    return "contacts" in request.query.get("associations", "")


def _batch(results: list[Record]) -> Response:
    return reply(200, {"status": "COMPLETE", "results": results})


def _missing() -> Response:
    return _error(404, "OBJECT_NOT_FOUND", "resource not found")


def _error(status: int, category: str, message: str) -> Response:
    body = {"status": "error", "message": message, "category": category}
    return reply(status, {**body, "correlationId": "00000000-0000-4000-8000-000000000000"})
