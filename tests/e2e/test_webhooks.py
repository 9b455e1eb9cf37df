"""Webhooks, right and wrong: what is accepted is on the graph, what is not leaves no trace."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.table import Item, Key
from local.company.model import Company
from local.standins import senders, shopify_rest
from local.standins.secrets import SECRETS
from local.standins.senders import Signed, Target
from rules import keys
from rules.resolution_items import subject_key
from schemas.identifiers import Subject
from tests.e2e.conftest import Travelled
from tests.e2e.hub import Hub, Reply
from tests.e2e.standins import Standins
from tests.e2e.tap import Tap
from tests.e2e.waiting import until

Maker = Callable[[Hub, Company], Signed]
PAUL: dict[str, Any] = {
    "id": 990_001,
    "admin_graphql_api_id": "gid://shopify/Customer/990001",
    "email": "paul.newcomer@example.com",
    "first_name": "Paul",
    "last_name": "Newcomer",
    "phone": "+12025550190",
    "created_at": "2026-11-20T10:00:00Z",
    "updated_at": "2026-11-21T10:00:00Z",
}


def target(hub: Hub, source: str) -> Target:
    return Target(source, SECRETS[source]["webhook"]["secret"], datetime.now(UTC), hub.base_url)


def a_customer(hub: Hub, _company: Company | None = None) -> Signed:
    return senders.shopify(target(hub, "shopify-eu"), "customers/create", PAUL)


def a_profile(hub: Hub, company: Company) -> Signed:
    member = next(m for m in company.mailchimp.members if m["status"] == "subscribed")
    form = {"id": "x", "list_id": member["list_id"], "email": member["email_address"]}
    return senders.mailchimp(target(hub, "mailchimp"), "profile", form)


def a_user(hub: Hub, company: Company) -> Signed:
    return senders.zendesk(target(hub, "zendesk"), "user.created", company.zendesk.users[0])


def a_contact(hub: Hub, company: Company) -> Signed:
    contact = company.hubspot.contacts[0]
    change = {"subscriptionType": "contact.creation", "objectId": int(contact["id"])}
    return senders.hubspot(target(hub, "hubspot"), [change])


GENUINE: dict[str, Maker] = {
    "shopify-eu": a_customer,
    "mailchimp": a_profile,
    "zendesk": a_user,
    "hubspot": a_contact,
}


def everything(hub: Hub) -> tuple[dict[Key, Item], dict[Key, Item]]:
    """Both tables, without the rows that time moves by itself (schedules, the read log)."""
    moving = ("SRC#", "L#read#", "ASKED#")
    graph = {k: v for k, v in hub.rows().items() if not k.pk.startswith(moving)}
    return graph, hub.rows("JournalTable")


@pytest.fixture
def calm(hub: Hub, journey: Travelled) -> Hub:
    """Nothing is under way."""
    hub.settle()
    return hub


@pytest.mark.parametrize("source", GENUINE)
def test_a_genuine_webhook_is_durable_before_it_is_answered(
    hub: Hub, journey: Travelled, inbound: Tap, standins: Standins, source: str
) -> None:
    before = len(inbound.bodies())
    reply = hub.send(GENUINE[source](hub, standins.company))
    assert reply.status == 200, reply.body
    assert reply.body["accepted"] >= 1
    assert reply.body["set_aside"] == 0
    until(lambda: len(inbound.bodies()) > before, "the event is on the bus", 10)


def test_who_signs_up_by_webhook_is_a_customer(hub: Hub, journey: Travelled) -> None:
    hub.send(a_customer(hub))

    def found() -> str | None:
        reply = hub.call("GET", "/v1/context?email=" + PAUL["email"], as_agent(hub))
        return reply.body["customer"]["name"] if reply.status == 200 else None

    assert until(found, "Paul is known") == "Paul Newcomer"


def test_a_replayed_webhook_is_accepted_and_changes_nothing(calm: Hub) -> None:
    hub = calm
    assert hub.send(a_customer(hub)).status == 200
    before = hub.settle()
    for _ in range(3):
        assert hub.send(a_customer(hub)).status == 200
    assert _people(hub.settle()) == _people(before)


def _people(rows: dict[Key, Item]) -> dict[Key, Item]:
    """All that is known about customers; tallies and the read log aside."""
    return {k: v for k, v in rows.items() if k.pk[:2] in {"S#", "I#", "G#", "C#"}}


def test_a_webhook_without_the_right_signature_is_refused_and_leaves_nothing(
    calm: Hub, inbound: Tap, standins: Standins
) -> None:
    before, heard = everything(calm), inbound.bodies()
    for make in GENUINE.values():
        genuine = make(calm, standins.company)
        for wrong in (senders.forged(genuine), unsigned(genuine)):
            assert_problem(calm.send(wrong), 401)
    assert everything(calm) == before
    assert inbound.bodies() == heard


@pytest.mark.parametrize("source", ["shopify-eu", "zendesk", "hubspot"])
def test_a_signature_over_another_body_is_refused(
    hub: Hub, journey: Travelled, standins: Standins, source: str
) -> None:
    assert_problem(hub.send(senders.tampered(GENUINE[source](hub, standins.company))), 401)


def unsigned(signed: Signed) -> Signed:
    """The same without any sign of who it is from."""
    headers = {
        name: value
        for name, value in signed.headers.items()
        if not name.endswith(("hmac-sha256", "signature", "signature-v3"))
    }
    return signed._replace(path=signed.path.partition("?")[0], headers=headers)


@pytest.mark.parametrize("source", ["zendesk", "hubspot"])
def test_a_genuine_webhook_of_ten_minutes_ago_is_refused(
    hub: Hub, journey: Travelled, standins: Standins, source: str
) -> None:
    then = datetime.fromtimestamp(datetime.now(UTC).timestamp() - 600, UTC)
    old = senders.of_another_time(target(hub, source), then)
    user = standins.company.zendesk.users[0]
    change = {"subscriptionType": "contact.creation", "objectId": 1}
    signed = (
        senders.zendesk(old, "user.created", user)
        if source == "zendesk"
        else senders.hubspot(old, [change])
    )
    assert_problem(hub.send(signed), 401)


def test_an_unknown_source_is_not_found(hub: Hub, journey: Travelled) -> None:
    signed = a_customer(hub)
    assert_problem(hub.send(signed._replace(path="/webhooks/shopify-mars")), 404)


def test_a_body_that_is_too_large_is_refused(hub: Hub, journey: Travelled) -> None:
    note = PAUL | {"note": "n" * 300_000}
    large = senders.shopify(target(hub, "shopify-eu"), "customers/create", note)
    assert_problem(hub.send(large), 413)


def test_a_signed_body_that_is_no_json_is_refused(hub: Hub, journey: Travelled) -> None:
    signed = senders.zendesk_body(target(hub, "zendesk"), b"<user>Paul</user>")
    assert_problem(hub.send(signed), 400)


def test_another_content_type_is_refused(hub: Hub, journey: Travelled) -> None:
    signed = a_customer(hub)
    plain = signed._replace(headers=signed.headers | {"content-type": "text/plain"})
    assert_problem(hub.send(plain), 415)


def test_what_is_genuine_but_of_no_use_is_set_aside_with_its_reason(
    hub: Hub, journey: Travelled
) -> None:
    useless = {"id": None, "email": ["not", "an", "address"], "updated_at": "yesterday"}
    signed = senders.shopify(target(hub, "shopify-eu"), "customers/update", useless)
    reply = hub.send(signed)
    assert (reply.status, reply.body) == (200, {"accepted": 0, "set_aside": 1})
    told = hub.source("shopify-eu")
    assert told["set_aside"] >= 1
    assert told["set_aside_because"]
    aside = hub.api.get("operator", "/v1/quarantine", {"limit": "100"})["items"]
    assert any(each["source"] == "shopify-eu" and each["reason"] for each in aside)


def test_mailchimps_check_of_the_address_is_answered(hub: Hub, journey: Travelled) -> None:
    check = senders.mailchimp_check(target(hub, "mailchimp"))
    assert hub.send(check).status == 200
    assert_problem(hub.send(senders.forged(check)), 401)


def test_an_order_moves_the_total_once_however_often_it_is_sent(
    calm: Hub, standins: Standins
) -> None:
    hub = calm
    shop = standins.company.shops["shopify-eu"]
    order = next(each for each in shop.orders if each["customer"])
    buyer = next(each for each in shop.customers if each["id"] == order["customer"]["id"])
    s = keys.of_subject(
        hub.pepper,
        Subject(source="shopify-eu", object="customer", id=buyer["id"].rsplit("/", 1)[1]),
    )
    before = hub.rows()[subject_key(s)]
    body = shopify_rest.order(order, buyer)
    for _ in range(2):
        sent = senders.shopify(target(hub, "shopify-eu"), "orders/updated", body)
        assert hub.send(sent).status == 200
    after = hub.settle()[subject_key(s)]
    assert {k: v for k, v in after.items() if k[:2] in {"n#", "m#"}} == {
        k: v for k, v in before.items() if k[:2] in {"n#", "m#"}
    }


def test_the_api_wants_a_token_and_the_right_role(hub: Hub, journey: Travelled) -> None:
    assert hub.call("GET", "/v1/status", {}).status == 401
    assert_problem(hub.call("GET", "/v1/status", as_agent(hub)), 403)


def as_agent(hub: Hub) -> dict[str, str]:
    return {"authorization": f"Bearer {hub.api.token('agent')}"}


def assert_problem(reply: Reply, status: int) -> None:
    """A problem document of RFC 9457 that says what to do."""
    assert reply.status == status, reply.body
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["status"] == status
    assert reply.body["detail"]
    assert "@" not in json.dumps(reply.body)
