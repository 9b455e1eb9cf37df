"""Zendesk Support and Talk: users, tickets and calls, by incremental export.

Talk never says which number called: a call is of its `customer_id`, who is a user.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from connectors import records, zendesk_export, zendesk_records
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
from connectors.paging import body_of, content
from connectors.records import moment, part, text
from connectors.signatures import fresh, hmac_sha256, keys, matches
from schemas.config import System
from schemas.errors import BadRecord, Misconfigured, RetryLater
from schemas.observation import Observation

SPEC: Final = Spec(
    name="zendesk",
    title="Zendesk Support and Talk",
    kinds=("user", "ticket", "call"),
    objects=("user",),
    movable=("ticket", "call"),
    webhooks=True,
    rotates=True,
    secret_fields={
        "client_id": "Admin Center, Apps and integrations, OAuth clients: identifier",
        "client_secret": "the same page: secret",
        "token": "instead of both: an access token",
        "email": "with api_token, until 30 April 2027: the agent's address",
        "api_token": "Admin Center, Zendesk API",
    },
    settings={
        "roles": Setting("whose users are customers ([end-user])", "list"),
        "page_size": Setting("records a page (1000)", "whole"),
        "identities": Setting("whether to ask for every address and number (true)", "switch"),
        "external_id": Setting("the type of identifier it holds, such as shopify-eu:customer"),
    },
)
SCHEME: Final = "zen:event-type:"

pull = zendesk_export.pull
fetch = zendesk_export.fetch


def authorise(secret: Secret, token: str | None) -> Mapping[str, str]:
    """A bearer token, or basic with an API token while Zendesk still takes those."""
    bearer = token or secret.get("token")
    if bearer:
        return {"authorization": f"Bearer {bearer}"}
    if not (secret.get("email") and secret.get("api_token")):
        message = "the Zendesk secret needs client_id and client_secret, or token"
        raise Misconfigured(message)
    pair = f"{secret['email']}/token:{secret['api_token']}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def token_request(secret: Secret) -> Request | None:
    """By refresh token when there is one (it rotates), else by client credentials."""
    if not secret.get("client_id") or secret.get("token"):
        return None
    grant = {"grant_type": "client_credentials", "scope": "read"}
    if secret.get("refresh_token"):
        grant = {"grant_type": "refresh_token", "refresh_token": secret["refresh_token"]}
    client = {"client_id": secret["client_id"], "client_secret": secret.get("client_secret", "")}
    return Request("POST", "/oauth/tokens", json=client | grant)


def read_token(secret: Secret, response: Response) -> Token:
    """A refresh invalidates the pair it came from, so the new one must be kept."""
    said = content(response)
    if not said.get("access_token"):
        message = "Zendesk gave no token"
        raise RetryLater(message)
    rotated = {**secret, "refresh_token": str(said.get("refresh_token"))}
    return Token(
        str(said["access_token"]),
        float(said.get("expires_in") or 7200),
        rotated if said.get("refresh_token") else None,
    )


def verify(system: System, secret: Secret, inbound: Inbound, now: datetime) -> Refused | None:
    """HMAC of timestamp and body, not older than five minutes."""
    del system
    given = inbound.headers.get("x-zendesk-webhook-signature", "")
    stamp = inbound.headers.get("x-zendesk-webhook-signature-timestamp", "")
    at = moment(stamp)
    if not given or at is None:
        return Refused("the signature or its timestamp is missing")
    message = stamp.encode() + inbound.body
    if not matches(given, (hmac_sha256(key, message) for key in keys(secret, "signing_secret"))):
        return Refused("the signature does not match")
    return None if fresh(at, now) else Refused("the timestamp is more than five minutes off")


def parse(system: System, inbound: Inbound) -> Delivery:
    """Events name whom to fetch. What a trigger sends is free-form: it may name a ticket or user
    by `ticket_id`, `user_id`; an empty body is a test."""
    del system
    invocation = inbound.headers.get("x-zendesk-webhook-invocation-id", "")
    if not inbound.body.strip():
        return Delivery(invocation or "empty")
    body = body_of(inbound.body)
    if not isinstance(body, dict):
        message = "the body is no JSON object"
        raise BadRecord(message)
    name = text(body.get("id")) or invocation or sha256(inbound.body).hexdigest()
    event = text(body.get("type"))
    if not event.startswith(SCHEME):
        return Delivery(name, fetch=_named(body))
    return _event(name, event.removeprefix(SCHEME), body)


def normalise(source: str, system: System, kind: str, record: Json) -> Observation:
    """Users claim addresses and numbers; tickets and calls are interactions of a user."""
    return records.made(zendesk_records.MAKERS, (source, system), kind, record)


def _named(body: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    said = {kind: text(body.get(f"{kind}_id")) for kind in ("ticket", "user")}
    return {kind: (one,) for kind, one in said.items() if one.isdecimal()}


def _event(name: str, event: str, body: dict[str, Any]) -> Delivery:
    """`user.merged` says into whom under `event.user.id`."""
    family, _, what = event.partition(".")
    number = text(part(body, "detail").get("id"))
    if family not in {"user", "ticket"} or not number.isdecimal():
        return Delivery(name)
    if what == "deleted" and family == "user":
        return Delivery(name, (("user", part(body, "detail") | _gone(body)),))
    other = text(part(part(body, "event"), "user").get("id"))
    if what == "merged" and other.isdecimal():
        merge = {"id": other, "merged": number, "time": body.get("time")}
        return Delivery(name, (("user_merge", merge),), {"user": (other,)})
    return Delivery(name, fetch={family: (number,)})


def _gone(body: dict[str, Any]) -> dict[str, Json]:
    return {"active": False, "deleted_at": body.get("time")}
