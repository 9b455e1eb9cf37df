"""Every connector that comes with Sluice keeps the contract, on records of the invented company."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from local.company.generate import DEFAULT_SEED, generate
from tests.contract.connector_suite import connector_suite

MANY = 12
COMPANY = generate(datetime(2026, 11, 1, tzinfo=UTC), DEFAULT_SEED, ["shopify-eu"])
SHOP = COMPANY.shops["shopify-eu"]


def some(records: Sequence[Any]) -> list[Any]:
    """A few that are whole, from all over: the generator puts the broken ones last."""
    return list(islice(records[:-1], 0, None, max(1, len(records) // MANY)))


TestShopify = connector_suite(
    "shopify", samples={"customer": some(SHOP.customers), "order": some(SHOP.orders)}
)
TestMailchimp = connector_suite(
    "mailchimp", {"list": "a1b2c3"}, {"member": some(COMPANY.mailchimp.members)}
)
TestZendesk = connector_suite(
    "zendesk",
    samples={
        "user": some(COMPANY.zendesk.users),
        "ticket": some(COMPANY.zendesk.tickets),
        "call": some(COMPANY.zendesk.calls),
    },
)
TestHubSpot = connector_suite("hubspot", samples={"contact": some(COMPANY.hubspot.contacts)})
TestWebhook = connector_suite("webhook")
