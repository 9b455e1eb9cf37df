"""The webhooks that the demo sends: forty, of which one is forged and one a repeat."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from local.company.mailchimp import DORA_OUT
from local.company.model import Company, Record
from local.standins import senders, shopify_rest
from local.standins.senders import Signed, Target

SHOP: Final = "shopify-eu"
ORDERS, CUSTOMERS, PROFILES, USERS, CONTACTS = 8, 6, 8, 8, 7

Fate = Literal["accepted", "refused", "repeated"]


class Sent(NamedTuple):
    """A webhook, from which source, and what should become of it."""

    source: str
    request: Signed
    fate: Fate


def traffic(company: Company, at: Mapping[str, Target]) -> tuple[Sent, ...]:
    """In the order to send them. `at` is where each stand-in's webhooks go, by its name; one that
    nobody reads sends none.
    """
    genuine = [
        Sent(at[name].source, one, "accepted")
        for name, sends in SENDERS.items()
        if name in at
        for one in sends(company, at[name])
    ]
    if not genuine:
        return ()
    first = genuine[0]
    return (
        *genuine,
        first._replace(request=senders.forged(first.request), fate="refused"),
        first._replace(fate="repeated"),
    )


def _shop(company: Company, target: Target) -> list[Signed]:
    shop = company.shops[SHOP]
    buyers = {customer["id"]: customer for customer in shop.customers}
    orders = [order for order in shop.orders if order["customer"]][-ORDERS:]
    return [
        *(
            senders.shopify(
                target, "orders/updated", shopify_rest.order(o, buyers[o["customer"]["id"]])
            )
            for o in orders
        ),
        *(
            senders.shopify(target, "customers/update", shopify_rest.customer(c))
            for c in shop.customers[-CUSTOMERS:]
        ),
    ]


def _audience(company: Company, target: Target) -> list[Signed]:
    """Profiles that changed, and Dora's word from when she gave it."""
    members = [m for m in company.mailchimp.members if m["status"] == "subscribed" and m["id"]]
    dora = next(m for m in company.mailchimp.members if _is_dora(company, m))
    then = senders.of_another_time(target, company.now - DORA_OUT)
    gone = {"action": "unsub", "reason": "manual", **_form(dora)}
    return [
        senders.mailchimp(then, "unsubscribe", gone),
        *(senders.mailchimp(target, "profile", _form(member)) for member in members[:PROFILES]),
    ]


def _is_dora(company: Company, member: Record) -> bool:
    return bool(member["id"] == company.stories["dora"]["mailchimp"])


def _form(member: Record) -> dict[str, str]:
    return {
        "id": member["unique_email_id"],
        "list_id": member["list_id"],
        "email": member["email_address"],
        "email_type": "html",
        "merges][EMAIL": member["email_address"],
        "merges][FNAME": member["merge_fields"]["FNAME"],
        "merges][LNAME": member["merge_fields"]["LNAME"],
        "merges][PHONE": member["merge_fields"]["PHONE"],
    }


def _desk(company: Company, target: Target) -> list[Signed]:
    """The last users, Ada's among them, who has just phoned."""
    return [
        senders.zendesk(target, "user.created", user) for user in company.zendesk.users[-USERS:]
    ]


def _crm(company: Company, target: Target) -> list[Signed]:
    batches = []
    for contact in company.hubspot.contacts[:CONTACTS]:
        changed = {
            "subscriptionType": "contact.propertyChange",
            "objectId": int(contact["id"]),
            "propertyName": "lifecyclestage",
            "propertyValue": contact["properties"]["lifecyclestage"],
        }
        batches.append(senders.hubspot(target, [changed]))
    return batches


SENDERS: Final[Mapping[str, Callable[[Company, Target], list[Signed]]]] = {
    SHOP: _shop,
    "mailchimp": _audience,
    "zendesk": _desk,
    "hubspot": _crm,
}
