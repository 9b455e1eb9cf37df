"""Any HTTPS endpoint, by Standard Webhooks."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.registry import load
from schemas.config import Destination
from schemas.errors import Misconfigured
from tests.contract.connector_driving import answer, played
from tests.contract.connector_suite import ADA, SECRET

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
WEBHOOK = load("webhook")
SINK = Destination(connector="webhook", base_url="https://sink.example/in")


def test_each_attempt_sends_the_same_bytes_under_the_same_id_with_its_own_time() -> None:
    (first,), _ = played(WEBHOOK.push(SINK, ADA))
    (again,), _ = played(WEBHOOK.push(SINK, ADA))
    assert first == again
    assert first.headers["webhook-id"] == ADA.idempotency_key
    now = WEBHOOK.sign(SECRET, first, NOW)
    later = WEBHOOK.sign(SECRET, first, NOW + timedelta(minutes=1))
    assert now["webhook-timestamp"] != later["webhook-timestamp"]
    assert len(now["webhook-signature"].split()) == 2, "both secrets of a rotation"


def test_the_payload_says_what_when_and_about_whom() -> None:
    (request,), outcome = played(WEBHOOK.push(SINK, ADA))
    said = json.loads(request.body or b"")
    assert set(said) == {"type", "timestamp", "data"}
    assert said["type"] == "customer.updated"
    assert said["timestamp"] == "2026-11-01T09:30:00+00:00"
    assert said["data"]["traits"] == {"first_name": "Ada"}
    assert (outcome.status, outcome.evidence) == ("sent", "200")


@pytest.mark.parametrize("verb,event", [("opt_out", "opted_out"), ("erase", "erased")])
def test_no_traits_leave_when_someone_opts_out_or_is_erased(verb: str, event: str) -> None:
    (request,), _ = played(getattr(WEBHOOK, verb)(SINK, ADA))
    said = json.loads(request.body or b"")
    assert said["type"] == f"customer.{event}"
    assert set(said["data"]) == {"customer", "version", "identifier"}


def test_an_idempotency_key_with_a_dot_cannot_shift_the_signed_text() -> None:
    (request,), _ = played(WEBHOOK.push(SINK, replace(ADA, idempotency_key="a.b c")))
    assert "." not in request.headers["webhook-id"]


def test_twenty_kilobytes_are_too_much() -> None:
    _, outcome = played(WEBHOOK.push(SINK, replace(ADA, facts={"segment": "x" * 20_000})))
    assert outcome.status == "rejected"


def test_an_endpoint_that_is_gone_is_for_a_person() -> None:
    with pytest.raises(Misconfigured, match="410"):
        played(WEBHOOK.push(SINK, ADA), answer({}, status=410))


@pytest.mark.parametrize("url", ["http://sink.example", "http://192.0.2.1"])
def test_only_this_machine_is_reached_without_tls(url: str) -> None:
    with pytest.raises(Misconfigured, match="https"):
        played(WEBHOOK.push(SINK.model_copy(update={"base_url": url}), ADA))
    local = SINK.model_copy(update={"base_url": "http://127.0.0.1:9/sink"})
    assert played(WEBHOOK.push(local, ADA))[1].status == "sent"


@pytest.mark.parametrize("secret", ["whsec_not base64", "whsec_c2hvcnQ=", ""])
def test_a_secret_that_is_none_is_for_a_person(secret: str) -> None:
    (request,), _ = played(WEBHOOK.push(SINK, ADA))
    with pytest.raises(Misconfigured):
        WEBHOOK.sign({"secret": secret}, request, NOW)
