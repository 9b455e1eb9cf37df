"""HubSpot's CRM: contacts and deals, by search; webhooks that only name what changed."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from connectors import hubspot_push, hubspot_records, hubspot_search, records
from connectors.contract import Delivery, Inbound, Json, Refused, Secret, Setting, Spec
from connectors.paging import body_of, is_object
from connectors.records import moment, objects, text
from connectors.signatures import fresh, hmac_sha256, keys, matches
from schemas.config import System
from schemas.errors import BadRecord, Misconfigured
from schemas.observation import Observation

SPEC: Final = Spec(
    name="hubspot",
    title="HubSpot",
    kinds=("contact", "deal"),
    objects=("contact",),
    movable=("deal",),
    webhooks=True,
    destination=True,
    secret_fields={"access_token": "Settings, Integrations, Private apps: access token"},
    settings={
        "currency": Setting("of deals that name none"),
        "won_stages": Setting("stages in which a deal is won (closedwon)", "list"),
        "properties": Setting("further contact properties to ask for", "list"),
        "prefix": Setting("of the API's paths (/crm/v3)"),
        "page_size": Setting("records a page (200)", "whole"),
        "fields": Setting("trait or fact → property; only these are sent", "fields"),
        "create": Setting("whether who is not there is made; false: only updated", "switch"),
        "opt_out": Setting(
            "how; property is hs_email_optout", choices=("communication-preferences", "property")
        ),
        "subscription_id": Setting("the subscription type to opt out of; without it, all"),
    },
)
MOST: Final = 100
ESCAPES: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'",
    "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
"""What HubSpot decodes in a URL before it signs it."""
TYPES: Final = {"0-1": "contact", "0-3": "deal"}
"""Generic `object.*` events name the type by id."""

pull = hubspot_search.pull
fetch = hubspot_search.fetch
push = hubspot_push.push
opt_out = hubspot_push.opt_out
erase = hubspot_push.erase


def authorise(secret: Secret, token: str | None) -> Mapping[str, str]:
    """The private app's token."""
    value = token or secret.get("access_token") or secret.get("token")
    if not value:
        message = "the HubSpot secret needs access_token"
        raise Misconfigured(message)
    return {"authorization": f"Bearer {value}"}


def verify(system: System, secret: Secret, inbound: Inbound, now: datetime) -> Refused | None:
    """Version 3: HMAC of method, URL, body and timestamp, not older than five minutes."""
    del system
    given = inbound.headers.get("x-hubspot-signature-v3", "")
    stamp = inbound.headers.get("x-hubspot-request-timestamp", "")
    at = moment(stamp) if stamp.isdecimal() else None
    if not given or at is None:
        return Refused("the version 3 signature or its timestamp is missing")
    messages = (
        inbound.method.encode() + url.encode() + inbound.body + stamp.encode()
        for url in {inbound.url, _decoded(inbound.url)}
    )
    names = keys(secret, "client_secret")
    if not matches(given, [hmac_sha256(key, message) for message in messages for key in names]):
        return Refused("the signature does not match")
    return None if fresh(at, now) else Refused("the timestamp is more than five minutes off")


def parse(system: System, inbound: Inbound) -> Delivery:
    """A list of events, each naming an object. A repeated batch has the same id."""
    del system
    body = body_of(inbound.body)
    if not isinstance(body, list) or len(body) > MOST or not all(map(is_object, body)):
        message = f"the body is no list of up to {MOST} events"
        raise BadRecord(message)
    told: list[tuple[str, Json]] = []
    fetched: dict[str, dict[str, None]] = {}
    for event in body:
        kind, what = _kind(event)
        if kind == "contact" and what in {"deletion", "privacyDeletion"}:
            told.append(("contact", _gone(event)))
        elif kind == "contact" and what == "merge":
            told.append(("contact_merge", event))
        elif kind and (named := text(event.get("objectId"))):
            fetched.setdefault(kind, {})[named] = None
        elif kind:
            told.append(("nameless", event))
        if what == "privacyDeletion":
            told.append(("privacy_request", event))
    fetch = {kind: tuple(ids) for kind, ids in fetched.items()}
    return Delivery(_name(body), tuple(told), fetch)


def normalise(source: str, system: System, kind: str, record: Json) -> Observation:
    """Contacts claim addresses and numbers; a deal is an interaction, worth something when won."""
    return records.made(hubspot_records.MAKERS, (source, system), kind, record)


def _decoded(url: str) -> str:
    for escape, character in ESCAPES.items():
        url = url.replace(escape, character).replace(escape.lower(), character)
    return url


def _kind(event: Mapping[str, Any]) -> tuple[str, str]:
    """What the event is about, if we follow that, and what happened."""
    said = text(event.get("subscriptionType") or event.get("eventType"))
    family, _, what = said.partition(".")
    if family == "object":
        family = TYPES.get(text(event.get("objectTypeId")), "")
    return (family if family in {"contact", "deal"} else ""), what


def _gone(event: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "id": text(event.get("objectId")),
        "archived": True,
        "updatedAt": event.get("occurredAt"),
    }


def _name(body: list[Any]) -> str:
    """What HubSpot says to drop repeats by: event, subscription and portal."""
    said = sorted(
        ":".join(text(event.get(name)) for name in ("eventId", "subscriptionId", "portalId"))
        for event in objects(body)
    )
    return sha256("\n".join(said).encode()).hexdigest()
