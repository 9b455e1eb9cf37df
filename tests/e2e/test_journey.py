"""Four systems read and their webhooks taken: the customers are what the pure function says."""

import json
from collections import Counter

import pytest

from cli.api import path
from functions.resolve import read
from rules.resolution_items import HEAD, subject_from
from schemas.policy import Policy
from tests.e2e.conftest import Travelled
from tests.e2e.expectation import observations
from tests.e2e.hub import Hub, profiles
from tests.e2e.standins import Standins
from tests.e2e.tap import Tap
from tests.simulator.histories import Graph, expected
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable

SYSTEMS = {"shopify-eu", "mailchimp", "zendesk", "hubspot"}


@pytest.fixture(scope="module")
def promised(hub: Hub, journey: Travelled, policy: Policy) -> Graph:
    """The graph by the pure function, of everything that was observed."""
    return expected(map(read, journey.observed), policy.identity, hub.pepper)


@pytest.fixture(scope="module")
def found(hub: Hub, journey: Travelled, policy: Policy) -> Graph:
    return graph_in(journey.table, policy.identity, hub.pepper)


def test_every_record_of_the_company_was_observed(
    hub: Hub, journey: Travelled, standins: Standins
) -> None:
    seen = {_record(read(body).observation) for body in journey.observed}
    for source, said in observations(standins.company, hub.stage.config).items():
        missing = {_record(each) for each in said} - seen
        assert not missing, f"{source}: {len(missing)} of {len(said)}"


def _record(observation: object) -> tuple[str, str, str]:
    record, subject = observation.record, observation.subject  # type: ignore[attr-defined]
    return subject.source, record.kind, record.id


def test_the_customers_are_those_of_the_pure_function(found: Graph, promised: Graph) -> None:
    assert found.labels == promised.labels


def test_the_pairs_kept_apart_are_those_of_the_pure_function(found: Graph, promised: Graph) -> None:
    assert found.reviews == promised.reviews


def test_every_interaction_is_kept_once_and_every_total_adds_up(
    found: Graph, promised: Graph
) -> None:
    assert found.records == promised.records
    assert found.totals == promised.totals


def test_the_items_agree_with_one_another(hub: Hub, journey: Travelled, policy: Policy) -> None:
    assert not broken_promises(journey.table, (), policy.identity, hub.pepper)


def test_status_counts_what_there_is(hub: Hub, promised: Graph, journey: Travelled) -> None:
    told = hub.api.get("operator", "/v1/status")
    customers = len(set(promised.labels.values()))
    assert told["customers"] == customers
    assert told["subjects"] == len(promised.labels)
    assert told["merges"] == len(promised.labels) - customers
    assert told["reviews"] == len(promised.reviews)
    assert told["set_aside"] == sum(key.pk.startswith("Q#") for key in journey.rows)


def test_ada_is_one_customer_over_four_systems(hub: Hub, journey: Travelled) -> None:
    told = hub.api.get("agent", "/v1/context", {"phone": "+12025550143"})
    assert set(told["customer"]["sources"]) == SYSTEMS
    assert {each["kind"] for each in told["history"]} >= {"order", "call"}
    assert told["bought"]
    assert told["purposes"]


def test_ada_is_the_same_by_her_address_and_by_a_source_id(
    hub: Hub, journey: Travelled, standins: Standins
) -> None:
    ada = standins.company.stories["ada"]
    asked = (
        {"phone": ada["phone"]},
        {"email": ada["email"]},
        {"subject": f"shopify-eu:customer:{ada['shopify-eu']}"},
        {"hubspot:contact": ada["hubspot"]},
    )
    found = [hub.api.get("agent", "/v1/context", query)["customer"]["id"] for query in asked]
    assert len(set(found)) == 1


def test_ben_and_cem_share_a_phone_and_are_two_customers_with_a_review(
    hub: Hub, journey: Travelled, standins: Standins
) -> None:
    ben, cem = (standins.company.stories[name]["email"] for name in ("ben", "cem"))
    ids = {
        hub.api.get("agent", "/v1/context", {"email": email})["customer"]["id"]
        for email in (ben, cem)
    }
    assert len(ids) == 2
    reviews = hub.api.get("operator", "/v1/reviews", {"limit": "100"})["items"]
    between = [each for each in reviews if set(each["customers"]) == ids]
    assert [each["type"] for each in between] == ["phone"]


def test_dora_is_withheld_at_mailchimp_whatever_was_synced_later(
    hub: Hub, journey: Travelled, standins: Standins
) -> None:
    dora = standins.company.stories["dora"]
    who = hub.api.get("agent", "/v1/context", {"email": dora["email"]})["customer"]["id"]
    said = hub.api.get("operator", path("why"), {"customer": who, "destination": "mailchimp"})
    assert {each["permitted"] for each in said["items"]} == {False}
    assert said["items"][0]["reason"] == "opted_out"
    shop = hub.api.get("agent", "/v1/context", {"email": dora["email"]})["purposes"]
    assert not any(each["permitted"] for each in shop if each["purpose"] == "email_marketing")
    (member,) = [
        m for m in standins.records("mailchimp", "members") if m["id"] == dora["mailchimp"]
    ]
    assert member["status"] == "unsubscribed"


def test_nobody_without_a_grant_was_sent_to_mailchimp(hub: Hub, journey: Travelled) -> None:
    rows = [
        json.loads(str(item["data"]))
        for key, item in journey.rows.items()
        if key.pk.startswith("L#delivery#mailchimp#") and "data" in item
    ]
    outcomes = Counter((row["outcome"], row["decision"]["reason"]) for row in rows)
    sent = [reason for outcome, reason in outcomes if outcome == "sent"]
    assert sent == ["granted"], outcomes
    assert outcomes["withheld", "no_consent"] > 0


def test_nothing_left_for_a_destination_in_shadow(
    hub: Hub, journey: Travelled, standins: Standins
) -> None:
    assert standins.requests("webhook-sink") == []
    decided = [key for key in journey.rows if key.pk.startswith("L#delivery#warehouse#")]
    assert decided


def test_whoever_changed_was_announced_by_id(journey: Travelled, outbound: Tap) -> None:
    told = [json.loads(body)["detail"]["data"] for body in outbound.bodies("CustomerChanged")]
    known = {each["customer"] for each in told}
    assert known >= profiles(journey.rows).keys()
    assert all(set(each) == {"customer", "version", "changed"} for each in told)


def test_each_subject_is_on_an_island_as_its_head_says(journey: Travelled) -> None:
    heads = [subject_from(i) for k, i in journey.rows.items() if k.sk == HEAD and k.pk[:2] == "S#"]
    assert all(head.seen for head in heads if head.links)


def test_a_second_sync_changes_no_customer(
    hub: Hub, journey: Travelled, inbound: Tap, policy: Policy
) -> None:
    hub.sync(*hub.stage.config.sources)
    after = hub.settle()
    observed = inbound.bodies("RecordObserved")
    table = MemoryTable({key: dict(row) for key, row in after.items()})
    again = graph_in(table, policy.identity, hub.pepper)
    assert again == expected(map(read, observed), policy.identity, hub.pepper)
