"""Shopify's records as observations: webhooks are REST-shaped, pulls GraphQL-shaped, both mean
the same."""

from collections.abc import Iterable
from typing import Any, Final

from connectors import records
from connectors.contract import Json
from connectors.records import first, key, moment, objects, part, text
from rules.subjects import anonymous
from schemas.config import System
from schemas.identifiers import Claim, Subject
from schemas.observation import (
    ConsentSignal,
    Interaction,
    Money,
    Observation,
)

Raw = dict[str, Any]

WITHDRAWN: Final = frozenset({"unsubscribed", "redacted"})
UNPAID: Final = frozenset({"voided", "expired", "refunded"})
"""Financial states in which nothing was bought in the end."""
LINES: Final = 8


def customer(source: str, system: System, raw: Raw) -> Observation:
    """A shop's customer. Without a time of change, the time of creation."""
    deleted = raw.get("deleted") is True
    changed = moment(raw.get("triggered_at") if deleted else first(raw, "updated_at", "updatedAt"))
    created = moment(first(raw, "created_at", "createdAt"))
    at = changed or created or records.needed(None, "time")
    subject = Subject(source=source, object="customer", id=_id(raw), created_at=created)
    address = part(raw, "default_address", "defaultAddress")
    email_of, phone_of = part(raw, "defaultEmailAddress"), part(raw, "defaultPhoneNumber")
    email = records.email(raw.get("email") or email_of.get("emailAddress"))
    country = _country(system, address)
    phone = records.phone(raw.get("phone") or phone_of.get("phoneNumber"), country)
    said = (
        ("email", email, part(raw, "email_marketing_consent", "emailMarketingConsent") or email_of),
        ("sms", phone, part(raw, "sms_marketing_consent", "smsMarketingConsent") or phone_of),
    )
    return Observation(
        subject=subject,
        record=records.record("customer", subject.id, at, created or at),
        claims=records.claims(email, phone, records.phone(address.get("phone"), country)),
        traits=records.traits(
            (
                ("first_name", first(raw, "first_name", "firstName")),
                ("last_name", first(raw, "last_name", "lastName")),
                ("email", first(raw, "email") or email_of.get("emailAddress")),
                ("phone", raw.get("phone") or phone_of.get("phoneNumber") or address.get("phone")),
                ("language", raw.get("locale")),
                ("company", address.get("company")),
                ("street", address.get("address1")),
                ("city", address.get("city")),
                ("region", address.get("province")),
                ("postcode", address.get("zip")),
                ("country", _country_code(address) or address.get("country")),
            )
        ),
        consents=tuple(_consents(said)),
        deleted=deleted,
    )


def consent(source: str, system: System, raw: Raw) -> Observation:
    """A consent-update webhook: one event of one customer, never changed afterwards."""
    subject = Subject(source=source, object="customer", id=key(first(raw, "customer_id", "id")))
    email = records.email(first(raw, "email_address", "email"))
    phone = records.phone(raw.get("phone"), _country(system, {}))
    said = (
        ("email", email, part(raw, "email_marketing_consent")),
        ("sms", phone, part(raw, "sms_marketing_consent")),
    )
    stated = [moment(consent.get("consent_updated_at")) for _, _, consent in said if consent]
    at = next((one for one in stated if one), None) or records.needed(
        raw.get("triggered_at"), "time"
    )
    channel = next((name for name, _, consent in said if consent), "none")
    name = f"{subject.id}:{channel}:{records.version(at)}"
    return Observation(
        subject=subject,
        record=records.record("consent", name, at, at),
        claims=records.claims(email, phone),
        consents=tuple(_consents(said)),
    )


def merge(source: str, system: System, raw: Raw) -> Observation:
    """A `customers/merge` webhook: Shopify kept one of two customers."""
    del system
    kept, gone = (
        key(_tail(raw.get(f"admin_graphql_api_customer_{which}_id")))
        for which in ("kept", "deleted")
    )
    at = records.needed(raw.get("triggered_at"), "time")
    return Observation(
        subject=Subject(source=source, object="customer", id=kept),
        record=records.record("customer_merge", f"{kept}:{gone}", at, at),
        merged=(Subject(source=source, object="customer", id=gone),),
    )


def order(source: str, system: System, raw: Raw) -> Observation:
    """An order of its customer or, from a guest, of whom the identifiers name.

    Claims are the buyer's: a parcel's recipient may be somebody else.
    """
    created = records.needed(first(raw, "created_at", "createdAt"), "time of creation")
    changed = moment(first(raw, "updated_at", "updatedAt")) or created
    buyer, status = part(raw, "customer"), _status(raw)
    address = part(raw, "billing_address", "billingAddress")
    country = _country(system, address)
    claims = records.claims(
        records.email(first(raw, "email", "contact_email")),
        records.phone(raw.get("phone"), country),
        records.phone(address.get("phone"), country),
    )
    return Observation(
        subject=_buyer(source, buyer, claims),
        record=records.record("order", _id(raw), changed, created),
        claims=claims,
        interaction=Interaction(
            kind="order",
            title=f"Order {text(raw.get('name'), 64)}".strip(),
            amount=_worth(raw, status),
            status=status,
            lines=_lines(raw),
        ),
    )


def _buyer(source: str, buyer: Raw, claims: tuple[Claim, ...]) -> Subject:
    named = first(buyer, "legacyResourceId", "id")
    if not named:
        return anonymous(source, claims)
    created = moment(first(buyer, "created_at", "createdAt"))
    return Subject(source=source, object="customer", id=key(_tail(named)), created_at=created)


def _id(raw: Raw) -> str:
    """The number, of `gid://shopify/Customer/42` too."""
    return key(_tail(first(raw, "legacyResourceId", "id")))


def _tail(value: Json) -> Json:
    return value.rpartition("/")[2] if isinstance(value, str) else value


def _country_code(address: Raw) -> str:
    return text(first(address, "country_code", "countryCodeV2", "countryCode"), 2)


def _country(system: System, address: Raw) -> str | None:
    return _country_code(address) or system.settings.get("country")


def _consents(said: Iterable[tuple[str, Claim | None, Raw]]) -> Iterable[ConsentSignal]:
    """Only what was stated: `not_subscribed` and `pending` are silence."""
    for channel, claim, consent in said:
        state = text(first(consent, "state", "marketingState")).lower()
        stated = first(consent, "consent_updated_at", "consentUpdatedAt", "marketingUpdatedAt")
        at = moment(stated)
        if claim is None or not (state in WITHDRAWN or (state == "subscribed" and at)):
            continue
        yield ConsentSignal(
            purpose="email_marketing" if channel == "email" else "sms_marketing",
            channel="email" if channel == "email" else "sms",
            state="withdrawn" if state in WITHDRAWN else "granted",
            effective_at=at,
            identifier=claim.identifier,
            method=text(first(consent, "opt_in_level", "marketingOptInLevel")).lower(),
        )


def _status(raw: Raw) -> str:
    if first(raw, "cancelled_at", "cancelledAt"):
        return "cancelled"
    return text(first(raw, "financial_status", "displayFinancialStatus")).lower()


def _worth(raw: Raw, status: str) -> Money | None:
    """What the shop keeps: after returns and edits, and after refunds that return nothing.

    None when nothing was bought in the end, or it was a test.
    """
    if raw.get("test") is True or status == "cancelled" or status in UNPAID:
        return None
    total = _sum(raw, "total_price", "totalPriceSet")
    current = _sum(raw, "current_total_price", "currentTotalPriceSet")
    if total is None:
        return current
    left = total.minor - _refunded(raw, total.currency)
    least = max(min(left, current.minor) if current else left, 0)
    return total if least == total.minor else Money(minor=least, currency=total.currency)


def _sum(raw: Raw, plain: str, nested: str) -> Money | None:
    """An amount in the shop's own currency."""
    bag = part(raw, f"{plain}_set", nested)
    if not bag:
        return records.money(raw.get(plain), raw.get("currency"))
    shop = part(bag, "shop_money", "shopMoney")
    currency = first(shop, "currency_code", "currencyCode") or raw.get("currency")
    return records.money(first(shop, "amount") or raw.get(plain), currency)


def _refunded(raw: Raw, currency: str) -> int:
    said = _sum(raw, "total_refunded", "totalRefundedSet")
    if said:
        return said.minor
    paid = (
        records.money(transaction.get("amount"), currency)
        for refund in objects(raw.get("refunds"))
        for transaction in objects(refund.get("transactions"))
        if transaction.get("kind") == "refund" and transaction.get("status") == "success"
    )
    return sum(money.minor for money in paid if money)


def _lines(raw: Raw) -> tuple[str, ...]:
    """What was bought: REST lists it, GraphQL wraps it in nodes or edges."""
    found = first(raw, "line_items", "lineItems")
    if isinstance(found, dict):
        found = found.get("nodes") or [edge.get("node") for edge in objects(found.get("edges"))]
    return tuple([_line(line) for line in objects(found)[:LINES]])


def _line(line: Raw) -> str:
    quantity = text(line.get("quantity"), 8) or "1"
    return f"{quantity} x {text(first(line, 'title', 'name'), 200)}"


MAKERS: Final[dict[str, records.Maker]] = {
    "customer": customer,
    "consent": consent,
    "customer_merge": merge,
    "order": order,
    "privacy_request": records.privacy_request,
}
