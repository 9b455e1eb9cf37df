"""What WooCommerce needs, the contract can say: bare lists, and an unsigned form as a ping."""

import json
from typing import Any

import pytest

from connectors.contract import Inbound, Refused, Request, Response
from connectors.registry import load
from schemas.config import Source
from schemas.errors import RetryLater
from tests.conformance.payloads.recorded import (
    KEY,
    NOW,
    beside,
    observe,
    received,
    recorded,
    responses,
    signed,
    webhook,
)
from tests.contract.connector_driving import answer, pages
from tests.contract.connector_suite import connector_suite

NAME = "tests.contract.connectors.woocommerce"
SHOP = Source(
    connector=NAME, base_url="https://shop.example/wp-json/wc/v3", settings={"page_size": 2}
)
ADA = {"id": 1, "date_created_gmt": "2026-01-01T00:00:00", "email": "ada@example.com"}
ORDER = {
    "id": 7, "number": "7", "status": "processing", "currency": "EUR", "total": "12.40",
    "date_created_gmt": "2026-01-02T00:00:00", "customer_id": 0,
    "billing": {"email": "ada@example.com", "phone": "030 23125 077", "country": "DE"},
}  # fmt: skip

TestWooCommerce = connector_suite(NAME, samples={"customer": [ADA], "order": [ORDER]}, lists=True)


def served(*lists: list[Any]) -> Any:  # noqa: ANN401 - a vendor, as `pages` wants it
    def vendor(request: Request) -> Response:
        number = int(request.query["page"])
        return answer(lists[number - 1], headers={"x-wp-totalpages": str(len(lists))})

    return vendor


def test_bare_lists_are_read_to_their_end() -> None:
    vendor = served([ADA, ADA | {"id": 2}], [ADA | {"id": 3}])
    read = pages(load(NAME).pull(SHOP, "customer", {}, NOW), vendor)
    assert [len(page.records) for page in read] == [2, 1]
    assert [page.cursor.get("page") for page in read] == ["2", None]


def test_a_shop_without_orders_is_a_page_of_none() -> None:
    (read,) = pages(load(NAME).pull(SHOP, "order", {}, NOW), served([]))
    assert (read.records, "since" in read.cursor) == ((), True)


def test_an_empty_list_before_the_last_is_asked_for_again() -> None:
    with pytest.raises(RetryLater, match="not its last"):
        pages(load(NAME).pull(SHOP, "order", {}, NOW), served([], [ORDER]))


def tried(body: bytes, kind: str = "application/x-www-form-urlencoded") -> Inbound:
    return webhook({"content-type": kind}, body)


def test_only_what_a_store_tries_an_address_with_is_a_ping() -> None:
    vendor = load(NAME)
    assert vendor.ping(SHOP, tried(b"webhook_id=7"))
    assert isinstance(vendor.verify(SHOP, {"secret": KEY}, tried(b"webhook_id=7"), NOW), Refused)
    assert not vendor.ping(SHOP, tried(b"webhook_id=7&email=eve@example.com"))
    assert not vendor.ping(SHOP, tried(b"webhook_id=7", "application/json"))


@beside
def test_the_recorded_customers_and_orders_are_understood() -> None:
    listed = recorded("woocommerce/docs_customers_list.json")
    (read,) = pages(load(NAME).pull(SHOP, "customer", {}, NOW), served(listed))
    people = [observe(NAME, "customer", each) for each in read.records]
    assert [one.subject.id for one in people] == ["26", "25"]
    assert {claim.identifier.type for claim in people[1].claims} == {"email", "phone"}
    (account,) = responses("woocommerce/customer_recorded.json")
    assert observe(NAME, "customer", account).traits == {
        "first_name": "Test", "last_name": "Customer",
    }  # fmt: skip
    guest = observe(NAME, "order", recorded("woocommerce/docs_order.json"))
    assert guest.subject.object == "anonymous"
    assert guest.interaction
    assert guest.interaction.amount
    assert (guest.interaction.amount.minor, guest.interaction.amount.currency) == (2935, "USD")


@beside
def test_a_webhook_means_what_a_page_does() -> None:
    order = recorded("woocommerce/docs_order.json")
    (topic,) = (one["topic"] for one in responses("woocommerce/webhook_create_recorded.json"))
    body = json.dumps(order).encode()
    headers = {
        "content-type": "application/json",
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-signature": signed(body),
        "x-wc-webhook-delivery-id": "d1",
    }
    assert list(received(NAME, webhook(headers, body))) == [observe(NAME, "order", order)]
