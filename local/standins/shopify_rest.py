"""A shop's GraphQL records in the REST shape that its webhooks carry."""

from local.standins.shopify_search import number
from local.standins.wire import Record


def customer(record: Record) -> Record:
    """The body of `customers/*`."""
    email, phone = record["defaultEmailAddress"] or {}, record["defaultPhoneNumber"] or {}
    address = _address(record["defaultAddress"])
    return {
        "id": number(record["id"]),
        "admin_graphql_api_id": record["id"],
        "email": email.get("emailAddress"),
        "phone": phone.get("phoneNumber"),
        "first_name": record["firstName"],
        "last_name": record["lastName"],
        "created_at": record["createdAt"],
        "updated_at": record["updatedAt"],
        "state": record["state"].lower(),
        "note": record["note"],
        "verified_email": record["verifiedEmail"],
        "tags": ", ".join(record["tags"]),
        "currency": record["amountSpent"]["currencyCode"],
        "addresses": [address] if address else [],
        "default_address": address,
        "email_marketing_consent": _consent(email),
        "sms_marketing_consent": _consent(phone),
    }


def order(record: Record, buyer: Record | None) -> Record:
    """The body of `orders/*`; `buyer` is its customer's GraphQL record."""
    total = record["totalPriceSet"]["shopMoney"]
    return {
        "id": number(record["id"]),
        "admin_graphql_api_id": record["id"],
        "name": record["name"],
        "email": record["email"],
        "contact_email": record["email"],
        "phone": record["phone"],
        "created_at": record["createdAt"],
        "processed_at": record["processedAt"],
        "updated_at": record["updatedAt"],
        "cancelled_at": record["cancelledAt"],
        "currency": record["currencyCode"],
        "total_price": total["amount"],
        "current_total_price": record["currentTotalPriceSet"]["shopMoney"]["amount"],
        "total_price_set": _bag(record["totalPriceSet"]),
        "current_total_price_set": _bag(record["currentTotalPriceSet"]),
        "financial_status": record["displayFinancialStatus"].lower(),
        "fulfillment_status": record["displayFulfillmentStatus"].lower(),
        "buyer_accepts_marketing": record["customerAcceptsMarketing"],
        "source_name": record["sourceName"],
        "test": record["test"],
        "customer": customer(buyer) if buyer else None,
        "billing_address": _address(record["billingAddress"]),
        "shipping_address": _address(record["shippingAddress"]),
        "line_items": [_line(line) for line in record["lineItems"]],
        "refunds": [],
    }


def _consent(holder: Record) -> Record | None:
    if not holder:
        return None
    level = holder.get("marketingOptInLevel")
    return {
        "state": holder["marketingState"].lower(),
        "opt_in_level": level.lower() if level else None,
        "consent_updated_at": holder.get("marketingUpdatedAt"),
    }


def _address(address: Record | None) -> Record | None:
    if address is None:
        return None
    same = (
        "company",
        "address1",
        "address2",
        "city",
        "province",
        "country",
        "zip",
        "phone",
        "name",
    )
    return {
        **{name: address[name] for name in same},
        "first_name": address["firstName"],
        "last_name": address["lastName"],
        "province_code": address["provinceCode"],
        "country_code": address["countryCodeV2"],
    }


def _bag(bag: Record) -> Record:
    return {
        outer: {"amount": bag[inner]["amount"], "currency_code": bag[inner]["currencyCode"]}
        for outer, inner in (("shop_money", "shopMoney"), ("presentment_money", "presentmentMoney"))
    }


def _line(line: Record) -> Record:
    money = line["originalUnitPriceSet"]["shopMoney"]["amount"]
    return {
        "id": number(line["id"]),
        "title": line["title"],
        "name": line["name"],
        "sku": line["sku"],
        "quantity": line["quantity"],
        "price": money,
    }
