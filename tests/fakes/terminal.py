"""A terminal in front of an API that answers from a list."""

import io
import json
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cli.api import Api
from cli.arguments import parser
from cli.failure import Failure
from cli.session import Session
from cli.targets import Target

ADA = "c1AbCdEfGhIjKlMnOpQrStUv"
AT = "2026-11-02T08:12:00Z"
CONTEXT = {
    "purpose": "customer_care",
    "role": "agent",
    "customer": {
        "id": ADA,
        "version": 4,
        "name": "Ada Byron",
        "traits": {
            "city": {"value": "Berlin", "source": "shop", "record": "customer:42", "at": AT}
        },
        "identifiers": [{"type": "email", "value": "ada@example.com", "source": "shop", "at": AT}],
        "sources": ["shop", "zendesk"],
        "value": [{"currency": "EUR", "amount": "1240.00", "orders": 9}],
    },
    "bought": [{"what": "Lamp", "at": AT, "source": "shop", "order": "shop:order:1"}],
    "purposes": [
        {
            "purpose": "email_marketing", "title": "Offers by e-mail", "basis": "consent",
            "channel": "email", "identifier": "ada@example.com", "permitted": False,
            "reason": "opted_out", "evidence": ["mailchimp:member:1@2026-10-01"],
        },
        {
            "purpose": "customer_care", "title": "Answering", "basis": "contract",
            "channel": "any", "permitted": True, "reason": "basis",
        },
    ],
    "history": [
        {
            "at": AT, "source": "zendesk", "kind": "call", "record": "zendesk:call:7",
            "title": "Where is my parcel?",
        }
    ],
    "next": "R#I#2026|s",
}  # fmt: skip
SOURCES = {
    "items": [
        {
            "name": "shop", "connector": "shopify", "schedule": "rate(15 minutes)", "pulled": 214,
            "checkpoints": [{"kind": "order", "records": 214, "at": AT, "age_seconds": 130}],
            "queue": {"name": "pull-shop", "waiting": 0, "working": 0, "dead": 0},
        }
    ]
}  # fmt: skip
STATUS = {
    "stage": "local", "at": AT, "policy": "3f2a", "customers": 201, "subjects": 214, "merges": 13,
    "reviews": 3, "set_aside": 1, "sources": SOURCES["items"],
    "destinations": [
        {
            "name": "mailchimp", "connector": "mailchimp", "mode": "live",
            "outcomes": {"sent": 143, "withheld": 58},
            "withheld_because": {"opted_out": 17, "no_consent": 41},
        }
    ],
    "queues": [{"name": "deliver-mailchimp", "waiting": 2, "working": 0, "dead": 1}],
}  # fmt: skip
WHY = {
    "customer": ADA, "destination": "mailchimp", "mode": "live",
    "items": [
        {
            "destination": "mailchimp", "identifier": "email", "at": AT, "outcome": "withheld",
            "permitted": False, "reason": "opted_out", "purpose": "email_marketing",
            "policy": "3f2a", "consents": ["mailchimp:member:1@2026-10-01"],
        }
    ],
}  # fmt: skip


@dataclass
class Hub:
    """An API that answers from a list, and remembers what it was asked."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    turns: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    """Where it answers otherwise each time."""
    asked: list[urllib.request.Request] = field(default_factory=list)

    def send(self, request: urllib.request.Request) -> tuple[int, bytes]:
        self.asked.append(request)
        if request.full_url == "http://127.0.0.1:4566/":
            body = json.loads(request.data or b"")  # type: ignore[arg-type]
            name = body["AuthParameters"]["USERNAME"]
            return 200, json.dumps({"AuthenticationResult": {"AccessToken": f"t-{name}"}}).encode()
        path = request.full_url.removeprefix("http://127.0.0.1:4566").partition("?")[0]
        turns = self.turns.get(path)
        status, answer = turns.pop(0) if turns else self.answers[path]
        return status, json.dumps(answer).encode()


@dataclass
class Terminal:
    """Runs a command line; `out` and `err` are what it wrote."""

    hub: Hub = field(default_factory=Hub)
    out: str = ""
    err: str = ""

    def run(self, line: str) -> int:
        given = parser().parse_args(line.split())
        target = Target(
            "local", "http://127.0.0.1:4566", "eu-west-1", "client", "api.localhost:4566",
            "http://127.0.0.1:4566",
            {role: (role, "p") for role in ("agent", "operator", "privacy")},
        )  # fmt: skip
        out, err = io.StringIO(), io.StringIO()
        time = iter(range(1000))

        def nobody(role: str) -> tuple[str, str]:
            raise Failure(role)

        session = Session(
            Api(target, nobody, self.hub.send), "local", given.json, out, err,
            pause=lambda _: None, clock=lambda: next(time), key=lambda: "k1",
            now=lambda: datetime.fromisoformat(AT),
        )  # fmt: skip
        try:
            code: int = given.run(session, given)
        finally:
            self.out, self.err = out.getvalue(), err.getvalue()
        return code
