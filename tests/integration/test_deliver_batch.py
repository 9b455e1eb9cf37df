"""A batch from the queue: what is done, what comes back, and when."""

import json
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from adapters.customers import profile_key
from connectors import registry
from connectors.contract import Response
from functions import calling, wiring
from functions.deliver import handler
from rules import keys
from rules.keys import Pepper
from rules.ledger_rows import state_key
from schemas.config import Config
from schemas.policy import Policy
from schemas.rows import Write
from schemas.settings import Settings
from tests.simulator.mailing import LETTERS, PEPPER, POLICY, START, Hub, Killed, address, key_of

ARN = "arn:aws:sqs:eu-central-1:000000000000:sluice-test-deliver-letters"
CONFIG = {
    "company": "Lumen & Loom",
    "sources": {},
    "destinations": {
        "letters": {"connector": "letters", "base_url": "https://letters.example", "mode": "live"}
    },
}


class NotForeseen(Exception):
    """A fault of our own."""


@dataclass
class Queue:
    """The signed client, asked for nothing but when to show messages again."""

    endpoint: str = ""
    deferred: dict[str, int] = field(default_factory=dict)

    def call(self, service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert (service, operation) == ("sqs", "ChangeMessageVisibility")
        assert payload["QueueUrl"].endswith("/000000000000/sluice-test-deliver-letters")
        self.deferred[payload["ReceiptHandle"]] = payload["VisibilityTimeout"]
        return {}


@dataclass
class Post:
    """The hub with a queue in front."""

    hub: Hub
    queue: Queue
    remaining: float = 60.0

    def receives(self, *bodies: str, attempt: int = 1) -> list[str]:
        """Works on a batch; answers with the messages that stay."""
        records = [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"r{number}",
                "eventSourceARN": ARN,
                "attributes": {"ApproximateReceiveCount": str(attempt)},
                "body": body,
            }
            for number, body in enumerate(bodies)
        ]
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: self.remaining * 1000)
        answer = handler({"Records": records}, context)
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    hub, queue = Hub(), Queue()
    quiet = SimpleNamespace(warning=lambda *_, **__: None, error=lambda *_, **__: None)
    ports: dict[str, object] = {
        "settings": Settings(stage="test", function="deliver-letters", system="letters"),
        "config": Config.model_validate(CONFIG),
        "policy": ("v1", Policy.model_validate(POLICY)),
        "graph": hub.graph,
        "journal": hub.journal,
        "aws": queue,
        "logger": quiet,
        "jitter": 0.0,
    }
    for name, value in ports.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(wiring, "pepper", lambda: PEPPER)
    monkeypatch.setattr(wiring, "now", hub.now)
    monkeypatch.setattr(wiring, "clock", hub.clock)
    monkeypatch.setattr(registry, "load", lambda _name: LETTERS)
    monkeypatch.setattr(calling, "http", lambda *_: hub.office().http)
    return Post(hub, queue)


def event(name: str, **data: object) -> str:
    detail = {"id": "1", "time": START.isoformat(), "data": data}
    return json.dumps({"detail-type": name, "detail": detail})


def test_each_event_brings_the_destination_up_to_date(post: Post) -> None:
    for number, name in enumerate(("ada", "ben", "cem", "dora")):
        post.hub.knows(name, into=f"g{number}")
        post.hub.says(key_of(name))
    ada, ben, cem, dora = (post.hub.knows(n, into=f"g{i}") for i, n in
                           enumerate(("ada", "ben", "cem", "dora")))  # fmt: skip
    stayed = post.receives(
        event("CustomerChanged", customer=ada, version=1, changed=["email"]),
        event("ConsentChanged", customer=ben, purpose="offers", version=1),
        event("CustomersMerged", customer=cem, merged=["gone"], version=4),
        event("CustomerSplit", customer=dora, parts=[dora, "gone"], version=4),
    )
    assert stayed == []
    assert set(post.hub.service.people) == {address(n) for n in ("ada", "ben", "cem", "dora")}


def test_while_keys_come_to_another_pepper_a_moved_address_is_the_same(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.hub.says(key_of("ada"))
    ada = post.hub.knows("ada")
    changed = event("CustomerChanged", customer=ada, version=1, changed=["email"])
    assert post.receives(changed) == []
    begun = replace(PEPPER, coming=Pepper(b"another", 2), begun=True)
    monkeypatch.setattr(wiring, "pepper", lambda: begun)
    post.hub.on_island = partial(keys.renewed, begun)
    post.hub.knows("ada")
    ben = post.hub.knows("ben", into="g2")
    for name in ("ada", "ben"):
        post.hub.says(keys.renewed(begun, key_of(name)))
    consent = event("ConsentChanged", customer=ben, purpose="offers", version=1)
    assert post.receives(changed, consent) == []
    assert [name for name, _, _ in post.hub.service.calls] == [address("ada"), address("ben")]
    names = [key_of("ada"), keys.renewed(begun, key_of("ben"))]
    assert post.hub.graph.get_many([state_key("letters", name) for name in names]).keys() == {
        state_key("letters", name) for name in names
    }


def test_a_customer_is_looked_at_once_in_a_batch(post: Post) -> None:
    ada = post.hub.knows("ada")
    body = event("CustomerChanged", customer=ada, version=1, changed=["email"])
    consent = event("ConsentChanged", customer=ada, purpose="offers", version=1)
    assert post.receives(body, consent, body) == []
    assert post.hub.graph.units.write == 3.0


def test_what_the_destination_may_not_know_costs_nothing_and_hides_nothing(post: Post) -> None:
    ada = post.hub.knows("ada")
    post.hub.says(key_of("ada"))
    moved = event("CustomerChanged", customer=ada, version=2, changed=["city", "value"])
    assert post.receives(moved) == []
    assert post.hub.graph.units.calls == post.hub.graph.units.write == 0
    consent = event("ConsentChanged", customer=ada, purpose="offers", version=1)
    assert post.receives(moved, consent) == []
    assert address("ada") in post.hub.service.people


def test_the_customers_of_a_batch_are_read_together_while_that_is_fresh(post: Post) -> None:
    names = ("ada", "ben", "cem", "dora")
    people = [post.hub.knows(name, into=f"g{number}") for number, name in enumerate(names)]
    for name in names:
        post.hub.says(key_of(name))
    calls: list[str] = []
    post.hub.tick = calls.append
    bodies = [event("CustomerChanged", customer=c, version=1, changed=["email"]) for c in people]
    assert post.receives(*bodies) == []
    assert calls.count("get") == 2
    post.hub.service.arriving = lambda: post.hub.wait(0.6)
    for name in names:
        post.hub.says(key_of(name), "withdrawn", days=1)
    calls.clear()
    assert post.receives(*bodies) == []
    assert calls.count("get") == 4, "two after each second"
    assert {each["status"] for each in post.hub.service.people.values()} == {"off"}


def test_a_broken_row_holds_up_its_own_customer_only(post: Post) -> None:
    ada, ben = post.hub.knows("ada"), post.hub.knows("ben", into="g2")
    post.hub.says(key_of("ada"))
    broken = Write("put", profile_key(ben), {"v": 1, "data": "{}"})
    post.hub.graph.write(broken)
    bodies = [event("ConsentChanged", customer=c, purpose="offers", version=1) for c in (ada, ben)]
    assert post.receives(*bodies) == ["m1"]
    assert address("ada") in post.hub.service.people


def test_a_refusal_that_a_change_cannot_lift_is_not_thought_over(post: Post) -> None:
    ada = post.hub.knows("ada")
    consent = event("ConsentChanged", customer=ada, purpose="offers", version=1)
    assert post.receives(consent) == []
    renamed = event("CustomerChanged", customer=ada, version=1, changed=["first_name"])
    calls: list[str] = []
    post.hub.tick = calls.append
    assert post.receives(renamed) == []
    assert calls.count("query") == 0
    assert post.hub.outcomes("ada") == [("withheld", "no_consent")]
    post.hub.says(key_of("ada"))
    moved = event("CustomerChanged", customer=ada, version=1, changed=["email"])
    assert post.receives(moved) == []
    assert post.hub.outcomes("ada")[-1] == ("sent", "granted")


def test_a_change_that_cannot_lift_a_refusal_hides_none_that_can(post: Post) -> None:
    ada = post.hub.knows("ada")
    consent = event("ConsentChanged", customer=ada, purpose="offers", version=1)
    assert post.receives(consent) == []
    post.hub.says(key_of("ada"))
    renamed = event("CustomerChanged", customer=ada, version=1, changed=["first_name"])
    assert post.receives(renamed, consent) == []
    assert post.hub.outcomes("ada")[-1] == ("sent", "granted")


def test_a_refusal_is_thought_over_under_a_new_policy(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = post.hub.knows("ada")
    renamed = event("CustomerChanged", customer=ada, version=1, changed=["first_name"])
    assert post.receives(renamed) == []
    monkeypatch.setattr(wiring, "policy", lambda: ("v2", Policy.model_validate(POLICY)))
    assert post.receives(renamed) == []
    assert [entry.decision.policy for entry in post.hub.ledger("ada")] == ["v1", "v2"]


def test_a_refusal_is_thought_over_when_nobody_knows_what_was_sent_meanwhile(post: Post) -> None:
    ada = post.hub.knows("ada")
    consent = event("ConsentChanged", customer=ada, purpose="offers", version=1)
    assert post.receives(consent) == []
    post.hub.says(key_of("ada"))

    def gone() -> None:
        raise Killed

    post.hub.service.arriving = gone
    with pytest.raises(Killed):
        post.receives(consent)
    post.hub.service.arriving = lambda: None
    post.hub.wait(360)
    renamed = event("CustomerChanged", customer=ada, version=1, changed=["first_name"])
    assert post.receives(renamed) == []
    assert post.hub.outcomes("ada")[-1] == ("sent", "granted")


def test_a_refusal_that_time_lifts_is_thought_over_at_each_change(post: Post) -> None:
    ada = post.hub.knows("ada")
    post.hub.says(key_of("ada"), days=1)
    renamed = event("CustomerChanged", customer=ada, version=1, changed=["first_name"])
    assert post.receives(renamed) == []
    assert post.hub.outcomes("ada") == [("withheld", "future_grant")]
    post.hub.wait(2 * 86_400)
    assert post.receives(renamed) == []
    assert post.hub.outcomes("ada")[-1] == ("sent", "granted")


def test_a_poison_message_stays_and_the_rest_goes_on(post: Post) -> None:
    ada = post.hub.knows("ada")
    post.hub.says(key_of("ada"))
    good = event("CustomerChanged", customer=ada, version=1, changed=["email"])
    assert post.receives("no json", event("Unheard", customer=ada), good) == ["m0", "m1"]
    assert address("ada") in post.hub.service.people


def test_a_vendor_that_asks_for_time_gets_it(post: Post) -> None:
    ada = post.hub.knows("ada")
    post.hub.says(key_of("ada"))
    post.hub.service.answers = [Response(429, {"retry-after": "600"}, b"")]
    assert post.receives(event("ConsentChanged", customer=ada, purpose="offers", version=1)) == [
        "m0"
    ]
    assert 600 <= post.queue.deferred["r0"] < 660


def test_a_vendor_that_is_down_is_asked_ever_less_often(post: Post) -> None:
    ada = post.hub.knows("ada")
    post.hub.says(key_of("ada"))
    waits = []
    for attempt in (1, 2, 3, 4):
        post.hub.service.answers = [Response(500, {}, b"")] * 9
        post.hub.seconds += 1000
        body = event("ConsentChanged", customer=ada, purpose="offers", version=1)
        assert post.receives(body, attempt=attempt) == ["m0"]
        waits.append(post.queue.deferred["r0"])
    assert waits == sorted(waits)
    assert sum(waits) > 1000


def test_what_there_is_no_time_for_comes_back_soon(post: Post) -> None:
    ada = post.hub.knows("ada")
    post.remaining = 5.0
    assert post.receives(event("CustomerChanged", customer=ada, version=1, changed=["email"])) == [
        "m0"
    ]
    assert post.queue.deferred["r0"] < 5


def test_a_fault_of_ours_costs_one_message_and_is_no_withdrawal(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = post.hub.knows("ada")
    post.hub.says(key_of("ada"))

    def broken() -> None:
        raise NotForeseen

    monkeypatch.setattr(post.hub.service, "opening", broken)
    body = event("CustomerChanged", customer=ada, version=1, changed=["email"])
    assert post.receives(body) == ["m0"]
    monkeypatch.setattr(post.hub.service, "opening", cast("Any", lambda: None))
    post.hub.wait(360)
    assert post.receives(body, attempt=2) == []
    assert post.hub.outcomes("ada") == [("sent", "granted")]
