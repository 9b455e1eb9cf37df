"""Shopify's records: two shapes of one order, what it is worth, what consent is stated."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.contract import Json
from connectors.registry import load
from schemas.config import Source
from schemas.errors import BadRecord
from schemas.observation import Money, Observation

SHOP = load("shopify")
SYSTEM = Source(connector="shopify", base_url="https://lumen.example", settings={"country": "DE"})
ORDER: dict[str, Any] = {
    "id": 1001,
    "name": "#1001",
    "created_at": "2026-10-01T12:00:00+02:00",
    "updated_at": "2026-10-02T12:00:00+02:00",
    "email": "Ada@Example.com",
    "phone": None,
    "currency": "EUR",
    "total_price": "124.00",
    "current_total_price": "124.00",
    "financial_status": "paid",
    "customer": {"id": 42, "created_at": "2024-03-01T10:00:00+01:00"},
    "billing_address": {"country_code": "DE", "phone": "030 23125 077"},
    "line_items": [{"title": "Lamp", "quantity": 2}],
}
PULLED: dict[str, Any] = {
    "id": "gid://shopify/Order/1001",
    "name": "#1001",
    "createdAt": "2026-10-01T10:00:00Z",
    "updatedAt": "2026-10-02T10:00:00Z",
    "cancelledAt": None,
    "email": "Ada@Example.com",
    "phone": None,
    "test": False,
    "displayFinancialStatus": "PAID",
    "totalPriceSet": {"shopMoney": {"amount": "124.0", "currencyCode": "EUR"}},
    "currentTotalPriceSet": {"shopMoney": {"amount": "124.0", "currencyCode": "EUR"}},
    "totalRefundedSet": {"shopMoney": {"amount": "0.0", "currencyCode": "EUR"}},
    "customer": {"id": "gid://shopify/Customer/42", "createdAt": "2024-03-01T09:00:00Z"},
    "billingAddress": {"countryCodeV2": "DE", "phone": "030 23125 077"},
    "lineItems": {"nodes": [{"title": "Lamp", "quantity": 2}]},
}
CUSTOMER: dict[str, Any] = {
    "id": 42,
    "email": "ada@example.com",
    "phone": "+12025550143",
    "first_name": "Ada",
    "created_at": "2024-03-01T10:00:00+01:00",
    "updated_at": "2026-10-02T12:00:00+02:00",
    "email_marketing_consent": {
        "state": "subscribed",
        "opt_in_level": "single_opt_in",
        "consent_updated_at": "2024-03-01T10:00:00+01:00",
    },
    "sms_marketing_consent": {
        "state": "not_subscribed",
        "opt_in_level": "single_opt_in",
        "consent_updated_at": "2024-03-01T10:00:00+01:00",
    },
}
PULLED_CUSTOMER: dict[str, Any] = {
    "id": "gid://shopify/Customer/42",
    "firstName": "Ada",
    "createdAt": "2024-03-01T09:00:00Z",
    "updatedAt": "2026-10-02T10:00:00Z",
    "defaultEmailAddress": {
        "emailAddress": "ada@example.com",
        "marketingState": "SUBSCRIBED",
        "marketingOptInLevel": "SINGLE_OPT_IN",
        "marketingUpdatedAt": "2024-03-01T09:00:00Z",
    },
    "defaultPhoneNumber": {"phoneNumber": "+12025550143", "marketingState": "NOT_SUBSCRIBED"},
    "defaultAddress": None,
}


def observe(kind: str, record: Json) -> Observation:
    return SHOP.normalise("shop", SYSTEM, kind, record)


def worth(**changes: Json) -> Money | None:
    found = observe("order", {**ORDER, **changes}).interaction
    assert found is not None
    return found.amount


def test_a_webhook_and_a_pull_mean_the_same_order_and_the_same_customer() -> None:
    assert observe("order", ORDER) == observe("order", PULLED)
    assert observe("customer", CUSTOMER) == observe("customer", PULLED_CUSTOMER)


def test_an_order_claims_what_its_buyer_typed_for_the_customer_it_names() -> None:
    found = observe("order", ORDER)
    assert found.subject.key == "shop:customer:42"
    values = [claim.identifier.value for claim in found.claims]
    assert values == ["ada@example.com", "+493023125077"]
    assert found.claims[0].raw == "Ada@Example.com"


def test_a_guest_is_the_set_of_identifiers_left_behind() -> None:
    guest = observe("order", {**ORDER, "customer": None})
    other = observe("order", {**ORDER, "id": 7, "customer": None, "email": "ADA@example.com"})
    assert guest.subject == other.subject
    assert guest.subject.object == "anonymous"
    assert guest.subject.own is None


def test_an_order_may_be_tied_to_a_customer_later() -> None:
    guest, tied = observe("order", {**ORDER, "customer": None}), observe("order", ORDER)
    assert guest.subject != tied.subject
    assert guest.record == tied.record
    assert guest.record.kind in SHOP.SPEC.movable
    with pytest.raises(BadRecord, match="names nobody"):
        observe("order", {**ORDER, "customer": None, "email": None, "billing_address": None})


@pytest.mark.parametrize(
    "changes,minor",
    [
        ({}, 12_400),
        ({"current_total_price": "100.00"}, 10_000),
        ({"currency": "JPY", "total_price": "12400", "current_total_price": "12400"}, 12_400),
        ({"currency": "KWD", "total_price": "1.234", "current_total_price": "1.234"}, 1_234),
        ({"total_price": "0.005", "current_total_price": "0.005"}, 0),
    ],
)
def test_an_order_is_worth_what_the_shop_keeps(changes: dict[str, Any], minor: int) -> None:
    found = worth(**changes)
    assert found is not None
    assert found.minor == minor


def test_a_refund_that_returns_no_goods_counts_too() -> None:
    refund = {"amount": "24.00", "kind": "refund", "status": "success"}
    failed = {**refund, "status": "failure"}
    found = worth(refunds=[{"transactions": [refund, failed]}])
    assert found == Money(minor=10_000, currency="EUR")


@pytest.mark.parametrize(
    "changes",
    [
        {"cancelled_at": "2026-10-02T00:00:00Z"},
        {"financial_status": "refunded"},
        {"financial_status": "voided"},
        {"test": True},
    ],
)
def test_what_was_not_bought_in_the_end_has_no_amount(changes: dict[str, Any]) -> None:
    assert worth(**changes) is None


def test_only_a_stated_and_dated_subscription_grants() -> None:
    found = observe("customer", CUSTOMER).consents
    assert [(one.channel, one.state, one.purpose) for one in found] == [
        ("email", "granted", "email_marketing")
    ]
    assert found[0].effective_at == datetime(2024, 3, 1, 9, tzinfo=UTC)
    undated = {**CUSTOMER, "email_marketing_consent": {"state": "subscribed"}}
    assert observe("customer", undated).consents == ()


def test_an_undated_withdrawal_still_lowers() -> None:
    gone = {**CUSTOMER, "email_marketing_consent": {"state": "unsubscribed"}}
    found = observe("customer", gone).consents
    assert [(one.state, one.effective_at) for one in found] == [("withdrawn", None)]


def test_an_address_that_is_ten_kilobytes_long_is_dropped_and_the_rest_stays() -> None:
    found = observe("customer", {**CUSTOMER, "email": "x" * 10_240 + "@example.com"})
    assert [claim.identifier.type for claim in found.claims] == ["phone"]
    assert found.traits["first_name"] == "Ada"
    assert found.consents == ()
