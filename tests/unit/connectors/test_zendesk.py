"""Zendesk: exports that outlive their end, calls without an end, callers as users, webhooks."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import new
from typing import Any

import pytest

from connectors.contract import Inbound, Json, Request, Response
from connectors.registry import load
from schemas.config import Source
from schemas.errors import BadRecord, RetryLater
from schemas.observation import Observation
from tests.contract.connector_driving import answer, pages

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
ZENDESK = load("zendesk")
SYSTEM = Source(
    connector="zendesk",
    base_url="https://lumen.example",
    settings={"country": "US", "external_id": "shop:customer"},
)
USER: dict[str, Any] = {
    "id": 7,
    "name": "Ada Lovelace",
    "email": "Ada@example.com",
    "phone": "(202) 555-0143",
    "shared_phone_number": False,
    "external_id": "42",
    "role": "end-user",
    "active": True,
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-10-01T00:00:00Z",
}
CALL: dict[str, Any] = {
    "id": 3,
    "customer_id": 7,
    "phone_number": "+12025550100",
    "direction": "inbound",
    "duration": 120,
    "completion_status": "completed",
    "created_at": "2026-10-01T00:00:00Z",
    "updated_at": "2026-10-01T00:02:00Z",
}


def observe(kind: str, record: Json) -> Observation:
    return ZENDESK.normalise("desk", SYSTEM, kind, record)


class Vendor:
    """Answers with these bodies, in order; remembers what was asked."""

    def __init__(self, *bodies: Json) -> None:
        self.bodies, self.asked = list(bodies), list[Request]()

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        return answer(self.bodies.pop(0))


def export(cursor: str | None, *, end: bool, users: int = 1) -> dict[str, Any]:
    found = [{**USER, "id": n} for n in range(users)]
    return {"users": found, "after_cursor": cursor, "end_of_stream": end}


def test_the_cursor_is_followed_to_the_end_and_kept_when_the_end_has_none() -> None:
    vendor = Vendor(export("a", end=False), export("b", end=True))
    read = pages(ZENDESK.pull(SYSTEM, "user", {}, NOW), vendor)
    assert vendor.asked[0].query["start_time"] == "0"
    assert vendor.asked[1].query["cursor"] == "a"
    again = pages(
        ZENDESK.pull(SYSTEM, "user", read[-1].cursor, NOW), Vendor(export(None, end=True, users=0))
    )
    assert read[-1].cursor == again[-1].cursor == {"cursor": "b"}


def test_a_cursor_that_stands_still_before_the_end_is_an_error() -> None:
    with pytest.raises(RetryLater, match="repeats"):
        pages(
            ZENDESK.pull(SYSTEM, "user", {}, NOW),
            Vendor(export("a", end=False), export("a", end=False)),
        )


def test_agents_are_no_customers() -> None:
    body = {**export("a", end=True), "users": [USER, {**USER, "role": "agent"}]}
    (page,) = pages(ZENDESK.pull(SYSTEM, "user", {}, NOW), Vendor(body))
    assert [record["role"] for record in page.records] == ["end-user"]


def test_identities_that_come_along_belong_to_their_user() -> None:
    former = {"user_id": 7, "type": "email", "value": "ada@example.org"}
    other = {"user_id": 8, "type": "email", "value": "ben@example.org"}
    body = {**export("a", end=True), "users": [USER], "identities": [former, other]}
    (page,) = pages(ZENDESK.pull(SYSTEM, "user", {}, NOW), Vendor(body))
    values = {claim.identifier.value for claim in observe("user", page.records[0]).claims}
    assert values == {"ada@example.com", "ada@example.org", "+12025550143", "42"}


def calls(start: int, *ids: int) -> dict[str, Any]:
    link = f"https://elsewhere.example/api/v2/calls.json?start_time={start}&x=1"
    return {"calls": [{**CALL, "id": n} for n in ids], "count": len(ids), "next_page": link}


def test_calls_end_with_a_page_on_which_none_is_new() -> None:
    vendor = Vendor(calls(5, 1, 2), calls(9, 2, 3), calls(9, 3))
    read = pages(ZENDESK.pull(SYSTEM, "call", {}, NOW), vendor)
    assert [len(page.records) for page in read] == [2, 2, 1]
    assert read[-1].cursor == {"start_time": "9", "x": "1"}
    assert {request.path for request in vendor.asked} == {
        "/api/v2/channels/voice/stats/incremental/calls.json"
    }


def test_an_account_without_calls_is_asked_once() -> None:
    (page,) = pages(ZENDESK.pull(SYSTEM, "call", {}, NOW), Vendor(calls(0)))
    assert page.records == ()


def test_a_caller_is_the_user_and_never_our_own_line() -> None:
    found = observe("call", CALL)
    assert found.subject.key == "desk:user:7"
    assert found.claims == ()
    assert found.interaction is not None
    assert found.interaction.title == "Inbound call, 120 s"
    with pytest.raises(BadRecord, match="names nobody"):
        observe("call", {**CALL, "customer_id": None})


def test_a_ticket_by_phone_knows_the_number_that_called() -> None:
    via = {"channel": "voice", "source": {"from": {"phone": "+12025550143"}, "rel": "inbound"}}
    ticket = {"id": 1, "created_at": "2026-10-01T00:00:00Z", "requester_id": 7, "via": via}
    assert [one.identifier.value for one in observe("ticket", ticket).claims] == ["+12025550143"]
    outbound = {**via, "source": {**via["source"], "rel": "outbound"}}  # type: ignore[dict-item]
    assert observe("ticket", {**ticket, "via": outbound}).claims == ()


def test_a_ticket_may_change_its_requester_and_a_call_its_caller() -> None:
    raw = {"id": 1, "created_at": "2026-10-01T00:00:00Z"}
    for kind, who in (("ticket", "requester_id"), ("call", "customer_id")):
        one, two = (observe(kind, {**raw, who: number}) for number in (7, 8))
        assert (one.subject.key, two.subject.key) == ("desk:user:7", "desk:user:8")
        assert one.record == two.record
        assert kind in ZENDESK.SPEC.movable


def test_a_shared_number_identifies_nobody_and_stays_readable() -> None:
    found = observe("user", {**USER, "shared_phone_number": True})
    assert "phone" not in {claim.identifier.type for claim in found.claims}
    assert found.traits["phone"] == "(202) 555-0143"


def test_an_external_id_is_what_the_settings_say_it_is() -> None:
    claims = {one.identifier.type: one.identifier.value for one in observe("user", USER).claims}
    assert claims["shop:customer"] == "42"
    bare = SYSTEM.model_copy(update={"settings": {}})
    found = ZENDESK.normalise("desk", bare, "user", USER)
    assert "shop:customer" not in {claim.identifier.type for claim in found.claims}


def test_a_user_made_inactive_and_a_deleted_ticket_are_deletions() -> None:
    assert observe("user", {**USER, "active": False}).deleted
    ticket = {"id": 1, "created_at": "2026-10-01T00:00:00Z", "requester_id": 7}
    assert observe("ticket", {**ticket, "status": "deleted"}).deleted
    assert not observe("ticket", ticket).deleted


SECRET = {"secret": "invented"}


def webhook(body: Json, at: datetime = NOW) -> Inbound:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = at.isoformat()
    signature = b64encode(new(b"invented", stamp.encode() + raw, sha256).digest()).decode()
    headers = {
        "x-zendesk-webhook-signature": signature,
        "x-zendesk-webhook-signature-timestamp": stamp,
        "x-zendesk-webhook-invocation-id": "invocation",
    }
    return Inbound("POST", "https://hub.example/webhooks/desk", {}, headers, raw)


def event(kind: str, **rest: Json) -> dict[str, Any]:
    return {
        "type": f"zen:event-type:{kind}",
        "id": "event-1",
        "time": "2026-10-02T00:00:00Z",
        "detail": {"id": "7", "created_at": "2026-01-01T00:00:00Z"},
        **rest,
    }


@pytest.mark.parametrize(
    "minutes,genuine", [(0, True), (4, True), (-4, True), (6, False), (-6, False)]
)
def test_a_signature_holds_for_five_minutes_either_way(minutes: int, genuine: bool) -> None:
    request = webhook({}, NOW - timedelta(minutes=minutes))
    assert (ZENDESK.verify(SYSTEM, SECRET, request, NOW) is None) is genuine


@pytest.mark.parametrize(
    "body,fetch",
    [
        (event("user.identity_created"), {"user": ("7",)}),
        (event("ticket.created"), {"ticket": ("7",)}),
        (event("organization.created"), {}),
        ({"ticket_id": 5, "anything": "else"}, {"ticket": ("5",)}),
        ({"hello": "world"}, {}),
        (b"", {}),
    ],
)
def test_webhooks_name_whom_to_fetch(body: Json, fetch: dict[str, tuple[str, ...]]) -> None:
    delivery = ZENDESK.parse(SYSTEM, webhook(body))
    assert delivery.fetch == fetch
    assert delivery.records == ()


def test_a_deleted_user_and_a_merged_one_are_told_at_once() -> None:
    gone = observe(*ZENDESK.parse(SYSTEM, webhook(event("user.deleted"))).records[0])
    assert gone.deleted
    assert gone.record.version == "2026-10-02T00:00:00.000000+00:00"
    merged = ZENDESK.parse(SYSTEM, webhook(event("user.merged", event={"user": {"id": "9"}})))
    found = observe(*merged.records[0])
    assert found.subject.key == "desk:user:9"
    assert [one.key for one in found.merged] == ["desk:user:7"]
    assert merged.fetch == {"user": ("9",)}


def test_a_refresh_keeps_the_new_refresh_token() -> None:
    secret = {"client_id": "i", "client_secret": "s", "refresh_token": "old"}
    request = ZENDESK.token_request(secret)
    assert request is not None
    assert request.json["grant_type"] == "refresh_token"
    said = {"access_token": "t", "expires_in": 7200, "refresh_token": "new"}
    token = ZENDESK.read_token(secret, answer(said))
    assert token.secret == {**secret, "refresh_token": "new"}
    assert ZENDESK.read_token(secret, answer({"access_token": "t"})).secret is None


def test_an_api_token_is_sent_as_basic() -> None:
    headers = ZENDESK.authorise({"email": "agent@example.com", "api_token": "k"}, None)
    assert headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "name", ["Caller +12025550143", "Caller +1 (202) 555-0143", "+12025550143"]
)
def test_what_talk_calls_an_unknown_caller_is_no_name(name: str) -> None:
    raw = {"id": 7, "name": name, "created_at": "2026-11-01T09:00:00Z", "phone": "+12025550143"}
    assert "name" not in ZENDESK.normalise("desk", SYSTEM, "user", raw).traits
