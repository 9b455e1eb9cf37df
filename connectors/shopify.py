"""Shopify, by its GraphQL Admin API 2026-07 and its webhooks."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from connectors import records, shopify_graphql, shopify_records
from connectors.contract import (
    Delivery,
    Inbound,
    Json,
    Refused,
    Request,
    Response,
    Secret,
    Setting,
    Spec,
    Token,
)
from connectors.paging import body_of, content, is_object
from connectors.signatures import hmac_sha256, keys, matches
from schemas.config import System
from schemas.errors import BadRecord, Misconfigured, RetryLater
from schemas.observation import Observation

SPEC: Final = Spec(
    name="shopify",
    title="Shopify",
    kinds=("customer", "order"),
    objects=("customer",),
    movable=("order",),
    webhooks=True,
    secret_fields={
        "client_id": "Dev Dashboard, the app's settings: client id (24-hour tokens)",
        "client_secret": "the same page: client secret (also the key of webhooks)",
        "token": "instead of both: the Admin API access token of an app made before 2026",
    },
    settings={
        "shop_domain": Setting(
            "{shop}.myshopify.com: tells the shops of one app apart, which share a webhook secret"
        ),
        "page_size": Setting("records a page", "whole"),
        "api_version": Setting("such as 2026-07"),
    },
)
PRIVACY: Final = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
CONSENT: Final = frozenset(
    {"customers_email_marketing_consent/update", "customers_marketing_consent/update"}
)
KINDS: Final = {"customers/merge": "customer_merge"} | dict.fromkeys(CONSENT, "consent")
LIVING: Final = ("email", "phone", "first_name", "last_name", "default_address")
"""Of a customer who is gone Shopify sends none: then Shopify is asked what is true."""
GONE: Final = frozenset({"orders/delete"})
"""Names an order and nobody: what it was worth stays until its customer is erased."""

TYPES: Final = {kind: f"/{name}/" for kind, name in shopify_graphql.TYPES.items()}

pull = shopify_graphql.pull
fetch = shopify_graphql.fetch
throttled = shopify_graphql.throttled


def authorise(secret: Secret, token: str | None) -> Mapping[str, str]:
    """Shopify's own header."""
    value = token or secret.get("token")
    if not value:
        message = "the Shopify secret needs client_id and client_secret, or token"
        raise Misconfigured(message)
    return {"x-shopify-access-token": value}


def token_request(secret: Secret) -> Request | None:
    """A 24-hour token by client credentials, unless the secret holds a static one."""
    if not secret.get("client_id") or secret.get("token"):
        return None
    form = {
        "grant_type": "client_credentials",
        "client_id": secret["client_id"],
        "client_secret": secret.get("client_secret", ""),
    }
    return Request("POST", "/admin/oauth/access_token", form=form)


def read_token(secret: Secret, response: Response) -> Token:
    """`{access_token, scope, expires_in}`."""
    del secret
    said = content(response)
    if not said.get("access_token"):
        message = "Shopify gave no token"
        raise RetryLater(message)
    return Token(str(said["access_token"]), float(said.get("expires_in") or 86_399))


def verify(system: System, secret: Secret, inbound: Inbound, now: datetime) -> Refused | None:
    """HMAC of the body, in either family of headers. Topic, id and time are not signed: `parse`
    believes a topic only of a body that looks like it. Nothing dates a body, so a replay passes:
    it is the same version of the same record."""
    del now
    given = _header(inbound, "hmac-sha256")
    if not given:
        return Refused("the signature header is missing")
    if not matches(
        given, [hmac_sha256(key, inbound.body) for key in keys(secret, "client_secret")]
    ):
        return Refused("the signature does not match")
    ours = system.settings.get("shop_domain")
    if ours and _header(inbound, "shop-domain") != ours:
        return Refused("the webhook is of another shop")
    return None


def parse(system: System, inbound: Inbound) -> Delivery:
    """By topic. An event id repeats over several subscriptions to one topic, so both name it."""
    del system
    topic, at = _header(inbound, "topic"), _header(inbound, "triggered-at")
    body = body_of(inbound.body)
    if not is_object(body):
        message = "the body is no JSON object"
        raise BadRecord(message)
    event = _header(inbound, "event-id") or _header(inbound, "webhook-id")
    name = f"{event or sha256(inbound.body).hexdigest()}:{topic}"
    if topic.startswith("refunds/"):
        return Delivery(name, fetch={"order": (records.key(body.get("order_id"), "refund"),)})
    kind = _kind(topic)
    if kind is None:
        return Delivery(name)
    _refuse_other(kind, body)
    if topic == "customers/delete":
        if any(body.get(each) for each in LIVING):
            return Delivery(name, fetch={"customer": (records.key(body.get("id"), "customer"),)})
        body["deleted"] = True
    if at:
        body["triggered_at"] = at
    if kind == "privacy_request":
        body["topic"] = topic
    return Delivery(name, records=((kind, body),))


def normalise(source: str, system: System, kind: str, record: Json) -> Observation:
    """REST-shaped webhooks and GraphQL-shaped pulls give the same observation."""
    return records.made(shopify_records.MAKERS, (source, system), kind, record)


def _kind(topic: str) -> str | None:
    if topic in PRIVACY:
        return "privacy_request"
    if topic in KINDS:
        return KINDS[topic]
    family = topic.partition("/")[0]
    known = family in {"customers", "orders"} and topic not in GONE
    return family.removesuffix("s") if known else None


def _refuse_other(kind: str, body: Mapping[str, Json]) -> None:
    """A body that names itself as something else than its topic says: only it is signed."""
    named = body.get("admin_graphql_api_id")
    if isinstance(named, str) and TYPES.get(kind, "") not in named:
        message = f"the body is no {kind}"
        raise BadRecord(message)


def _header(inbound: Inbound, name: str) -> str:
    """From the family whose signature header is there: `shopify-…` or `x-shopify-…`."""
    family = "shopify-" if "shopify-hmac-sha256" in inbound.headers else "x-shopify-"
    return inbound.headers.get(family + name, "")
