"""Shopify's recorded payloads go through verify, parse and normalise."""

import json
from functools import partial

import pytest

from connectors.contract import Json, Request, Response
from connectors.registry import load
from schemas.errors import Misconfigured, RetryLater
from schemas.observation import Observation
from tests.conformance.payloads.recorded import (
    NOW,
    beside,
    observe,
    received,
    recorded,
    responses,
    signed,
    system,
    webhook,
)
from tests.contract.connector_driving import answer, pages

pytestmark = beside


def _same(body: Json, _request: Request) -> Response:
    return answer(body)


def shopify_webhook(topic: str, record: Json) -> list[Observation]:
    body = json.dumps(record).encode()
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": signed(body),
        "x-shopify-webhook-id": "1",
        "x-shopify-triggered-at": "2026-10-01T00:00:00Z",
    }
    return list(received("shopify", webhook(headers, body)))


@pytest.mark.parametrize(
    "name",
    [
        "rest_2026-07_customer_get.json",
        "rest_2026-07_customers_list.json",
        "rest_2026-07_customer_marketing_consent_update.json",
    ],
)
def test_shopify_customers(name: str) -> None:
    for body in responses(f"shopify/{name}"):
        for record in body.get("customers") or [body["customer"]]:
            pulled = observe("shopify", "customer", record)
            assert shopify_webhook("customers/update", record) == [pulled]
            assert pulled.subject.id == str(record["id"])
            assert "email" in {claim.identifier.type for claim in pulled.claims}
            assert not pulled.consents, "not_subscribed says nothing"


def test_an_old_customer_with_accepts_marketing_grants_nothing() -> None:
    found = observe("shopify", "customer", recorded("shopify/pysdk_customer.json")["customer"])
    assert found.consents == ()


def test_a_partially_refunded_order() -> None:
    (body,) = responses("shopify/rest_2026-07_orders_updated_at_min.json")
    for record in body["orders"]:
        (found,) = shopify_webhook("orders/updated", record)
        assert found == observe("shopify", "order", record)
        assert found.interaction is not None
        assert found.interaction.amount is not None
        assert found.interaction.amount.minor == 19_965


def test_a_refund_names_its_order() -> None:
    (body,) = responses("shopify/rest_2026-07_refunds.json")
    for record in body["refunds"]:
        request = webhook({"x-shopify-topic": "refunds/create"}, json.dumps(record).encode())
        assert load("shopify").parse(system("shopify"), request).fetch == {"order": ("450789469",)}


def test_graphql_answers_that_say_no() -> None:
    vendor, shop = load("shopify"), system("shopify")
    (denied,) = responses("shopify/graphql_access_denied_protected_customer_data.json")
    with pytest.raises(Misconfigured):
        pages(vendor.pull(shop, "customer", {}, NOW), lambda _: answer(denied))
    for name in ("graphql_order_recorded.json", "graphql_customerCreate_recorded.json"):
        (body,) = responses(f"shopify/{name}")
        assert vendor.throttled(answer(body)) is None
        with pytest.raises(RetryLater):
            pages(vendor.pull(shop, "order", {}, NOW), partial(_same, body))


def test_shopify_privacy_webhooks_are_accepted_and_kept() -> None:
    for topic, body in recorded("shopify/privacy_webhooks_docs_sample.json").items():
        assert shopify_webhook(topic, body) == []
