"""The whole company from a seed and a moment: the same two always give the same records."""

from collections.abc import Sequence
from datetime import datetime

from local.company.hubspot import crm
from local.company.mailchimp import audience, member_hash
from local.company.model import Company, Crm, Desk, Shop
from local.company.people import cast, people
from local.company.shopify import shop
from local.company.zendesk import desk

DEFAULT_SEED = 7


def generate(
    now: datetime, seed: int = DEFAULT_SEED, shops: Sequence[str] = ("shopify-eu",)
) -> Company:
    """The company as of `now`, which must be an aware UTC time. Adding a shop changes no other."""
    now = now.replace(microsecond=0)
    who = people(seed, now)
    made = {name: shop(name, seed, now, who) for name in shops}
    call_centre, sales = desk(seed, now, who), crm(seed, now, who)
    stories = {
        p.story: {
            "email": p.email,
            "phone": p.phone,
            "name": p.name,
            **_ids(p.email, made, call_centre, sales),
        }
        for p in cast(now)
    }
    return Company(seed, now, made, audience(seed, now, who), call_centre, sales, stories)


def _ids(email: str, shops: dict[str, Shop], call_centre: Desk, sales: Crm) -> dict[str, str]:
    """The ids that one of the cast has in each system."""
    ids = {"mailchimp": member_hash(email)}
    for name, made in shops.items():
        for customer in made.customers:
            if customer["defaultEmailAddress"]["emailAddress"] == email:
                ids[name] = customer["id"].rsplit("/", 1)[1]
    for contact in sales.contacts:
        if contact["properties"] and contact["properties"]["email"] == email:
            ids["hubspot"] = contact["id"]
    if email.startswith("ada."):
        ids["zendesk"] = str(call_centre.users[-1]["id"])
    return ids
