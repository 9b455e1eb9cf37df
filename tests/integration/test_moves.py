"""A guest's order is tied to an account: from the shop's webhook to what an agent is told."""

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters import policy as shelf
from connectors import shopify
from functions import adopting, context, evidence, observed, resolve, wiring
from schemas.config import Source
from schemas.errors import RetryLater
from tests.fakes.graph import NOW, policy
from tests.fakes.people import People, people

MAIL = "ada@example.com"
SHOP = Source(connector="shopify", base_url="https://shop.example.com")
ACCOUNT = {"id": 42, "email": MAIL, "created_at": "2025-01-01T00:00:00Z"}
GUEST = {
    "id": 1001,
    "name": "#1001",
    "email": MAIL,
    "created_at": "2026-10-01T10:00:00Z",
    "updated_at": "2026-10-01T10:00:00Z",
    "total_price": "12.40",
    "currency": "EUR",
    "financial_status": "paid",
    "line_items": [{"title": "Lamp", "quantity": 1}],
}
TIED = {**GUEST, "updated_at": "2026-10-02T10:00:00Z", "customer": ACCOUNT}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> People:
    made = people(monkeypatch)
    monkeypatch.setattr(wiring, "pause", lambda _: None)
    shelf.first(made.world.table, policy(), NOW.isoformat())
    return made


def arrives(hub: People, kind: str, *records: dict[str, Any]) -> None:
    """In one batch, as the bus would put it on the queue."""
    messages = []
    for number, raw in enumerate(records):
        seen = shopify.normalise("shop", SHOP, kind, raw)
        event = observed.event("shop", seen, "webhook", NOW, shopify.SPEC.movable)
        body = {"detail": json.loads(event.model_dump_json())}
        messages.append({"messageId": str(number), "body": json.dumps(body)})
    assert resolve.handler({"Records": messages}) == {"batchItemFailures": []}
    hub.world.stream()


def clock(hub: People, monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """A turn a minute."""
    for minute in range(minutes):
        monkeypatch.setattr(wiring, "now", lambda m=minute: NOW + timedelta(minutes=m))
        evidence.handler({})
    hub.world.stream()


def told() -> dict[str, Any]:
    """What an agent is told of who has the address."""
    claims = {"sub": "u-1", "cognito:groups": "[agent]"}
    reply = context.handler(
        {
            "routeKey": "GET /v1/context",
            "queryStringParameters": {"email": MAIL},
            "requestContext": {"authorizer": {"jwt": {"claims": claims}}},
        }
    )
    found: dict[str, Any] = json.loads(reply["body"])
    assert reply["statusCode"] == 200, found
    return found


def worth(found: dict[str, Any]) -> list[dict[str, Any]]:
    value: list[dict[str, Any]] = found["customer"]["value"]
    return value


@pytest.mark.parametrize("orders", [(GUEST, TIED), (TIED, GUEST), (TIED, GUEST, TIED, GUEST)])
def test_the_order_counts_once_whatever_comes_first(
    hub: People, monkeypatch: pytest.MonkeyPatch, orders: tuple[dict[str, Any], ...]
) -> None:
    arrives(hub, "customer", ACCOUNT)
    for each in orders:
        arrives(hub, "order", each)
        assert worth(told()) == [{"currency": "EUR", "amount": "12.40", "orders": 1}]
    clock(hub, monkeypatch, 5)
    found = told()
    assert worth(found) == [{"currency": "EUR", "amount": "12.40", "orders": 1}]
    assert [each["title"] for each in found["history"]] == ["Order #1001"]
    assert [line["what"] for line in found["bought"]] == ["1 x Lamp"]
    assert found["customer"]["id"] == hub.customer("shop:42")


def test_whom_the_order_left_is_nobody_any_more(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrives(hub, "order", GUEST)
    arrives(hub, "order", {**TIED, "email": "", "customer": {**ACCOUNT, "email": ""}})
    clock(hub, monkeypatch, 1)
    assert told()["customer"], "not before nobody relies on the guest"
    clock(hub, monkeypatch, 5)
    with pytest.raises(AssertionError, match="Nobody is known by this"):
        told()


def test_an_adoption_that_is_held_up_holds_up_nobody_who_is_to_be_settled(
    hub: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held_up() -> None:
        raise RetryLater("the graph is throttled")

    arrives(hub, "order", GUEST)
    arrives(hub, "order", {**TIED, "email": "", "customer": {**ACCOUNT, "email": ""}})
    monkeypatch.setattr(adopting, "carried_out", held_up)
    for minute in range(6):
        monkeypatch.setattr(wiring, "now", lambda m=minute: NOW + timedelta(minutes=m))
        with pytest.raises(RetryLater, match="throttled"):
            evidence.handler({})
    hub.world.stream()
    with pytest.raises(AssertionError, match="Nobody is known by this"):
        told()
