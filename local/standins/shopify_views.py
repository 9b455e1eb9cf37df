"""A shop's records as its API shows them: derived fields, links, and the mutations by name."""

from collections.abc import Callable, Iterable
from typing import Any

from local.company.times import zulu
from local.standins.moments import moment
from local.standins.shopify_search import connection, number
from local.standins.wire import Clock, Record

Resolver = Callable[..., Any]


class Views:
    """Root resolvers over a shop's records. `records` is read through, never copied."""

    def __init__(self, name: str, currency: str, clock: Clock) -> None:
        self.name, self.currency, self._clock = name, currency, clock
        self.customers: dict[str, Record] = {}
        self.orders: dict[str, Record] = {}

    def query(self) -> Record:
        """The fields of `Query`."""
        return {
            "shop": self._shop(),
            "customer": lambda _info, **a: self.customer(self.customers.get(_gid("Customer", a))),
            "order": lambda _info, **a: self.order(self.orders.get(_gid("Order", a))),
            "nodes": lambda _info, **a: [self._node(gid) for gid in a["ids"]],
            "customers": lambda _info, **a: connection(map(self._sure_customer, self._all()), a),
            "orders": lambda _info, **a: connection(map(self._sure_order, self.orders.values()), a),
        }

    def mutation(self) -> Record:
        """The fields of `Mutation`."""
        return {
            "customerUpdate": lambda _info, **a: self._update(a["input"]),
            "customerEmailMarketingConsentUpdate": lambda _info, **a: self._consent(
                a["input"], "defaultEmailAddress", "emailMarketingConsent"
            ),
            "customerSmsMarketingConsentUpdate": lambda _info, **a: self._consent(
                a["input"], "defaultPhoneNumber", "smsMarketingConsent"
            ),
            "customerRequestDataErasure": lambda _info, **a: self._erasure(a, asked=True),
            "customerCancelDataErasure": lambda _info, **a: self._erasure(a, asked=False),
            "customerDelete": lambda _info, **a: self._delete(a["input"]),
        }

    def customer(self, record: Record | None) -> Record | None:
        """A customer with everything that follows from its record."""
        return self._sure_customer(record) if record else None

    def order(self, record: Record | None) -> Record | None:
        """An order with everything that follows from its record."""
        return self._sure_order(record) if record else None

    def _all(self) -> Iterable[Record]:
        return self.customers.values()

    def _sure_customer(self, record: Record) -> Record:
        email, phone = record["defaultEmailAddress"] or {}, record["defaultPhoneNumber"] or {}
        address = record["defaultAddress"]
        return {
            **record,
            "__typename": "Customer",
            "legacyResourceId": str(number(record["id"])),
            "displayName": f"{record['firstName'] or ''} {record['lastName'] or ''}".strip(),
            "email": email.get("emailAddress"),
            "phone": phone.get("phoneNumber"),
            "emailMarketingConsent": _old_consent(email),
            "smsMarketingConsent": _old_consent(phone),
            "addresses": [address] if address else [],
            "orders": lambda _info, **a: connection(self._orders_of(record["id"]), a),
            "lastOrder": lambda _info: next(iter(reversed(self._orders_of(record["id"]))), None),
        }

    def _sure_order(self, record: Record) -> Record:
        lines = [{**line, "__typename": "LineItem"} for line in record["lineItems"]]
        buyer = (record["customer"] or {}).get("id", "")
        return {
            **record,
            "__typename": "Order",
            "legacyResourceId": str(number(record["id"])),
            "presentmentCurrencyCode": record["currencyCode"],
            "subtotalPriceSet": record["totalPriceSet"],
            "customer": self.customer(self.customers.get(buyer)),
            "lineItems": lambda _info, **a: connection(lines, a),
        }

    def _orders_of(self, gid: str) -> list[Record]:
        mine = (o for o in self.orders.values() if (o["customer"] or {}).get("id") == gid)
        return sorted(map(self._sure_order, mine), key=lambda order: str(order["processedAt"]))

    def _node(self, gid: str) -> Record | None:
        return self.customer(self.customers.get(gid)) or self.order(self.orders.get(gid))

    def _shop(self) -> Record:
        domain = f"{self.name}.myshopify.com"
        return {
            "id": "gid://shopify/Shop/1",
            "name": self.name,
            "myshopifyDomain": domain,
            "currencyCode": self.currency,
        }

    def _now(self) -> str:
        return zulu(moment(self._clock()))

    def _update(self, given: Record) -> Record:
        record = self.customers.get(given.get("id", ""))
        if record is None:
            return _refused("id", "Customer does not exist")
        plain = {k: v for k, v in given.items() if k in {"firstName", "lastName", "note", "tags"}}
        record |= {**plain, "updatedAt": self._now()}
        if given.get("email"):
            known = record["defaultEmailAddress"] or {"marketingState": "NOT_SUBSCRIBED"}
            record["defaultEmailAddress"] = {**known, "emailAddress": given["email"]}
        return {"customer": self.customer(record), "userErrors": []}

    def _consent(self, given: Record, holder: str, name: str) -> Record:
        record = self.customers.get(given["customerId"])
        if record is None or record[holder] is None:
            return _refused("customerId", "Customer does not exist or has nothing to contact it by")
        wanted = given[name]
        record[holder] = {
            **record[holder],
            "marketingState": wanted["marketingState"],
            "marketingOptInLevel": wanted.get("marketingOptInLevel") or "UNKNOWN",
            "marketingUpdatedAt": wanted.get("consentUpdatedAt") or self._now(),
        }
        record["updatedAt"] = self._now()
        return {"customer": self.customer(record), "userErrors": []}

    def _erasure(self, given: Record, *, asked: bool) -> Record:
        record = self.customers.get(given["customerId"])
        if record is None:
            return _refused("customerId", "Customer does not exist")
        record["erasureRequestedAt"] = self._now() if asked else None
        return {"customerId": given["customerId"], "userErrors": []}

    def _delete(self, given: Record) -> Record:
        if given["id"] not in self.customers:
            return _refused("id", "Customer can't be found")
        if self._orders_of(given["id"]):
            return _refused("id", "Customer can't be deleted because they have associated orders")
        del self.customers[given["id"]]
        return {"deletedCustomerId": given["id"], "userErrors": []}


def _gid(kind: str, arguments: Record) -> str:
    return f"gid://shopify/{kind}/{number(arguments['id'])}"


def _old_consent(holder: Record) -> Record | None:
    if not holder:
        return None
    return {
        "marketingState": holder["marketingState"],
        "marketingOptInLevel": holder.get("marketingOptInLevel"),
        "consentUpdatedAt": holder.get("marketingUpdatedAt"),
        "consentCollectedFrom": holder.get("marketingCollectedFrom"),
    }


def _refused(field: str, message: str) -> Record:
    return {"customer": None, "userErrors": [{"field": [field], "message": message}]}
