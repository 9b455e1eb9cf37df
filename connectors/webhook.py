"""Any HTTPS endpoint, by Standard Webhooks 1.0.0: a signed event with the state that is true now.

`webhook-id` is the idempotency key: a receiver drops what it
has seen. During a rotation the message is signed with both secrets.
"""

import json
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.contract import Outcome, Push, Request, Secret, Setting, Spec, Upsert
from connectors.signatures import hmac_sha256, keys
from schemas.config import System
from schemas.errors import Misconfigured

SPEC: Final = Spec(
    name="webhook",
    title="Standard Webhooks endpoint",
    destination=True,
    secret_fields={"secret": "the signing secret the endpoint was given: whsec_ and base64"},
    settings={"path": Setting("below base_url")},
)
LARGEST: Final = 20_000
GONE: Final = 410
SECRET_BYTES: Final = range(24, 65)
PLAIN_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


def authorise(secret: Secret, token: str | None) -> Mapping[str, str]:
    """Nothing but the signature."""
    del secret, token
    return {}


def sign(secret: Secret, request: Request, now: datetime) -> Mapping[str, str]:
    """`v1` signatures of id, time of this attempt and body: one for each secret in use."""
    name, stamp = request.headers["webhook-id"], str(int(now.timestamp()))
    message = b".".join((name.encode(), stamp.encode(), request.body or b""))
    made = [f"v1,{hmac_sha256(_raw(key), message)}" for key in keys(secret)]
    return {"webhook-timestamp": stamp, "webhook-signature": " ".join(made)}


def push(system: System, change: Upsert) -> Push:
    """`customer.updated`, with the cleared fields."""
    about = {"traits": dict(change.traits), "facts": dict(change.facts)}
    return (yield from _send(system, change, "customer.updated", about))


def opt_out(system: System, change: Upsert) -> Push:
    """`customer.opted_out`: stop using the identifier."""
    return (yield from _send(system, change, "customer.opted_out", {}))


def erase(system: System, change: Upsert) -> Push:
    """`customer.erased`: forget the person."""
    return (yield from _send(system, change, "customer.erased", {}))


def _send(system: System, change: Upsert, event: str, about: Mapping[str, Any]) -> Push:
    address = urlsplit(system.base_url)
    if address.scheme != "https" and address.hostname not in PLAIN_HOSTS:
        message = "the endpoint must be https: write it so in base_url"
        raise Misconfigured(message)
    body = _body(change, event, about)
    if len(body) >= LARGEST:
        return Outcome("rejected", "over 20 KB")
    headers = {"content-type": "application/json", "webhook-id": _id(change, body)}
    place = str(system.settings.get("path", ""))
    request = Request("POST", place, body=body, headers=headers, accept=frozenset({GONE}))
    response = yield request
    if response.status == GONE:
        message = "the endpoint says it is gone (410): write its new address, or remove it"
        raise Misconfigured(message)
    return Outcome("sent", str(response.status))


def _body(change: Upsert, event: str, about: Mapping[str, Any]) -> bytes:
    """The same bytes for each attempt: only the headers say when it was."""
    at = change.at or change.consented_at or datetime.fromtimestamp(0, UTC)
    data = {
        "customer": change.customer,
        "version": change.version,
        "identifier": {"type": change.identifier.type, "value": change.identifier.value},
        **about,
    }
    said = {"type": event, "timestamp": at.astimezone(UTC).isoformat(), "data": data}
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()


def _id(change: Upsert, body: bytes) -> str:
    """The idempotency key; a dot or a space in it would make the signed text ambiguous."""
    if ID.fullmatch(change.idempotency_key):
        return change.idempotency_key
    return sha256(change.idempotency_key.encode() or body).hexdigest()


def _raw(key: str) -> bytes:
    try:
        raw = b64decode(key.removeprefix("whsec_"), validate=True)
    except NotBase64 as error:
        message = "the signing secret must be whsec_ and base64"
        raise Misconfigured(message) from error
    if len(raw) not in SECRET_BYTES:
        message = "the signing secret must hold 24 to 64 bytes"
        raise Misconfigured(message)
    return raw
