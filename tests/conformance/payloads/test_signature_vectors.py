"""Published signature vectors, and the Standard Webhooks library as oracle."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from connectors.contract import Inbound, Request
from connectors.registry import load
from connectors.signatures import hmac_sha256
from schemas.config import Destination, Source
from tests.conformance.payloads.recorded import beside, recorded
from tests.contract.connector_driving import played
from tests.contract.connector_suite import ADA, SECRET

SINK = Destination(connector="webhook", base_url="https://sink.example")


def vector(vendor: str) -> dict[str, Any]:
    """The published vector of a vendor."""
    found = recorded("signature_vectors.json")["vectors"]
    return next(one for one in found if one["vendor"] == vendor)


def source(connector: str) -> Source:
    return Source(connector=connector, base_url="https://vendor.example")


def inbound(headers: Mapping[str, str], body: str, url: str = "https://hub.example") -> Inbound:
    return Inbound("POST", url, {}, headers, body.encode())


@beside
def test_shopify_signs_the_body() -> None:
    given = vector("shopify")
    request = inbound({"x-shopify-hmac-sha256": given["expected"]}, given["body"])
    verify, secret = load("shopify").verify, {"secret": given["secret"]}
    assert verify(source("shopify"), secret, request, datetime.now(UTC)) is None
    forged = replace(request, body=request.body + b"x")
    assert verify(source("shopify"), secret, forged, datetime.now(UTC)) is not None


@beside
def test_hubspot_signs_method_url_body_and_time() -> None:
    given = vector("hubspot")
    headers = {
        "x-hubspot-signature-v3": given["expected"],
        "x-hubspot-request-timestamp": given["timestamp"],
    }
    request = inbound(headers, given["body"], given["url"])
    at = datetime.fromtimestamp(int(given["timestamp"]) / 1000, UTC)
    verify, secret = load("hubspot").verify, {"secret": given["secret"]}
    assert verify(source("hubspot"), secret, request, at) is None
    late = verify(source("hubspot"), secret, request, at + timedelta(minutes=6))
    assert late is not None
    assert "five minutes" in late.reason
    elsewhere = replace(request, url=given["url"] + "?x=1")
    assert verify(source("hubspot"), secret, elsewhere, at) is not None


@beside
def test_zendesk_signs_time_then_body_with_the_secret_as_it_is_written() -> None:
    """The published vector has the former order; it shows that the secret is the key as it is."""
    given = vector("zendesk")
    body, stamp = given["body"].encode(), given["timestamp"].encode()
    assert hmac_sha256(given["secret"], body + stamp) == given["expected"]
    headers = {
        "x-zendesk-webhook-signature": hmac_sha256(given["secret"], stamp + body),
        "x-zendesk-webhook-signature-timestamp": given["timestamp"],
    }
    at = datetime.fromisoformat(given["timestamp"])
    verify, secret = load("zendesk").verify, {"secret": given["secret"]}
    assert headers["x-zendesk-webhook-signature"] in given["use"]
    assert verify(source("zendesk"), secret, inbound(headers, given["body"]), at) is None
    former = {**headers, "x-zendesk-webhook-signature": given["expected"]}
    assert verify(source("zendesk"), secret, inbound(former, given["body"]), at) is not None


@beside
def test_standard_webhooks_sign_id_time_and_body() -> None:
    given = vector("standard-webhooks")
    request = Request(
        "POST", "", body=given["body"].encode(), headers={"webhook-id": given["msg_id"]}
    )
    at = datetime.fromtimestamp(given["timestamp"], UTC)
    signed = load("webhook").sign({"secret": given["secret"]}, request, at)
    assert signed["webhook-signature"] == given["expected"]
    assert signed["webhook-signature"] != given["negative"].split()[0]


@pytest.mark.parametrize("verb", ["push", "opt_out", "erase"])
@pytest.mark.parametrize("which", ["secret", "previous"])
def test_the_library_accepts_what_we_send_with_either_secret(verb: str, which: str) -> None:
    webhook = load("webhook")
    (request,), _ = played(getattr(webhook, verb)(SINK, ADA))
    signed = webhook.sign(SECRET, request, datetime.now(UTC))
    said = Webhook(SECRET[which]).verify(request.body or b"", {**request.headers, **signed})
    assert said["type"].startswith("customer.")
    assert said["data"]["customer"] == "cust_1"
