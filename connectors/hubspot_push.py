"""Writing to HubSpot: update, opt-out, GDPR delete."""

from typing import Any, Final
from urllib.parse import quote

from connectors.contract import Outcome, Push, Request, Upsert
from connectors.paging import content, setting
from connectors.records import objects, text
from schemas.config import System
from schemas.errors import Misconfigured

ABSENT: Final = 404
REFUSED: Final = 400
FIELDS: Final = {
    "first_name": "firstname",
    "last_name": "lastname",
    "phone": "phone",
    "company": "company",
    "street": "address",
    "city": "city",
    "region": "state",
    "postcode": "zip",
    "country": "country",
    "lifecycle": "lifecyclestage",
}
"""Traits with a property of HubSpot's own; facts need a property that `fields` names."""


def push(system: System, change: Upsert) -> Push:
    """Update by HubSpot's id when it is known, else by address.

    With `settings.create` somebody who is no contact yet is made one, which then comes back as a
    record. Who was one already is not: the two ids would come back as two people.
    """
    properties = _properties(system, change)
    for contact in change.external_ids[:1]:
        place = f"{_contacts(system)}/{quote(contact.value)}"
        body, accept = {"properties": properties}, frozenset({ABSENT, REFUSED})
        response = yield Request("PATCH", place, json=body, accept=accept)
        if response.status != ABSENT:
            return _outcome(response.status, contact.value)
    one = {"id": change.identifier.value, "idProperty": "email", "properties": properties}
    if change.external_ids or not system.settings.get("create"):
        return (yield from _known(system, one))
    place = f"{_contacts(system)}/batch/upsert"
    response = yield Request("POST", place, json={"inputs": [one]}, accept=frozenset({REFUSED}))
    if response.status == REFUSED:
        return _outcome(REFUSED, "")
    made = objects(content(response).get("results"))
    return Outcome("sent", text(made[0].get("id")) if made else "")


def opt_out(system: System, change: Upsert) -> Push:
    """Unsubscribe the address: from one subscription, from all, or by a property."""
    address = quote(change.identifier.value, safe="")
    how = system.settings.get("opt_out", "communication-preferences")
    if how == "property":
        one = {"id": change.identifier.value, "properties": {"hs_email_optout": "true"}}
        return (yield from _known(system, one))
    if how != "communication-preferences":
        message = "settings.opt_out is communication-preferences or property"
        raise Misconfigured(message)
    place = f"/communication-preferences/v4/statuses/{address}"
    if system.settings.get("subscription_id"):
        number = setting(system, "subscription_id", "the subscription type to opt out of")
        body = {"subscriptionId": int(number), "statusState": "UNSUBSCRIBED", "channel": "EMAIL"}
        request = Request("POST", place, json=body, accept=frozenset({ABSENT}))
    else:
        query = {"channel": "EMAIL"}
        place = f"{place}/unsubscribe-all"
        request = Request("POST", place, query=query, accept=frozenset({ABSENT}))
    response = yield request
    return _outcome(response.status, str(response.status))


def erase(system: System, change: Upsert) -> Push:
    """GDPR delete, irreversible: by id, or by address, which HubSpot then blocks for ever."""
    known = change.external_ids[:1]
    body: dict[str, Any] = {"objectId": change.identifier.value, "idProperty": "email"}
    if known:
        body = {"objectId": known[0].value}
    place = f"{_contacts(system)}/gdpr-delete"
    response = yield Request("POST", place, json=body, accept=frozenset({ABSENT}))
    return _outcome(response.status, known[0].value if known else str(response.status))


def _known(system: System, one: dict[str, Any]) -> Push:
    """Update the contact of an address, if there is one."""
    place = f"{_contacts(system)}/{quote(one['id'], safe='')}"
    body, accept = {"properties": one["properties"]}, frozenset({ABSENT, REFUSED})
    query = {"idProperty": "email"}
    response = yield Request("PATCH", place, query=query, json=body, accept=accept)
    return _outcome(response.status, str(response.status))


def _outcome(status: int, evidence: str) -> Outcome:
    match status:
        case 404:
            return Outcome("absent", evidence)
        case 400:
            return Outcome("rejected", "400")
        case _:
            return Outcome("sent", evidence)


def _contacts(system: System) -> str:
    return f"{system.settings.get('prefix', '/crm/v3')}/objects/contacts"


def _properties(system: System, change: Upsert) -> dict[str, str]:
    fields: dict[str, str] = system.settings.get("fields", FIELDS)
    known = {str(name): value for name, value in (*change.traits.items(), *change.facts.items())}
    return {fields[name]: value for name, value in known.items() if name in fields}
