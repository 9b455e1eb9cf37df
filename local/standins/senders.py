"""Signed webhooks as the vendors send them: pure, from records, a secret and a moment.

`base_url` and `source` make the address they are sent to: `{base_url}/webhooks/{source}`.
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from local.company.times import zulu

PORTAL: Final = 24_681
APP: Final = 13_579
ACCOUNT: Final = 12_514
JSON: Final = {"content-type": "application/json"}
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


class Signed(NamedTuple):
    """A request, ready to be sent: `path` is relative to the base URL and holds the query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """Where it goes, what it is signed with, and when. `base_url` is as the receiver sees it."""

    source: str
    secret: str
    now: datetime
    base_url: str = "http://127.0.0.1"

    @property
    def path(self) -> str:
        """The receiver's path, with what precedes `/webhooks` in the base URL."""
        return f"{urlsplit(self.base_url).path.rstrip('/')}/webhooks/{self.source}"

    @property
    def url(self) -> str:
        """The whole address, as HubSpot signs it."""
        return f"{self.base_url.rstrip('/')}/webhooks/{self.source}"


def shopify(target: Target, topic: str, record: Mapping[str, Any], event: str = "") -> Signed:
    """A webhook of one record in its REST shape (`shopify_rest`); `event` names the delivery."""
    body = _json(record)
    headers = {
        **JSON,
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": _hmac(target.secret, body),
        "x-shopify-shop-domain": f"{target.source}.myshopify.com",
        "x-shopify-api-version": "2026-07",
        "x-shopify-webhook-id": _id(target.source, topic, body, "webhook"),
        "x-shopify-event-id": event or _id(target.source, topic, body),
        "x-shopify-triggered-at": zulu(target.now),
    }
    return Signed("POST", target.path, headers, body)


def mailchimp(target: Target, kind: str, data: Mapping[str, str]) -> Signed:
    """A form; `data` has keys like `email` or `merges][FNAME`. The secret is in the address."""
    fired = target.now.strftime("%Y-%m-%d %H:%M:%S")
    fields = {"type": kind, "fired_at": fired, **{f"data[{k}]": v for k, v in data.items()}}
    path = f"{target.path}?{urlencode({'secret': target.secret})}"
    return Signed("POST", path, dict(FORM), urlencode(fields).encode())


def mailchimp_check(target: Target) -> Signed:
    """The GET by which Mailchimp makes sure of a new address."""
    path = f"{target.path}?{urlencode({'secret': target.secret})}"
    return Signed("GET", path, {"user-agent": "MailChimp.com WebHook Validator"}, b"")


def zendesk(target: Target, event: str, user: Mapping[str, Any]) -> Signed:
    """An event about a user, such as `user.identity_changed`; the detail holds ids as text."""
    detail = {
        "id": str(user["id"]),
        "email": user.get("email") or "",
        "external_id": "",
        "role": user.get("role", "end-user"),
        "created_at": user["created_at"],
        "updated_at": user["updated_at"],
    }
    body = _json(
        {
            "type": f"zen:event-type:{event}",
            "account_id": ACCOUNT,
            "id": _id(target.source, event, str(user["id"]), zulu(target.now)),
            "time": zulu(target.now),
            "zendesk_event_version": "2022-06-20",
            "subject": f"zen:user:{user['id']}",
            "detail": detail,
            "event": {"current": None, "previous": None},
        }
    )
    return zendesk_body(target, body)


def zendesk_body(target: Target, body: bytes) -> Signed:
    """Any body, as triggers send it, signed over timestamp and body."""
    stamp = zulu(target.now)
    headers = {
        **JSON,
        "x-zendesk-account-id": str(ACCOUNT),
        "x-zendesk-webhook-id": "01LOCALWEBHOOK",
        "x-zendesk-webhook-invocation-id": _id(target.source, stamp, body),
        "x-zendesk-webhook-signature": _hmac(target.secret, stamp.encode() + body),
        "x-zendesk-webhook-signature-timestamp": stamp,
    }
    return Signed("POST", target.path, headers, body)


def hubspot(target: Target, events: Sequence[Mapping[str, Any]]) -> Signed:
    """A batch of at most a hundred; each event has `subscriptionType` and `objectId` at least."""
    millis = int(target.now.timestamp() * 1000)
    full = [
        {
            "eventId": int(sha256(f"{millis}:{index}:{dict(event)}".encode()).hexdigest()[:8], 16),
            "subscriptionId": 2_426_754,
            "portalId": PORTAL,
            "appId": APP,
            "occurredAt": millis,
            "attemptNumber": 0,
            "changeSource": "CRM_UI",
            **event,
        }
        for index, event in enumerate(events)
    ]
    body = _json(full)
    signed = b"POST" + target.url.encode() + body + str(millis).encode()
    headers = {
        **JSON,
        "x-hubspot-signature-v3": _hmac(target.secret, signed),
        "x-hubspot-request-timestamp": str(millis),
        "x-hubspot-signature-version": "v3",
    }
    return Signed("POST", target.path, headers, body)


def standard(target: Target, kind: str, data: Mapping[str, Any], event: str = "") -> Signed:
    """Standard Webhooks 1.0.0; the secret is `whsec_` and base64."""
    body = _json({"type": kind, "timestamp": zulu(target.now), "data": data})
    key, stamp = event or "msg_" + _id(target.source, kind, body), int(target.now.timestamp())
    content = b".".join((key.encode(), str(stamp).encode(), body))
    signature = _hmac(b64decode(target.secret.removeprefix("whsec_")), content)
    headers = {
        **JSON,
        "webhook-id": key,
        "webhook-timestamp": str(stamp),
        "webhook-signature": f"v1,{signature}",
    }
    return Signed("POST", target.path, headers, body)


def forged(signed: Signed) -> Signed:
    """The same, from someone who does not have the secret."""
    path = signed.path.partition("?")[0] + "?secret=guessed" if "?" in signed.path else signed.path
    headers = {
        name: b64encode(b"forged" * 5).decode() if _signature(name) else value
        for name, value in signed.headers.items()
    }
    return signed._replace(path=path, headers=headers)


def tampered(signed: Signed) -> Signed:
    """The same signature over another body. Mailchimp signs none, so its form just changes."""
    return signed._replace(body=signed.body + b" ")


def of_another_time(target: Target, now: datetime) -> Target:
    """For a webhook that was signed then, rightly, and is only sent now."""
    return replace(target, now=now)


def _signature(name: str) -> bool:
    return name.endswith(("hmac-sha256", "signature", "signature-v3"))


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _hmac(key: str | bytes, message: bytes) -> str:
    raw = key.encode() if isinstance(key, str) else key
    return b64encode(hmac.new(raw, message, sha256).digest()).decode()


def _id(*parts: str | bytes) -> str:
    """A stable UUID of these."""
    raw = b"\n".join(part.encode() if isinstance(part, str) else part for part in parts)
    return str(uuid5(NAMESPACE_URL, sha256(raw).hexdigest()))
