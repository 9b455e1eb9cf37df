"""Shopify's GraphQL Admin API: what is asked, page by page, and how its answers are read.

A refusal comes with status 200: `errors[].extensions.code` says which.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from connectors import defaults
from connectors.contract import Page, Pull, Request, Response
from connectors.paging import advance, ask, content, is_object, items, path, reach, size
from connectors.records import moment, objects, part, version
from schemas.config import System
from schemas.errors import Misconfigured, RetryLater

API_VERSION: Final = "2026-07"
PAGE: Final = 50
"""Keeps a page of orders with their lines below the cost that one query may have."""

CUSTOMER: Final = """
  id firstName lastName locale createdAt updatedAt
  defaultEmailAddress { emailAddress marketingState marketingOptInLevel marketingUpdatedAt }
  defaultPhoneNumber { phoneNumber marketingState marketingOptInLevel marketingUpdatedAt }
  defaultAddress { ...address }
"""
ORDER: Final = """
  id name email phone createdAt updatedAt cancelledAt test displayFinancialStatus
  totalPriceSet { shopMoney { amount currencyCode } }
  currentTotalPriceSet { shopMoney { amount currencyCode } }
  totalRefundedSet { shopMoney { amount currencyCode } }
  customer { id createdAt }
  billingAddress { ...address }
  lineItems(first: 8) { nodes { title quantity } }
"""
ADDRESS: Final = """
fragment address on MailingAddress {
  company address1 city province zip country countryCodeV2 phone
}
"""
FIELDS: Final = {"customer": CUSTOMER, "order": ORDER}
TYPES: Final = {"customer": "Customer", "order": "Order"}

PAGES: Final = """
query Pages($first: Int!, $after: String, $query: String) {
  %s(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {%s}
  }
}
"""
NODES: Final = """
query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) { ... on %s {%s} }
}
"""


def pull(system: System, kind: str, cursor: Mapping[str, str], now: datetime) -> Pull:
    """By time of change, ascending: what changes meanwhile comes again at the end."""
    del now
    since, after = cursor.get("since", ""), cursor.get("after", "")
    high = cursor.get("high", since)
    root, more = f"{kind}s", True
    while more:
        request = _query(
            system, PAGES % (root, FIELDS[kind]) + ADDRESS, _window(system, since, after)
        )
        found = _answer((yield from ask(request))).get(root)
        found = found if is_object(found) else {}
        nodes = items(found, "nodes")
        info = part(found, "pageInfo")
        more = bool(info.get("hasNextPage"))
        high = max([high, *_changes(nodes)])
        if more:
            after = advance(after, str(info.get("endCursor") or after))
        going = {"since": since, "after": after, "high": high}
        yield Page(kind, tuple(nodes), going if more else _resting(high))


def fetch(system: System, kind: str, ids: tuple[str, ...]) -> Pull:
    """By id; a record that is gone is not on the page."""
    named = [f"gid://shopify/{TYPES[kind]}/{one}" for one in ids]
    query = NODES % (TYPES[kind], FIELDS[kind]) + ADDRESS
    data = _answer((yield from ask(_query(system, query, {"ids": named}))))
    yield Page(kind, tuple(node for node in items(data, "nodes") if node), {})


def throttled(response: Response) -> float | None:
    """By status, or by `THROTTLED` with status 200: then until the bucket holds enough again."""
    if response.status != 200 or b'"THROTTLED"' not in response.body:
        return defaults.throttled(response)
    cost = part(part(content(response), "extensions"), "cost")
    bucket = part(cost, "throttleStatus")
    missing = (cost.get("requestedQueryCost") or 0) - (bucket.get("currentlyAvailable") or 0)
    return float(max(missing / (bucket.get("restoreRate") or 50), defaults.PAUSE))


def _query(system: System, query: str, variables: Mapping[str, Any]) -> Request:
    api = f"/admin/api/{system.settings.get('api_version', API_VERSION)}"
    return Request(
        "POST", path(system, api, "/graphql.json"), json={"query": query, "variables": variables}
    )


def _window(system: System, since: str, after: str) -> dict[str, Any]:
    start = reach(since, system)
    return {
        "first": size(system, "page_size", PAGE),
        "after": after or None,
        "query": f"updated_at:>='{start:%Y-%m-%dT%H:%M:%SZ}'" if start else None,
    }


def _resting(high: str) -> dict[str, str]:
    return {"since": high} if high else {}


def _changes(nodes: list[Any]) -> Iterable[str]:
    """When the readable ones changed."""
    for node in objects(nodes):
        changed = moment(node.get("updatedAt") or node.get("updated_at"))
        if changed:
            yield version(changed)


def _answer(response: Response) -> dict[str, Any]:
    """The data, unless the answer is a refusal."""
    body = content(response)
    codes = {part(error, "extensions").get("code") for error in objects(body.get("errors"))}
    if "ACCESS_DENIED" in codes:
        message = (
            "Shopify denies access: give the app read_customers and read_orders, "
            "and have it approved for protected customer data"
        )
        raise Misconfigured(message)
    if "MAX_COST_EXCEEDED" in codes:
        message = "the page costs more than Shopify allows: lower settings.page_size"
        raise Misconfigured(message)
    if "THROTTLED" in codes:
        message = "Shopify throttles"
        raise RetryLater(message, throttled(response))
    data = body.get("data")
    if codes or not isinstance(data, dict):
        message = f"Shopify answers with an error: {', '.join(sorted(map(str, codes)))[:100]}"
        raise RetryLater(message)
    return data
