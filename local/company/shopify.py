"""A Shopify shop: customers, their orders, and guests who left only an address or a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from local.company import names
from local.company.model import Record, Shop
from local.company.people import Person
from local.company.spelling import recased, tagged, written
from local.company.times import after, zulu

CUSTOMERS: Final = 114
CURRENCY: Final = {"shopify-eu": "EUR", "shopify-uk": "GBP", "shopify-us": "USD"}
ADA_SPENT: Final = [
    "89.00",
    "149.50",
    "210.00",
    "64.90",
    "129.00",
    "185.60",
    "99.00",
    "178.00",
    "135.00",
]
"""Nine orders, 1,240.00 together."""
CONSENTS: Final = ("SUBSCRIBED",) * 5 + ("NOT_SUBSCRIBED",) * 7 + ("UNSUBSCRIBED",)


@dataclass(slots=True)
class _Till:
    """The shop while it is being filled: running numbers and the moment it is filled for."""

    rng: Random
    now: datetime
    currency: str
    customers: list[Record]
    orders: list[Record]


def shop(name: str, seed: int, now: datetime, who: Sequence[Person]) -> Shop:
    """The named shop as of `now`. Another shop has other customers from the same people."""
    till = _Till(Random(f"{seed}:{name}"), now, CURRENCY.get(name, "EUR"), [], [])
    ordinary = [person for person in who if not person.story]
    buyers = till.rng.sample(ordinary, CUSTOMERS)
    for person in [person for person in who if person.story] + buyers:
        _customer(till, person)
    guests = [person for person in ordinary if person not in set(buyers)]
    for person in guests[:22]:
        _guest(till, person)
    _cash_sale(till)
    return Shop(name, till.currency, tuple(till.customers), tuple(till.orders))


def _customer(till: _Till, person: Person) -> None:
    rng, number = till.rng, len(till.customers) + 1
    email = person.email if person.story else _email(rng, person)
    created = person.joined + timedelta(days=1)
    has_phone = person.story in {"ada", "ben"} or (not person.story and rng.random() < 0.4)
    taken = {(c["defaultPhoneNumber"] or {}).get("phoneNumber") for c in till.customers}
    phone = person.phone if has_phone and person.phone not in taken else None
    address = _address(rng, person)
    customer: Record = {
        "id": f"gid://shopify/Customer/{7_100_000_000_000 + number * 37}",
        "firstName": person.first,
        "lastName": person.last,
        "locale": {"DE": "de", "GB": "en", "US": "en"}[person.country],
        "note": None,
        "state": rng.choice(("ENABLED", "DISABLED")),
        "verifiedEmail": True,
        "taxExempt": False,
        "tags": ["newsletter"] if rng.random() < 0.1 else [],
        "createdAt": zulu(created),
        "updatedAt": zulu(created),
        "defaultEmailAddress": {"emailAddress": email, **_email_consent(till, person, created)},
        "defaultPhoneNumber": _phone_number(phone),
        "defaultAddress": address,
    }
    till.customers.append(customer)
    for total, moment in _purchases(till, person, created):
        _order(till, customer, address, (total, moment))
    mine = [o for o in till.orders if (o["customer"] or {}).get("id") == customer["id"]]
    spent = sum((Decimal(o["totalPriceSet"]["shopMoney"]["amount"]) for o in mine), Decimal(0))
    customer["numberOfOrders"] = str(len(mine))
    customer["amountSpent"] = {"amount": f"{spent:.2f}", "currencyCode": till.currency}
    last = max([customer["updatedAt"], *(order["updatedAt"] for order in mine)])
    customer["updatedAt"] = zulu(till.now - timedelta(hours=6)) if person.story == "dora" else last


def _email(rng: Random, person: Person) -> str:
    email = person.old_email if person.old_email and rng.random() < 0.5 else person.email
    luck = rng.random()
    if luck < 0.12:
        return recased(rng, email)
    return tagged(rng, email) if luck < 0.17 else email


def _email_consent(till: _Till, person: Person, created: datetime) -> Record:
    """Dora's shop says subscribed, by an old consent, and was saved after she opted out."""
    state = {"": till.rng.choice(CONSENTS)}.get(person.story, "SUBSCRIBED")
    moment = created if person.story else after(till.rng, created, till.now)
    return {
        "marketingState": state,
        "marketingOptInLevel": None if state == "NOT_SUBSCRIBED" else "SINGLE_OPT_IN",
        "marketingUpdatedAt": None if state == "NOT_SUBSCRIBED" else zulu(moment),
    }


def _phone_number(phone: str | None) -> Record | None:
    if phone is None:
        return None
    return {
        "phoneNumber": phone,
        "marketingState": "NOT_SUBSCRIBED",
        "marketingOptInLevel": "UNKNOWN",
        "marketingUpdatedAt": None,
        "marketingCollectedFrom": "OTHER",
    }


def _address(rng: Random, person: Person) -> Record:
    city, postcode = rng.choice(names.PLACES[person.country])
    phone = person.phone if person.story else None
    if phone is None and rng.random() < 0.6:
        phone = written(rng, person.phone, person.country)
    return {
        "firstName": person.first,
        "lastName": person.last,
        "name": person.name,
        "company": None,
        "address1": f"{rng.choice(names.STREETS[person.country])} {rng.randrange(1, 120)}",
        "address2": None,
        "city": city,
        "province": None,
        "provinceCode": None,
        "country": names.COUNTRIES[person.country],
        "countryCodeV2": person.country,
        "zip": postcode,
        "phone": phone,
    }


def _purchases(till: _Till, person: Person, start: datetime) -> list[tuple[str, datetime]]:
    rng = till.rng
    if person.story == "ada":
        moments = [till.now - timedelta(days=700 - 75 * index) for index in range(len(ADA_SPENT))]
        return list(zip(ADA_SPENT, moments, strict=True))
    count = 1 if person.story else rng.choice((0, 0, 0, 0, 1, 1, 1, 1, 2, 3))
    return [(rng.choice(names.GOODS)[2], after(rng, start, till.now)) for _ in range(count)]


def _order(
    till: _Till, customer: Record | None, address: Record | None, what: tuple[str, datetime]
) -> Record:
    number, (total, moment) = len(till.orders) + 1, what
    email = customer["defaultEmailAddress"]["emailAddress"] if customer else None
    cancelled = customer is not None and number % 41 == 0 and total not in ADA_SPENT
    money = {"amount": total, "currencyCode": till.currency}
    nothing = {"amount": "0.00", "currencyCode": till.currency}
    order: Record = {
        "id": f"gid://shopify/Order/{5_400_000_000_000 + number * 53}",
        "name": f"#{1000 + number}",
        "email": email,
        "phone": None,
        "createdAt": zulu(moment),
        "processedAt": zulu(moment),
        "updatedAt": zulu(min(moment + timedelta(hours=2), till.now - timedelta(minutes=5))),
        "cancelledAt": zulu(moment + timedelta(hours=1)) if cancelled else None,
        "closedAt": None,
        "test": False,
        "note": None,
        "tags": [],
        "sourceName": "web",
        "currencyCode": till.currency,
        "displayFinancialStatus": "VOIDED" if cancelled else "PAID",
        "displayFulfillmentStatus": "UNFULFILLED" if cancelled else "FULFILLED",
        "customerAcceptsMarketing": False,
        "totalPriceSet": {"shopMoney": money, "presentmentMoney": money},
        "currentTotalPriceSet": {"shopMoney": money, "presentmentMoney": money},
        "totalRefundedSet": {"shopMoney": nothing, "presentmentMoney": nothing},
        "customer": {"id": customer["id"]} if customer else None,
        "billingAddress": address,
        "shippingAddress": address,
        "lineItems": [_line(number, total, till.currency)],
    }
    till.orders.append(order)
    return order


def _line(number: int, total: str, currency: str) -> Record:
    sku, title, _ = next(
        (goods for goods in names.GOODS if goods[2] == total), names.GOODS[number % 9]
    )
    money = {"amount": total, "currencyCode": currency}
    return {
        "id": f"gid://shopify/LineItem/{13_300_000_000_000 + number * 59}",
        "title": title,
        "name": title,
        "sku": sku,
        "quantity": 1,
        "currentQuantity": 1,
        "originalUnitPriceSet": {"shopMoney": money, "presentmentMoney": money},
        "discountedTotalSet": {"shopMoney": money, "presentmentMoney": money},
    }


def _guest(till: _Till, person: Person) -> None:
    """A checkout without an account: identity only in what was typed."""
    rng = till.rng
    address = _address(rng, person)
    what = (rng.choice(names.GOODS)[2], after(rng, person.joined, till.now))
    order = _order(till, None, address, what)
    order["email"] = None if rng.random() < 0.15 else _email(rng, person)
    order["phone"] = person.phone if order["email"] is None or rng.random() < 0.3 else None


def _cash_sale(till: _Till) -> None:
    """A sale at the counter to nobody in particular: a record without a person."""
    order = _order(till, None, None, ("14.50", till.now - timedelta(days=3)))
    order["sourceName"] = "pos"
