"""The control API under `/_control`: health, faults, what was received, records, reset."""

from collections.abc import Callable
from typing import Final

from local.standins.faults import KINDS, Fault
from local.standins.hub import Hub
from local.standins.wire import Record, Request, Response, dispatch, reply, route

FIELDS: Final = ("system", "kind", "count", "path", "seconds", "retry_after")


class Control:
    """Steers a hub. `restart` makes its records anew."""

    def __init__(self, hub: Hub, about: Record, restart: Callable[[], None]) -> None:
        self._hub, self._about, self._restart = hub, about, restart
        self._routes = (
            route("GET", r"/health", self._health),
            route("GET", r"/faults", self._pending),
            route("POST", r"/faults", self._fault),
            route("GET", r"/requests", self._requests),
            route("GET", r"/records", self._show),
            route("POST", r"/records", self._put),
            route("POST", r"/settings", self._settings),
            route("POST", r"/reset", self._reset),
        )

    def handle(self, request: Request) -> Response:
        """The answer; an unknown path or system is a 404 that says so."""
        return dispatch(self._routes, request) or reply(404, {"error": "no such control"})

    def _health(self, _request: Request) -> Response:
        return reply(200, {"status": "ok", **self._about, "systems": sorted(self._hub.systems)})

    def _pending(self, _request: Request) -> Response:
        faults = self._hub.faults.pending
        return reply(200, [{name: getattr(fault, name) for name in FIELDS} for fault in faults])

    def _fault(self, request: Request) -> Response:
        given = {name: value for name, value in request.json().items() if name in FIELDS}
        given["kind"] = str(given.get("kind"))
        if given.get("system") not in self._hub.systems:
            return reply(404, {"error": f"there is no system {given.get('system')}"})
        if given["kind"] not in KINDS and not given["kind"].isdigit():
            return reply(400, {"error": f"kind must be an HTTP status or one of {KINDS}"})
        self._hub.faults.add(Fault(**given))
        return reply(201, given)

    def _requests(self, request: Request) -> Response:
        system = request.query.get("system", "")
        found = list(self._hub.requests(system, writes="writes" in request.query))
        return reply(200, {"requests": found, "total": len(found)})

    def _show(self, request: Request) -> Response:
        system = self._hub.systems.get(request.query.get("system", ""))
        if system is None:
            return reply(404, {"error": "there is no such system"})
        with system.lock:
            kept = system.records.get(request.query.get("kind", ""), {})
            if "id" in request.query:
                found = kept.get(request.query["id"])
                return reply(200, found) if found else reply(404, {"error": "no such record"})
            return reply(200, {"records": list(kept.values()), "total": len(kept)})

    def _put(self, request: Request) -> Response:
        given = request.json()
        system = self._hub.systems.get(str(given.get("system")))
        if system is None:
            return reply(404, {"error": f"there is no system {given.get('system')}"})
        with system.lock:
            system.put(str(given["kind"]), given["record"])
        self._hub.changed = True
        return reply(204)

    def _settings(self, request: Request) -> Response:
        """`token_seconds`: how long tokens issued from now on live."""
        given = request.json()
        system = self._hub.systems.get(str(given.get("system")))
        if system is None or system.tokens is None:
            return reply(404, {"error": "there is no such system with tokens"})
        system.tokens.seconds = float(given["token_seconds"])
        return reply(204)

    def _reset(self, request: Request) -> Response:
        self._hub.reset()
        if request.json().get("data"):
            self._restart()
        return reply(204)
