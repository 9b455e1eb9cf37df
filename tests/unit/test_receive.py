"""A webhook's answers: durable before 2xx, closed by default, nothing lost and nothing forged."""

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters import bus, quarantine, tallies
from functions import receive, wiring
from schemas.config import Config
from schemas.errors import BadRecord, RetryLater
from schemas.settings import Settings

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
SECRET = "shhh-invented"
ORDER = {
    "id": 1001,
    "created_at": "2026-11-01T09:29:50Z",
    "updated_at": "2026-11-01T09:29:58Z",
    "email": "ada@example.com",
    "currency": "EUR",
    "total_price": "12.40",
    "current_total_price": "12.40",
    "financial_status": "paid",
    "customer": {"id": 42, "created_at": "2024-03-01T10:00:00Z", "email": "ada@example.com"},
    "line_items": [{"title": "Lamp", "quantity": 1}],
}


@dataclass
class Hub:
    """What the function touches, remembered."""

    published: list[Any] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    raw: list[Any] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    bus_is_down: bool = False

    def publish(self, _aws: object, _bus: str, events: Sequence[Any]) -> None:
        if self.bus_is_down:
            raise RetryLater("the bus refused 1 of 1 events")
        self.published += events

    def keep(
        self, _table: object, source: str, found: tuple[str, Any], error: BadRecord, _at: datetime
    ) -> bool:
        self.aside.append((source, error.reason))
        self.raw.append(found[1])
        return True


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub()
    config = Config.model_validate(
        {
            "company": "Lumen & Loom",
            "sources": {
                "shopify-eu": {"connector": "shopify", "base_url": "https://eu.example.com"},
                "shopify-us": {"connector": "shopify", "base_url": "https://us.example.com"},
                "woo": {
                    "connector": "tests.contract.connectors.woocommerce",
                    "base_url": "https://woo.example.com",
                },
            },
        }
    )

    class Held:
        def get(self, system: str, kind: str) -> Mapping[str, str]:
            return {"secret": SECRET if system == "shopify-eu" else "another"}

    settings = Settings(stage="test", function="receive", inbound_bus="inbound")
    for name, value in {
        "config": config,
        "secrets": Held(),
        "settings": settings,
        "now": NOW,
        "aws": None,
        "graph": None,
    }.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(bus, "publish", made.publish)
    monkeypatch.setattr(quarantine, "keep", made.keep)
    monkeypatch.setattr(tallies, "add", lambda _table, counts: made.counted.update(counts))
    wiring.logger.cache_clear()
    wiring.metrics.cache_clear()
    return made


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def webhook(
    body: bytes, *, source: str = "shopify-eu", method: str = "POST", **headers: str
) -> dict[str, Any]:
    given = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Hmac-Sha256": signed(body),
        "X-Shopify-Shop-Domain": "eu.myshopify.com",
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Webhook-Id": "w1",
        "X-Shopify-Event-Id": "e1",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "pathParameters": {"source": source},
        "rawPath": f"/webhooks/{source}",
        "rawQueryString": "",
        "headers": given,
        "requestContext": {"http": {"method": method}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def order(**changes: object) -> bytes:
    return json.dumps(ORDER | changes).encode()


def test_given_a_genuine_order_then_it_is_on_the_bus_before_the_2xx(hub: Hub) -> None:
    reply = receive.handler(webhook(order()))
    assert reply["statusCode"] == 200
    (event,) = hub.published
    assert hub.counted == {"webhooks#shopify-eu": 1}
    assert event.data.observation.subject.key == "shopify-eu:customer:42"
    assert event.data.via == "webhook"


def test_given_a_record_then_its_event_says_whether_it_can_move(hub: Hub) -> None:
    receive.handler(webhook(order()))
    receive.handler(webhook(order(), X_Shopify_Topic="customers/update"))
    assert [event.data.movable for event in hub.published] == [True, False]


def test_given_the_bus_is_down_then_the_sender_is_told_to_come_back(hub: Hub) -> None:
    hub.bus_is_down = True
    reply = receive.handler(webhook(order()))
    assert (reply["statusCode"], reply["headers"]["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param({"X_Shopify_Hmac_Sha256": "AAAA"}, id="wrong"),
        pytest.param({"X_Shopify_Hmac_Sha256": ""}, id="empty"),
        pytest.param({"X_Shopify_Hmac_Sha256": "é☃"}, id="not ascii"),
        pytest.param({"X_Shopify_Hmac_Sha256": signed(order(), "another")}, id="other shop's"),
    ],
)
def test_given_a_bad_signature_then_401_and_nothing_is_stored(
    hub: Hub, spoil: dict[str, str]
) -> None:
    reply = receive.handler(webhook(order(), **spoil))
    assert reply["statusCode"] == 401
    assert reply["headers"]["content-type"] == "application/problem+json"
    assert (hub.published, hub.aside) == ([], [])


def test_given_no_signature_header_then_401(hub: Hub) -> None:
    event = webhook(order())
    del event["headers"]["X-Shopify-Hmac-Sha256"]
    assert receive.handler(event)["statusCode"] == 401


def test_given_one_changed_byte_then_401(hub: Hub) -> None:
    genuine = webhook(order())
    changed = webhook(order(email="eve@example.com"))
    changed["headers"] = genuine["headers"]
    assert receive.handler(changed)["statusCode"] == 401


def test_given_an_unknown_source_then_404(hub: Hub) -> None:
    assert receive.handler(webhook(order(), source="nowhere"))["statusCode"] == 404


@pytest.mark.parametrize(
    "body,headers,status",
    [
        pytest.param(b"{" + b" " * (256 * 1024), {}, 413, id="too large"),
        pytest.param(order(), {"Content_Type": "text/plain"}, 415, id="wrong type"),
        pytest.param(b"not json", {}, 400, id="not json"),
    ],
)
def test_given_a_body_the_sender_can_mend_then_a_problem_document_says_how(
    hub: Hub, body: bytes, headers: dict[str, str], status: int
) -> None:
    reply = receive.handler(webhook(body, **headers))
    assert reply["statusCode"] == status
    assert json.loads(reply["body"])["detail"]
    assert hub.published == []


@pytest.mark.parametrize(
    "body,raw,reason",
    [
        (b"not json", "not json", "the body is not JSON"),
        (b'["a list"]', '["a list"]', "the body is no JSON object"),
        (b'{"name": "J\xf6rg"}', '{"name": "J\\xf6rg"}', "the body is not JSON"),
        (b"\xff\xfe{}", "\\xff\\xfe{}", "the body is not JSON"),
    ],
)
def test_given_a_signed_body_that_cannot_be_read_then_it_is_kept_and_the_sender_told(
    hub: Hub, body: bytes, raw: str, reason: str
) -> None:
    reply = receive.handler(webhook(body))
    assert reply["statusCode"] == 400
    assert "set aside" in json.loads(reply["body"])["detail"]
    assert (hub.aside, hub.raw) == ([("shopify-eu", reason)], [raw])


@pytest.mark.parametrize("body", [b"not json", b"\xff\xfe{}"])
def test_given_an_unsigned_body_that_cannot_be_read_then_nothing_is_kept(
    hub: Hub, body: bytes
) -> None:
    forged = webhook(body, X_Shopify_Hmac_Sha256=signed(body, "another"))
    assert receive.handler(forged)["statusCode"] == 401
    assert hub.aside == []


def trying(body: bytes, kind: str) -> dict[str, Any]:
    return webhook(body, source="woo", Content_Type=kind)


def test_given_a_vendor_that_tries_the_address_then_200_and_nothing_is_stored(hub: Hub) -> None:
    reply = receive.handler(trying(b"webhook_id=7", "application/x-www-form-urlencoded"))
    assert reply["statusCode"] == 200
    assert (hub.published, hub.aside, hub.counted) == ([], [], {})


@pytest.mark.parametrize(
    "body,kind,status",
    [
        (b"webhook_id=7", "text/plain", 415),
        (b"webhook_id=7&id=1", "application/x-www-form-urlencoded", 401),
        (b'{"id": 1}', "application/json", 401),
    ],
)
def test_given_what_is_no_ping_then_it_is_verified_as_ever(
    hub: Hub, body: bytes, kind: str, status: int
) -> None:
    reply = receive.handler(trying(body, kind))
    assert reply["statusCode"] == status
    detail = json.loads(reply["body"])["detail"]
    if status == 415:
        assert detail == "Send it as application/json or application/x-www-form-urlencoded."
    assert hub.published == []


def test_given_a_genuine_record_that_cannot_be_used_then_it_is_set_aside(hub: Hub) -> None:
    reply = receive.handler(webhook(order(created_at=None, id=None)))
    assert json.loads(reply["body"]) == {"accepted": 0, "set_aside": 1}
    assert len(hub.aside) == 1


def test_given_the_same_delivery_twice_then_it_is_the_same_event(hub: Hub) -> None:
    receive.handler(webhook(order()))
    receive.handler(webhook(order()))
    first, second = hub.published
    assert (first.source, first.id) == (second.source, second.id)


def test_given_two_shops_of_one_vendor_then_each_has_its_own_secret(hub: Hub) -> None:
    body = order()
    there = webhook(body, source="shopify-us", X_Shopify_Hmac_Sha256=signed(body, "another"))
    assert receive.handler(there)["statusCode"] == 200
    assert hub.published[0].data.observation.subject.key == "shopify-us:customer:42"
