"""Webhooks are signed as the vendors sign them: by published vectors and independent verifiers."""

import hmac
import json
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks import Webhook

from connectors import registry
from connectors.contract import Inbound
from local.company.generate import generate
from local.standins import senders
from local.standins.secrets import SECRETS
from local.standins.senders import Signed, Target
from local.standins.traffic import traffic
from schemas.config import Source
from tests.conformance.standins.standins_world import NOW, World

VECTORS = Path(__file__).parents[4] / "shared" / "payloads" / "signature_vectors.json"
HUB = "https://hub.example.com/dev"
TARGETS = {
    name: Target(name, SECRETS[name]["webhook"]["secret"], NOW, HUB)
    for name in ("shopify-eu", "mailchimp", "zendesk", "hubspot")
}


def inbound(signed: Signed) -> Inbound:
    url = urlsplit(f"https://hub.example.com{signed.path}")
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    return Inbound(signed.method, url.geturl(), query, signed.headers, signed.body)


def refused(source: str, signed: Signed, now: datetime = NOW) -> bool:
    connector = registry.load(source.partition("-")[0])
    system = Source(connector="x", base_url="http://x")
    return connector.verify(system, SECRETS[source]["webhook"], inbound(signed), now) is not None


def one_of_each() -> dict[str, Signed]:
    sent = traffic(generate(NOW), TARGETS)
    return {one.source: one.request for one in reversed(sent) if one.fate == "accepted"}


@pytest.mark.parametrize("source", ["shopify-eu", "mailchimp", "zendesk", "hubspot"])
def test_a_genuine_webhook_passes_and_a_forged_one_does_not(source: str) -> None:
    signed = one_of_each()[source]
    assert not refused(source, signed)
    assert refused(source, senders.forged(signed))


@pytest.mark.parametrize("source", ["shopify-eu", "zendesk", "hubspot"])
def test_a_signature_does_not_fit_another_body(source: str) -> None:
    assert refused(source, senders.tampered(one_of_each()[source]))


def test_the_demo_sends_forty(world: World) -> None:
    sent = traffic(world.company, TARGETS)
    assert Counter(one.fate for one in sent) == {"accepted": 38, "refused": 1, "repeated": 1}
    assert all(refused(one.source, one.request) == (one.fate == "refused") for one in sent)
    assert sent[-1].request == sent[0].request


def test_each_genuine_webhook_is_understood(world: World) -> None:
    system = Source(connector="x", base_url="http://x")
    for source, request, fate in traffic(world.company, TARGETS):
        connector = registry.load(source.partition("-")[0])
        delivery = connector.parse(system, inbound(request))
        assert delivery.records or delivery.fetch, (source, fate)
        for kind, record in delivery.records:
            connector.normalise(source, system, kind, record)


def test_mailchimps_check_of_the_address_is_a_get() -> None:
    target = Target("mailchimp", SECRETS["mailchimp"]["webhook"]["secret"], NOW)
    assert senders.mailchimp_check(target).method == "GET"
    assert not refused("mailchimp", senders.mailchimp_check(target))


def standard(now: datetime) -> Signed:
    secret = SECRETS["webhook-sink"]["webhook"]["secret"]
    return senders.standard(Target("webhook-sink", secret, now), "customer.changed", {"id": "1"})


def test_the_reference_library_verifies_what_we_send() -> None:
    signed = standard(datetime.now(UTC))
    secret = SECRETS["webhook-sink"]["webhook"]["secret"]
    assert Webhook(secret).verify(signed.body, signed.headers)["data"] == {"id": "1"}


def test_the_sink_remembers_a_message_once(world: World) -> None:
    signed = standard(NOW)
    for one in (signed, signed, senders.forged(signed), senders.tampered(signed)):
        world.http.post("/webhook-sink/customers", content=one.body, headers=one.headers)
    codes = [entry["status"] for entry in world.writes("webhook-sink")]
    assert codes == [204, 204, 401, 401]
    (kept,) = world.http.get("/webhook-sink/").json()["received"]
    assert (kept["id"], kept["count"]) == (signed.headers["webhook-id"], 2)


def test_the_sink_refuses_what_is_old(world: World) -> None:
    signed = standard(NOW)
    world.pass_time(301)
    said = world.http.post("/webhook-sink/", content=signed.body, headers=signed.headers)
    assert said.status_code == 401


def vectors() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text())["vectors"] if VECTORS.exists() else []


@pytest.mark.skipif(not VECTORS.exists(), reason="the recorded payloads are not here")
def test_hubspots_published_vector_is_what_the_sender_computes() -> None:
    (vector,) = (one for one in vectors() if one["vendor"] == "hubspot")
    text = f"POST{vector['url']}{vector['body']}{vector['timestamp']}"
    made = hmac.new(vector["secret"].encode(), text.encode(), sha256).digest()
    assert b64encode(made).decode() == vector["expected"]


def test_hubspot_signs_the_url_that_the_receiver_has() -> None:
    target = Target("hubspot", "key", NOW, HUB)
    signed = senders.hubspot(target, [{"subscriptionType": "contact.creation", "objectId": 1}])
    stamp = signed.headers["x-hubspot-request-timestamp"]
    text = b"POST" + f"{HUB}/webhooks/hubspot".encode() + signed.body + stamp.encode()
    expected = b64encode(hmac.new(b"key", text, sha256).digest()).decode()
    assert signed.headers["x-hubspot-signature-v3"] == expected
    assert signed.path == "/dev/webhooks/hubspot"
