"""All stand-ins behind one door: prefix → system, faults, limits, and a log of what came in."""

import json
from collections import deque
from collections.abc import Iterable
from copy import deepcopy
from threading import Lock
from typing import Final

from local.company.model import Company
from local.standins.faults import Faults
from local.standins.hubspot import HubSpot
from local.standins.mailchimp import Mailchimp
from local.standins.shopify import ShopifyShop
from local.standins.sink import WebhookSink
from local.standins.system import System
from local.standins.wire import Clock, Record, Request, Response, reply
from local.standins.zendesk import Zendesk

KEPT: Final = 5000
KEPT_BODY: Final = 8192
SILENT: Final = frozenset({"authorization", "x-shopify-access-token", "cookie"})


def build(company: Company, clock: Clock) -> dict[str, System]:
    """A stand-in for each system of the company, and the webhook sink."""
    company = deepcopy(company)
    systems: list[System] = [ShopifyShop(shop, clock) for shop in company.shops.values()]
    systems += [
        Mailchimp(company.mailchimp, clock),
        Zendesk(company.zendesk, clock),
        HubSpot(company.hubspot, clock),
        WebhookSink(clock),
    ]
    return {system.name: system for system in systems}


class Hub:
    """Answers requests for any system. Safe to call from several threads."""

    def __init__(self, systems: dict[str, System], clock: Clock) -> None:
        self.systems, self.faults = systems, Faults()
        self.changed = False
        self._clock, self._lock = clock, Lock()
        self._log: deque[Record] = deque(maxlen=KEPT)

    def answer(self, prefix: str, request: Request) -> Response | None:
        """The system's answer; None when it is never to come."""
        system = self.systems.get(prefix)
        if system is None:
            return reply(404, {"error": f"there is no system {prefix}"})
        if system.simultaneous and not system.simultaneous.enter():
            return self._logged(system, request, system.refuse(429, 1), "simultaneous")
        try:
            return self._served(system, request)
        finally:
            if system.simultaneous:
                system.simultaneous.leave()

    def _served(self, system: System, request: Request) -> Response | None:
        with self._lock:
            fault = self.faults.take(system, request)
        if fault and fault.kind in {"timeout", "slow"}:
            self.faults.wait(fault)
        if fault and fault.kind == "timeout":
            return self._logged(system, request, None, fault.kind)
        with system.lock:
            if fault:
                answer = self.faults.answer(fault, system, request)
            else:
                answer = self.faults.right(system, request)
        self.changed = self.changed or request.method != "GET"
        return self._logged(system, request, answer, fault.kind if fault else "")

    def _logged(
        self, system: System, request: Request, answer: Response | None, fault: str
    ) -> Response | None:
        entry = {
            "at": self._clock(),
            "system": system.name,
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": {k: v for k, v in request.headers.items() if k not in SILENT},
            "body": _readable(request.body),
            "status": answer.status if answer else None,
            "fault": fault,
        }
        with self._lock:
            self._log.append(entry)
        return answer

    def requests(self, system: str = "", *, writes: bool = False) -> Iterable[Record]:
        """What came in, oldest first; tokens and credentials are not kept."""
        with self._lock:
            log = list(self._log)
        return [
            entry
            for entry in log
            if system in {"", entry["system"]}
            and not (writes and (entry["method"] == "GET" or _reading(entry["path"])))
        ]

    def reset(self) -> None:
        """Forget faults, limits and the log; the records stay."""
        with self._lock:
            self.faults.reset()
            self._log.clear()
        for system in self.systems.values():
            with system.lock:
                system.reset()

    def snapshot(self) -> Record:
        """All records, to be kept."""
        result = {}
        for system in self.systems.values():
            with system.lock:
                result[system.name] = json.loads(json.dumps(system.records))
        return result

    def adopt(self, records: Record) -> None:
        """Take up records that were kept."""
        for name, kept in records.items():
            if name in self.systems:
                self.systems[name].adopt(kept)


def _reading(path: str) -> bool:
    """POSTs that change nothing."""
    return path.endswith(("/search", "/batch/read", "/oauth/tokens", "/oauth/access_token"))


def _readable(body: bytes) -> object:
    text = body[:KEPT_BODY].decode(errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text
