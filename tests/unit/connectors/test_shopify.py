"""Shopify: pages by time of change, refusals with status 200, webhooks, tokens."""

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from hmac import new
from typing import Any

import pytest

from connectors.contract import Inbound, Json, Request, Response
from connectors.registry import load
from schemas.config import Source
from schemas.errors import BadRecord, Misconfigured, RetryLater
from schemas.observation import Observation
from tests.contract.connector_driving import answer, pages

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
SHOP = load("shopify")
SYSTEM = Source(
    connector="shopify",
    base_url="https://lumen.example",
    overlap_seconds=300,
    settings={"country": "DE", "page_size": 2},
)
ORDER = {
    "id": 1001,
    "created_at": "2026-10-01T12:00:00+02:00",
    "customer": {"id": 42},
}


def observe(kind: str, record: Json) -> Observation:
    return SHOP.normalise("shop", SYSTEM, kind, record)


class Vendor:
    """Answers with these pages, in order; remembers what was asked."""

    def __init__(self, *bodies: Json) -> None:
        self.bodies = list(bodies)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, request: Request) -> Response:
        self.asked.append(request.json["variables"])
        return answer(self.bodies.pop(0))


def page(*days: int, cursor: str = "", root: str = "orders") -> dict[str, Any]:
    nodes = [
        {"id": f"gid://shopify/Order/{d}", "updatedAt": f"2026-10-{d:02}T00:00:00Z"} for d in days
    ]
    info = {"hasNextPage": bool(cursor), "endCursor": cursor or None}
    return {"data": {root: {"pageInfo": info, "nodes": nodes}}}


def test_a_pull_goes_on_from_where_it_was_with_the_overlap_of_the_source() -> None:
    vendor = Vendor(page(1, 2, cursor="a"), page(3))

    first = pages(SHOP.pull(SYSTEM, "order", {}, NOW), vendor)

    assert [len(one.records) for one in first] == [2, 1]
    assert vendor.asked[0] == {"first": 2, "after": None, "query": None}
    assert vendor.asked[1]["after"] == "a"
    vendor = Vendor(page())
    again = pages(SHOP.pull(SYSTEM, "order", first[-1].cursor, NOW), vendor)
    assert vendor.asked[0]["query"] == "updated_at:>='2026-10-02T23:55:00Z'"
    assert again[-1].cursor == first[-1].cursor


def test_a_pull_that_was_cut_off_resumes_at_the_page_it_had_not_published() -> None:
    first = pages(SHOP.pull(SYSTEM, "order", {}, NOW), Vendor(page(1, cursor="a"), page(2)))
    vendor = Vendor(page(2))
    pages(SHOP.pull(SYSTEM, "order", first[0].cursor, NOW), vendor)
    assert vendor.asked[0] == {"first": 2, "after": "a", "query": None}


def test_a_page_that_repeats_its_cursor_ends_the_pull_and_says_so() -> None:
    pull = SHOP.pull(SYSTEM, "order", {}, NOW)
    with pytest.raises(RetryLater, match="repeats"):
        pages(pull, Vendor(page(1, cursor="a"), page(1, cursor="a")))


def test_a_denied_field_is_for_a_person_to_repair_though_the_status_is_200() -> None:
    denied = {"data": {"customers": None}, "errors": [{"extensions": {"code": "ACCESS_DENIED"}}]}
    with pytest.raises(Misconfigured, match="protected customer data"):
        pages(SHOP.pull(SYSTEM, "customer", {}, NOW), Vendor(denied))


def test_throttling_waits_until_the_bucket_holds_enough() -> None:
    cost = {
        "requestedQueryCost": 500,
        "throttleStatus": {"currentlyAvailable": 100, "restoreRate": 100.0},
    }
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    assert SHOP.throttled(answer({"errors": errors, "extensions": {"cost": cost}})) == 4.0
    assert SHOP.throttled(answer({"data": {}})) is None
    assert SHOP.throttled(answer({}, status=429, headers={"retry-after": "2"})) == 2.0


SECRET = {"secret": "new-invented", "previous": "old-invented"}


def webhook(
    topic: str, body: Json, key: str = "new-invented", family: str = "x-shopify-"
) -> Inbound:
    raw = json.dumps(body).encode()
    signature = b64encode(new(key.encode(), raw, sha256).digest()).decode()
    headers = {
        f"{family}hmac-sha256": signature,
        f"{family}topic": topic,
        f"{family}shop-domain": "lumen.myshopify.com",
        f"{family}event-id": "event-1",
        f"{family}triggered-at": "2026-10-03T00:00:00Z",
    }
    return Inbound("POST", "https://hub.example/webhooks/shop", {}, headers, raw)


@pytest.mark.parametrize("family", ["x-shopify-", "shopify-"])
@pytest.mark.parametrize("key", ["new-invented", "old-invented"])
def test_both_header_families_and_both_secrets_of_a_rotation_verify(family: str, key: str) -> None:
    request = webhook("orders/create", ORDER, key, family)
    assert SHOP.verify(SYSTEM, SECRET, request, NOW) is None
    assert SHOP.verify(SYSTEM, SECRET, replace(request, body=b"{}"), NOW) is not None
    delivery = SHOP.parse(SYSTEM, request)
    assert delivery.id == "event-1:orders/create"
    assert observe(*delivery.records[0]).record.id == "1001"


def test_two_shops_of_one_app_share_a_secret_and_not_their_webhooks() -> None:
    ours = SYSTEM.model_copy(update={"settings": {"shop_domain": "other.myshopify.com"}})
    assert SHOP.verify(ours, SECRET, webhook("orders/create", ORDER), NOW) is not None


def test_a_delete_whose_body_is_of_somebody_there_is_asked_about() -> None:
    body = {"id": 42, "first_name": "Ada", "email": "ada@example.com"}
    delivery = SHOP.parse(SYSTEM, webhook("customers/delete", body))
    assert not delivery.records
    assert delivery.fetch == {"customer": ("42",)}


@pytest.mark.parametrize(
    "topic, gid",
    [
        ("customers/update", "gid://shopify/Order/42"),
        ("customers/delete", "gid://shopify/Order/42"),
        ("orders/updated", "gid://shopify/Customer/42"),
    ],
)
def test_a_body_is_not_believed_to_be_what_it_does_not_say(topic: str, gid: str) -> None:
    with pytest.raises(BadRecord, match="the body is no"):
        SHOP.parse(SYSTEM, webhook(topic, {"id": 42, "admin_graphql_api_id": gid}))


def test_a_deleted_customer_is_an_observation_with_the_time_of_the_webhook() -> None:
    delivery = SHOP.parse(SYSTEM, webhook("customers/delete", {"id": 42}))
    found = observe(*delivery.records[0])
    assert found.deleted
    assert found.record.version == "2026-10-03T00:00:00.000000+00:00"


def test_a_consent_update_is_an_event_of_its_own() -> None:
    body = {
        "customer_id": 42,
        "email_address": "ada@example.com",
        "email_marketing_consent": {
            "state": "unsubscribed",
            "consent_updated_at": "2026-10-03T00:00:00Z",
        },
    }
    topic = "customers_email_marketing_consent/update"
    found = observe(*SHOP.parse(SYSTEM, webhook(topic, body)).records[0])
    assert found.subject.key == "shop:customer:42"
    assert [(one.state, one.effective_at) for one in found.consents] == [
        ("withdrawn", datetime(2026, 10, 3, tzinfo=UTC))
    ]


def test_a_merge_joins_two_customers_of_the_shop() -> None:
    body = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/42",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/43",
    }
    found = observe(*SHOP.parse(SYSTEM, webhook("customers/merge", body)).records[0])
    assert [one.key for one in found.merged] == ["shop:customer:43"]


def test_a_refund_names_the_order_to_fetch() -> None:
    delivery = SHOP.parse(SYSTEM, webhook("refunds/create", {"id": 1, "order_id": 1001}))
    assert delivery.fetch == {"order": ("1001",)}


def test_a_privacy_request_is_kept_to_be_replayed() -> None:
    body = {"shop_id": 1, "customer": {"email": "ada@example.com"}}
    ((kind, record),) = SHOP.parse(SYSTEM, webhook("customers/redact", body)).records
    assert (kind, record["topic"]) == ("privacy_request", "customers/redact")
    assert record["customer"] == body["customer"]
    with pytest.raises(BadRecord, match="replayed"):
        observe(kind, record)


def test_a_topic_that_nobody_follows_is_acknowledged() -> None:
    delivery = SHOP.parse(SYSTEM, webhook("app/uninstalled", {"id": 1}))
    assert (delivery.records, delivery.fetch) == ((), {})


def test_a_day_token_by_client_credentials_or_a_static_one() -> None:
    secret = {"client_id": "i", "client_secret": "s"}
    request = SHOP.token_request(secret)
    assert request is not None
    assert request.form is not None
    assert request.form["grant_type"] == "client_credentials"
    token = SHOP.read_token(secret, answer({"access_token": "t", "expires_in": 86_399}))
    assert (token.value, token.expires_in) == ("t", 86_399.0)
    assert SHOP.authorise(secret, "t") == {"x-shopify-access-token": "t"}
    assert SHOP.token_request({"token": "static"}) is None
    assert SHOP.authorise({"token": "static"}, None) == {"x-shopify-access-token": "static"}
