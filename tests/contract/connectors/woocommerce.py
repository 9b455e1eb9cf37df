"""WooCommerce, as far as it shows what a connector may need: pages that are bare lists, and
webhooks in JSON that are tried, when they are saved, with an unsigned form.

An example of the contract. It does not ship.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from connectors import records
from connectors.contract import (
    Delivery,
    Inbound,
    Json,
    Page,
    Pull,
    Refused,
    Request,
    Response,
    Secret,
    Setting,
    Spec,
)
from connectors.paging import ask, body_of, is_object, listed, new, path, reach, size
from connectors.records import moment, part, text
from connectors.signatures import hmac_sha256, keys, matches
from rules.subjects import anonymous
from schemas.config import System
from schemas.errors import BadRecord, Misconfigured, RetryLater
from schemas.identifiers import Subject
from schemas.observation import Interaction, Observation

FORM: Final = "application/x-www-form-urlencoded"
SPEC: Final = Spec(
    name="woocommerce",
    title="WooCommerce",
    kinds=("customer", "order"),
    objects=("customer",),
    movable=("order",),
    webhooks=True,
    accepts=("application/json", FORM),
    secret_fields={
        "consumer_key": "WooCommerce, Settings, Advanced, REST API: ck_",
        "consumer_secret": "the same page: cs_",
    },
    settings={"page_size": Setting("records a page (100)", "whole")},
)
TRIED: Final = re.compile(rb"webhook_id=[0-9]{1,18}")
PAID: Final = frozenset({"processing", "completed"})


def authorise(secret: Secret, token: str | None) -> Mapping[str, str]:
    """Basic, over HTTPS."""
    del token
    if not secret.get("consumer_key"):
        message = "the WooCommerce secret needs consumer_key and consumer_secret"
        raise Misconfigured(message)
    pair = f"{secret['consumer_key']}:{secret.get('consumer_secret', '')}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def pull(system: System, kind: str, cursor: Mapping[str, str], now: datetime) -> Pull:
    """Orders that changed; customers all of them, as nothing says which changed."""
    since, number = cursor.get("since", ""), int(cursor.get("page", "1"))
    started = cursor.get("started") or records.version(now)
    query = {"per_page": str(size(system, "page_size", 100)), "orderby": "id", "order": "asc"}
    after = reach(since, system)
    if kind == "customer":
        query["role"] = "all"
    elif after:
        query |= {"modified_after": after.strftime("%Y-%m-%dT%H:%M:%S"), "dates_are_gmt": "true"}
    before: list[Json] = []
    more = True
    while more:
        place = path(system, "/wp-json/wc/v3", f"/{kind}s")
        response = yield from ask(Request("GET", place, query=query | {"page": str(number)}))
        before = new(before, listed(response))
        more = number < _pages(response)
        if more and not before:
            message = "the vendor's page is empty, and not its last"
            raise RetryLater(message)
        number += 1
        going = {"since": since, "page": str(number), "started": started}
        yield Page(kind, tuple(before), going if more else {"since": started})


def ping(system: System, inbound: Inbound) -> bool:
    """What a store sends when a webhook is saved; without its 200 the webhook stays off."""
    del system
    sent = inbound.headers.get("content-type", "").partition(";")[0].strip().lower()
    return sent == FORM and TRIED.fullmatch(inbound.body) is not None


def verify(system: System, secret: Secret, inbound: Inbound, now: datetime) -> Refused | None:
    """HMAC of the body."""
    del system, now
    given = inbound.headers.get("x-wc-webhook-signature", "")
    if not matches(given, [hmac_sha256(key, inbound.body) for key in keys(secret)]):
        return Refused("the signature is missing or does not match")
    return None


def parse(system: System, inbound: Inbound) -> Delivery:
    """A whole record, by topic; what was deleted is an id without a time, and says nothing."""
    del system
    body = body_of(inbound.body)
    if not is_object(body):
        message = "the body is no JSON object"
        raise BadRecord(message)
    kind, _, what = inbound.headers.get("x-wc-webhook-topic", "").partition(".")
    name = inbound.headers.get("x-wc-webhook-delivery-id") or sha256(inbound.body).hexdigest()
    if kind not in SPEC.kinds or what not in {"created", "updated", "restored"}:
        return Delivery(name)
    return Delivery(name, ((kind, body),))


def customer(source: str, system: System, raw: dict[str, Any]) -> Observation:
    """An account."""
    name = records.key(raw.get("id"), "customer")
    created = records.needed(raw.get("date_created_gmt"), "time of creation")
    billing = part(raw, "billing")
    return Observation(
        subject=Subject(source=source, object="customer", id=name, created_at=created),
        record=records.record(
            "customer", name, moment(raw.get("date_modified_gmt")) or created, created
        ),
        claims=records.claims(
            records.email(raw.get("email")),
            records.email(billing.get("email")),
            records.phone(billing.get("phone"), _country(system, billing)),
        ),
        traits=records.traits(
            [("first_name", raw.get("first_name")), ("last_name", raw.get("last_name"))]
        ),
    )


def order(source: str, system: System, raw: dict[str, Any]) -> Observation:
    """Of its customer; a guest is who the bill says."""
    created = records.needed(raw.get("date_created_gmt"), "time of creation")
    billing, who, status = part(raw, "billing"), raw.get("customer_id"), text(raw.get("status"))
    claims = records.claims(
        records.email(billing.get("email")),
        records.phone(billing.get("phone"), _country(system, billing)),
    )
    return Observation(
        subject=Subject(source=source, object="customer", id=records.key(who, "customer"))
        if who
        else anonymous(source, claims),
        record=records.record(
            "order",
            records.key(raw.get("id"), "order"),
            moment(raw.get("date_modified_gmt")) or created,
            created,
        ),
        claims=claims,
        interaction=Interaction(
            kind="order",
            title=f"Order {text(raw.get('number'), 32)}",
            amount=records.money(raw.get("total"), raw.get("currency")) if status in PAID else None,
            status=status,
        ),
    )


def normalise(source: str, system: System, kind: str, record: Json) -> Observation:
    """Accounts and orders."""
    makers: dict[str, records.Maker] = {"customer": customer, "order": order}
    return records.made(makers, (source, system), kind, record)


def _country(system: System, billing: Mapping[str, Any]) -> str | None:
    return text(billing.get("country"), 2) or system.settings.get("country")


def _pages(response: Response) -> int:
    said = response.headers.get("x-wp-totalpages", "")
    return int(said) if said.isdecimal() else 0
