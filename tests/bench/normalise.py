"""How many records a second one core verifies, validates, normalises and serialises."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors import registry
from connectors.contract import Inbound
from functions import observed
from local.standins import senders
from local.standins.secrets import credentials
from schemas.config import Source
from tests.bench.figure import Figure, median, seconds

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
RECORDS = 500
REPEATS = 9


def order() -> dict[str, Any]:
    """A webhook's order of some 3.3 KB, in the vendor's shape."""
    line = {
        "id": 1,
        "title": "Table lamp",
        "quantity": 1,
        "sku": "LAMP-1",
        "price": "12.40",
        "grams": 900,
        "requires_shipping": True,
        "taxable": True,
        "tax_lines": [{"title": "VAT", "price": "2.36", "rate": 0.19}],
        "vendor": "Lumen & Loom",
        "properties": [],
    }
    address = {
        "first_name": "Ada",
        "last_name": "Example",
        "address1": "1 Weaver Street",
        "city": "Berlin",
        "zip": "10115",
        "country_code": "DE",
        "phone": "+12025550143",
    }
    return {
        "id": 1001,
        "admin_graphql_api_id": "gid://shopify/Order/1001",
        "created_at": "2026-11-01T10:29:50+01:00",
        "updated_at": "2026-11-01T10:29:58+01:00",
        "name": "#1001",
        "email": "Ada@example.com",
        "phone": "+12025550143",
        "currency": "EUR",
        "total_price": "124.00",
        "current_total_price": "124.00",
        "financial_status": "paid",
        "buyer_accepts_marketing": False,
        "customer": {
            "id": 42,
            "email": "ada@example.com",
            "created_at": "2024-03-01T10:00:00+01:00",
            "first_name": "Ada",
            "default_address": address,
        },
        "billing_address": address,
        "shipping_address": address,
        "line_items": [line | {"id": n} for n in range(6)],
    }


def measure() -> Iterator[Figure]:
    """`normalise.per_second.shopify_order`: from raw bytes to the event's JSON."""
    secret = credentials("shopify-eu")["webhook"]
    target = senders.Target("shopify-eu", secret["secret"], NOW)
    sent = senders.shopify(target, "orders/create", order())
    connector = registry.load("shopify")
    source = Source(connector="shopify", base_url="https://eu.example.com")
    inbound = Inbound("POST", target.url, {}, sent.headers, sent.body)

    def once() -> None:
        for _ in range(RECORDS):
            if connector.verify(source, secret, inbound, NOW):
                raise AssertionError
            ((kind, record),) = connector.parse(source, inbound).records
            observation = connector.normalise("shopify-eu", source, kind, record)
            observed.event("shopify-eu", observation, "webhook", NOW).model_dump_json()

    once()
    rate = RECORDS / median(seconds(once, REPEATS))
    yield Figure("normalise.per_second.shopify_order", rate, "1/s", RECORDS * REPEATS)
    yield Figure("normalise.bytes.shopify_order", len(sent.body), "B", 1)
