"""Orders as webhooks tell them: some 3.3 KB, in the vendor's shape with its usual fields."""

from typing import Any, Final

PRICE: Final = {"shop_money": {"amount": "124.00", "currency_code": "EUR"}}
LINE: Final[dict[str, Any]] = {
    "title": "Table lamp",
    "quantity": 1,
    "sku": "LAMP-1",
    "price": "12.40",
    "grams": 900,
    "requires_shipping": True,
    "taxable": True,
    "fulfillment_status": None,
    "tax_lines": [{"title": "VAT", "price": "2.36", "rate": 0.19}],
    "vendor": "Lumen & Loom",
    "properties": [],
}
USUAL: Final[dict[str, Any]] = {
    "app_id": 580111,
    "browser_ip": "192.0.2.17",
    "buyer_accepts_marketing": False,
    "cancel_reason": None,
    "cancelled_at": None,
    "cart_token": "c1-68778783ad298f1c80c3bafcddeea02f",
    "checkout_token": "bd5a8aa1ecd019dd3520ff791ee3a24c",
    "client_details": {"accept_language": "de-DE", "user_agent": "Mozilla/5.0 (X11; Linux)"},
    "confirmed": True,
    "currency": "EUR",
    "current_subtotal_price": "104.20",
    "current_total_price": "124.00",
    "current_total_price_set": PRICE,
    "current_total_tax": "19.80",
    "customer_locale": "de-DE",
    "discount_codes": [],
    "estimated_taxes": False,
    "financial_status": "paid",
    "fulfillment_status": None,
    "landing_site": "/collections/lamps?utm_source=newsletter",
    "note_attributes": [],
    "payment_gateway_names": ["shopify_payments"],
    "presentment_currency": "EUR",
    "referring_site": "https://www.example.com/",
    "refunds": [],
    "shipping_lines": [{"id": 3, "title": "Standard", "price": "4.90", "code": "STD"}],
    "source_name": "web",
    "subtotal_price": "104.20",
    "tags": "",
    "taxes_included": True,
    "test": False,
    "total_discounts": "0.00",
    "total_price": "124.00",
    "total_price_set": PRICE,
    "total_tax": "19.80",
    "total_weight": 5400,
}


def address_of(customer: int) -> str:
    """Where a customer gets its mail."""
    return f"buyer.{customer}@example.com"


def order(number: int = 1001, customer: int = 42) -> dict[str, Any]:
    """The order `number` of a customer, who has an address of its own; phones are few in fiction,
    so only the first hundred customers have one each."""
    email, phone = address_of(customer), f"+120255501{customer:02}"
    address = {
        "first_name": "Ada",
        "last_name": "Example",
        "address1": "1 Weaver Street",
        "city": "Berlin",
        "zip": "10115",
        "country_code": "DE",
        "phone": phone if customer < 100 else None,
    }
    return USUAL | {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Order/{number}",
        "order_number": number,
        "name": f"#{number}",
        "created_at": "2026-11-01T10:29:50+01:00",
        "updated_at": "2026-11-01T10:29:58+01:00",
        "processed_at": "2026-11-01T10:29:49+01:00",
        "email": email.title(),
        "contact_email": email,
        "phone": address["phone"],
        "customer": {
            "id": customer,
            "email": email,
            "created_at": "2024-03-01T10:00:00+01:00",
            "first_name": "Ada",
            "default_address": address,
        },
        "billing_address": address,
        "shipping_address": address,
        "line_items": [LINE | {"id": n} for n in range(5)],
    }
