"""What people ask of a running hub: who somebody is, what flows, why something was not sent."""

import io
import json
from datetime import UTC, datetime

import pytest

from cli.api import Json, path
from cli.arguments import parser
from cli.failure import Failure
from cli.session import Session
from rules import listing
from tests.e2e.conftest import Travelled
from tests.e2e.hub import Hub, islands, profiles
from tests.e2e.standins import Standins

ADA_PHONE = "+12025550143"


@pytest.fixture(scope="module")
def ada(hub: Hub, journey: Travelled) -> Json:
    return hub.api.get("agent", path("context"), {"phone": ADA_PHONE})


def typed(hub: Hub, line: str) -> str:
    """What a command line answers."""
    given = parser().parse_args(line.split())
    out = io.StringIO()
    session = Session(
        hub.api, "local", given.json, out, io.StringIO(),
        pause=lambda _: None, clock=lambda: 0.0, key=lambda: "typed",
        now=lambda: datetime.now(UTC),
    )  # fmt: skip
    assert given.run(session, given) == 0
    return out.getvalue()


def test_status_counts_what_the_graph_holds(hub: Hub, journey: Travelled) -> None:
    status = hub.api.get("operator", path("status"))
    alive = profiles(hub.rows())
    assert status["customers"] == len(alive)
    assert status["subjects"] == sum(len(each.subjects) for each in alive.values())
    assert status["reviews"] == sum(len(each.reviews) for each in islands(hub.rows()))
    for source in status["sources"]:
        assert source["pulled"] > 0
        assert source["webhooks"] > 0


def test_an_agent_finds_the_caller_with_the_history_of_every_system(ada: Json) -> None:
    assert len(ada["customer"]["sources"]) == 4
    assert {each["source"] for each in ada["history"]} >= {"shopify-eu", "zendesk", "mailchimp"}
    assert ada["bought"]
    assert {each["reason"] for each in ada["purposes"]} >= {"basis"}


def test_every_identifier_of_a_customer_means_the_same_one(hub: Hub, ada: Json) -> None:
    for known in ada["customer"]["identifiers"]:
        found = hub.api.get("agent", path("context"), {known["type"]: known["value"]})
        assert found["customer"]["id"] == ada["customer"]["id"]
    by_id = hub.api.get("agent", path("customers", ada["customer"]["id"]))
    assert by_id["customer"] == ada["customer"]


def test_a_long_history_comes_in_pages_without_gaps(hub: Hub, ada: Json) -> None:
    query = {"phone": ADA_PHONE, "limit": "3"}
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = hub.api.get("agent", path("context"), {**query, "cursor": cursor})
        seen += [each["record"] for each in page["history"]]
        cursor = page.get("next")
    whole = hub.api.get("agent", path("context"), {"phone": ADA_PHONE, "limit": "100"})
    assert seen == [each["record"] for each in whole["history"]]


def test_each_read_is_written_down_and_says_nothing_personal(hub: Hub, ada: Json) -> None:
    reads = listing.partitions(listing.READS)
    rows = [row for key, row in hub.rows().items() if key.pk in reads]
    assert any(row["customers"] == ada["customer"]["id"] for row in rows)
    assert not any(ADA_PHONE in str(row) or "@" in str(row) for row in rows)


def test_a_role_sees_what_it_is_cleared_for_and_nothing_else(hub: Hub, ada: Json) -> None:
    with pytest.raises(Failure, match="403"):
        hub.api.get("agent", path("status"))
    with pytest.raises(Failure, match="403"):
        hub.api.get("operator", path("context"), {"phone": ADA_PHONE})
    with pytest.raises(Failure, match="customer_care"):
        hub.api.get("agent", path("context"), {"phone": ADA_PHONE, "purpose": "email_marketing"})
    assert hub.call("GET", path("status"), {}).status == 401
    assert hub.call("GET", path("status"), {"Authorization": "Bearer a.b.c"}).status == 401


def test_a_problem_is_a_problem_document(hub: Hub, journey: Travelled) -> None:
    token = {"Authorization": f"Bearer {hub.api.token('agent')}"}
    reply = hub.call("GET", path("context") + "?phone=12", token)
    assert reply.status == 400
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body["status"] == 400


def test_the_same_sync_is_asked_for_once(hub: Hub, journey: Travelled) -> None:
    sync = path("sources", "zendesk", "sync")
    assert hub.api.post("operator", sync, "once") == hub.api.post("operator", sync, "once")


def test_the_page_of_those_who_share_a_phone_chooses_nobody(
    hub: Hub, journey: Travelled, standins: Standins
) -> None:
    phone = standins.company.stories["ben"]["phone"]
    assert "none is chosen for you" in typed(hub, f"customer show --phone {phone}")


def test_the_stories_can_be_told_from_the_terminal(
    hub: Hub, journey: Travelled, standins: Standins
) -> None:
    assert "EUR 1,240.00 in 9 orders" in typed(hub, f"customer show --phone {ADA_PHONE}")
    dora = standins.company.stories["dora"]["email"]
    assert "opted out" in typed(hub, f"why --customer {dora} --destination mailchimp")
    assert "pairs kept apart" in typed(hub, "status")
    assert {each["name"] for each in json.loads(typed(hub, "source list --json"))["items"]} == set(
        hub.stage.config.sources
    )
