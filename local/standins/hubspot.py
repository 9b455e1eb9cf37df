"""HubSpot's CRM API: contacts and deals, search, batches, associations, GDPR delete."""

from typing import Final

from local.company.model import Crm
from local.company.times import millis
from local.standins.hubspot_search import BadSearch, search
from local.standins.limits import Window
from local.standins.moments import moment
from local.standins.secrets import credentials
from local.standins.system import System
from local.standins.wire import Clock, Record, Request, Response, dispatch, reply, route

TEN_SECONDS, SEARCHES = 190, 5
MOST: Final = 100
OBJECTS: Final = r"/crm/(?:v3/objects|objects/20\d\d-\d\d)/(contacts|deals)"
DEFAULTS: Final = {
    "contacts": (
        "createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname",
    ),
    "deals": (
        "amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate",
        "hs_object_id", "pipeline",
    ),
}  # fmt: skip
MODIFIED: Final = {"contacts": "lastmodifieddate", "deals": "hs_lastmodifieddate"}


class HubSpot(System):
    """One portal."""

    def __init__(self, crm: Crm, clock: Clock) -> None:
        super().__init__("hubspot")
        self._token, self._clock = credentials("hubspot")["api"]["access_token"], clock
        self._rolling = Window(TEN_SECONDS, 10, clock)
        self._searches = Window(SEARCHES, 1, clock)
        self.limits = [self._rolling, self._searches]
        self.records = {
            "contacts": {record["id"]: record for record in crm.contacts},
            "deals": {record["id"]: record for record in crm.deals},
            "links": {key: {"contacts": list(ids)} for key, ids in crm.deal_contacts.items()},
            "subscriptions": {},
        }
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
        body: Record = {"results": [self._shown(kind, r, names, request) for r in page]}
        if len(found) > limit:
            body["paging"] = {"next": {"after": page[-1]["id"]}}
        return reply(200, body, page=request.path)

    def _shown(
        self, kind: str, record: Record, names: list[str], request: Request | None = None
    ) -> Record:
        """A record with the properties that were asked for, or the usual ones."""
        held = record["properties"]
        shown = dict(record)
        if held is not None:
            wanted = {*names, "createdate", "hs_object_id", MODIFIED[kind]}
            chosen = sorted(wanted) if names else DEFAULTS[kind]
            shown["properties"] = {name: held.get(name) for name in chosen}
        if request and kind == "deals" and "contacts" in request.query.get("associations", ""):
            ids = self.records["links"].get(record["id"], {}).get("contacts", [])
            links = [{"id": key, "type": "deal_to_contact"} for key in ids]
            shown["associations"] = {"contacts": {"results": links}} if links else {}
        return shown

    def _search(self, request: Request, kind: str) -> Response:
        wanted = request.json()
        live = [r for r in self.records[kind].values() if not r["archived"]]
        try:
            found = search(live, wanted)
        except BadSearch as error:
            return _error(400, "VALIDATION_ERROR", str(error))
        names = list(wanted.get("properties") or [])
        body: Record = {
            "total": found["total"],
            "results": [self._shown(kind, record, names) for record in found["records"]],
        }
        if found["after"] is not None:
            body["paging"] = {"next": {"after": str(found["after"])}}
        return reply(200, body, page=request.path)

    def _find(self, kind: str, key: str, by: str = "") -> Record | None:
        if by in {"", "hs_object_id"}:
            record = self.records[kind].get(key) or self._merged(kind, key)
            return None if record is None or record["archived"] else record
        return next(
            (
                record
                for record in self.records[kind].values()
                if not record["archived"]
                and str((record["properties"] or {}).get(by) or "").lower() == key.lower()
            ),
            None,
        )

    def _merged(self, kind: str, key: str) -> Record | None:
        """The contact that one of this id was merged into."""
        for record in self.records[kind].values():
            former = (record["properties"] or {}).get("hs_merged_object_ids") or ""
            if key in former.split(";"):
                return record
        return None

    def _get(self, request: Request, kind: str, key: str) -> Response:
        record = self._find(kind, key, request.query.get("idProperty", ""))
        if record is None:
            return _missing()
        return reply(200, self._shown(kind, record, _names(request), request))

    def _batch_read(self, request: Request, kind: str) -> Response:
        given = request.json()
        by, names = given.get("idProperty") or "", list(given.get("properties") or [])
        found = [self._find(kind, str(one["id"]), by) for one in given.get("inputs", [])[:MOST]]
        return _batch([self._shown(kind, record, names) for record in found if record])

    def _create(self, request: Request, kind: str) -> Response:
        properties = request.json().get("properties") or {}
        email = str(properties.get("email") or "")
        existing = self._find(kind, email, "email") if email else None
        if existing:
            text = f"Contact already exists. Existing ID: {existing['id']}"
            return _error(409, "CONFLICT", text)
        return reply(201, self._add(kind, properties))

    def _add(self, kind: str, properties: Record) -> Record:
        now = millis(moment(self._clock()))
        key = str(max((int(key) for key in self.records[kind]), default=0) + 51)
        held = {"hs_object_id": key, "createdate": now, MODIFIED[kind]: now, **properties}
        record: Record = {"id": key, "properties": held, "createdAt": now, "updatedAt": now}
        self.records[kind][key] = record | {"archived": False}
        return self.records[kind][key]

    def _write(self, kind: str, record: Record, properties: Record) -> Record:
        now = millis(moment(self._clock()))
        record["properties"] = {**(record["properties"] or {}), **properties, MODIFIED[kind]: now}
        record["updatedAt"] = now
        return record

    def _patch(self, request: Request, kind: str, key: str) -> Response:
        record = self._find(kind, key, request.query.get("idProperty", ""))
        if record is None:
            return _missing()
        return reply(200, self._write(kind, record, request.json().get("properties") or {}))

    def _batch_upsert(self, request: Request, kind: str) -> Response:
        results = []
        for one in request.json().get("inputs", [])[:MOST]:
            by, key, properties = one.get("idProperty") or "", str(one["id"]), one["properties"]
            known = self._find(kind, key, by)
            extra = {by: key} if by else {}
            record = (
                self._write(kind, known, properties)
                if known
                else self._add(kind, {**extra, **properties})
            )
            results.append({**record, "new": known is None})
        return _batch(results)

    def _archive(self, _request: Request, kind: str, key: str) -> Response:
        record = self._find(kind, key)
        if record:
            record |= {"archived": True, "archivedAt": millis(moment(self._clock()))}
        return reply(204)

    def _gdpr_delete(self, request: Request, kind: str) -> Response:
        given = request.json()
        record = self._find(kind, str(given.get("objectId")), given.get("idProperty") or "")
        if record:
            del self.records[kind][record["id"]]
        return reply(204)

    def _associations(self, request: Request) -> Response:
        links, results = self.records["links"], []
        kind = [{"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}]
        for one in request.json().get("inputs", [])[:1000]:
            ids = links.get(str(one["id"]), {}).get("contacts", [])
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
        contact = self._find("contacts", email, "email")
        if contact:
            self._write("contacts", contact, {"hs_email_optout": "true"})
        return _batch([{"subscriberIdString": email, "status": "UNSUBSCRIBED"}])


def _names(request: Request) -> list[str]:
    return [name for name in request.query.get("properties", "").split(",") if name]


def _batch(results: list[Record]) -> Response:
    return reply(200, {"status": "COMPLETE", "results": results})


def _missing() -> Response:
    return _error(404, "OBJECT_NOT_FOUND", "resource not found")


def _error(status: int, category: str, message: str) -> Response:
    body = {"status": "error", "message": message, "category": category}
    return reply(status, {**body, "correlationId": "00000000-0000-4000-8000-000000000000"})
