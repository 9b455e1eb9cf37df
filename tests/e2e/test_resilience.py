"""Whatever fails, comes twice or comes in another order: the graph is the same, nothing is lost."""

import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from adapters.table import Key
from local.company.mailchimp import member_hash
from schemas.policy import Policy
from tests.e2e import workers
from tests.e2e.conftest import Travelled
from tests.e2e.hub import Hub
from tests.e2e.standins import Standins
from tests.e2e.waiting import until
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable

KILLS = 3
VISIBILITY = 20
"""Seconds until what a dead worker held is given to another."""


def table(hub: Hub) -> MemoryTable:
    return MemoryTable({key: dict(row) for key, row in hub.rows().items()})


def test_killed_in_the_middle_twice_and_shuffled_it_is_the_same_graph(
    spare: Hub, journey: Travelled, policy: Policy
) -> None:
    """Given all that was observed, each twice, in any order; when resolvers are killed in the
    middle of their batches; then customers, rows and totals are those of the undisturbed stage."""
    spare.empty()
    spare.shorten_visibility("resolve", VISIBILITY)
    messages = [*journey.observed, *journey.observed]
    Random(7).shuffle(messages)
    spare.put("resolve", messages)
    ended = sum(_kill_at_work(spare) for _ in range(KILLS))
    assert ended >= KILLS
    until(lambda: spare.depth("resolve") == (0, 0), "everything is resolved", 300)
    assert spare.depth("resolve-dead") == (0, 0)
    by = policy.identity, spare.pepper
    assert graph_in(table(spare), *by) == graph_in(journey.table, *by)
    assert not broken_promises(table(spare), (), *by)


def _kill_at_work(hub: Hub) -> int:
    """Lets a batch get under way, and ends its worker."""
    before = len(hub.rows())
    until(lambda: hub.depth("resolve")[1] and len(hub.rows()) > before, "a batch is half done")
    return workers.kill(hub.stage.home, "resolve")


@pytest.fixture
def mended(hub: Hub, journey: Travelled, standins: Standins) -> Iterator[Standins]:
    """The stand-ins are whole again afterwards."""
    hub.settle()
    yield standins
    standins.mend()


def cursors(hub: Hub, source: str) -> dict[str, Any]:
    rows = hub.rows()
    return {key.sk: row.get("data") for key, row in rows.items() if key.pk == f"SRC#{source}"}


def trouble(hub: Hub, source: str) -> list[str]:
    return [each["reason"] for each in hub.source(source)["checkpoints"] if each.get("reason")]


def subscriber(standins: Standins, email: str) -> dict[str, Any]:
    """Somebody new in the audience."""
    model = next(m for m in standins.records("mailchimp", "members") if m["status"] == "subscribed")
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    key = member_hash(email)
    return model | {"id": key, "email_address": email, "last_changed": now, "contact_id": key,
                    "unique_email_id": key[:10], "merge_fields": {"FNAME": "New"}}  # fmt: skip


def test_a_vendor_that_is_down_holds_the_checkpoint_until_it_is_back(
    hub: Hub, mended: Standins
) -> None:
    newcomer = "late.comer@example.org"
    mended.put("mailchimp", "members", subscriber(mended, newcomer))
    mended.fault("mailchimp", "500", count=1000, path="/members")
    mended.fault("shopify-eu", "429", count=1000, path="graphql")
    before = {name: cursors(hub, name) for name in ("mailchimp", "shopify-eu")}
    hub.sync(*before)
    for name, cursor in before.items():
        until(lambda name=name: trouble(hub, name), f"{name} tells of its trouble", 90)  # type: ignore[misc]
        assert {k: v for k, v in cursors(hub, name).items() if k != "LEASE"} == {
            k: v for k, v in cursor.items() if k != "LEASE"
        }
    mended.mend()
    for name in before:
        until(lambda name=name: not trouble(hub, name), f"{name} is read to the end", 150)  # type: ignore[misc]
    hub.settle()
    found = hub.api.get("agent", "/v1/context", {"email": newcomer})
    assert found["customer"]["sources"] == ["mailchimp"]


def test_a_request_that_times_out_is_asked_again(hub: Hub, mended: Standins) -> None:
    mended.fault("zendesk", "timeout", seconds=15)
    hub.sync("zendesk")
    until(lambda: _said(mended, "zendesk", "timeout"), "a request timed out", 60)
    hub.settle()
    assert not trouble(hub, "zendesk")


@pytest.mark.parametrize("system", ["shopify-eu", "zendesk"])
def test_an_expired_token_is_renewed(hub: Hub, mended: Standins, system: str) -> None:
    hub.sync(system)
    hub.settle()
    mended.mend()
    mended.fault(system, "expired_token")
    hub.sync(system)
    hub.settle()
    said = [each["status"] for each in mended.requests(system)]
    assert 401 in said
    assert said[-1] == 200
    assert any("token" in each["path"] for each in mended.requests(system))
    assert not trouble(hub, system)


def test_a_broken_record_is_set_aside_and_the_rest_of_its_page_goes_on(
    hub: Hub, mended: Standins
) -> None:
    good = "page.mate@example.org"
    whole = subscriber(mended, good)
    broken = whole | {"id": "", "email_address": ""}
    before = hub.source("mailchimp")["set_aside"]
    mended.put("mailchimp", "members", broken)
    mended.put("mailchimp", "members", whole)
    hub.sync("mailchimp")
    rows = hub.settle()
    aside = [row for key, row in rows.items() if key.pk == "Q#mailchimp"]
    assert any("new" in str(row["data"]).lower() and row["reason"] for row in aside)
    assert hub.source("mailchimp")["set_aside"] > before
    assert hub.api.get("agent", "/v1/context", {"email": good})["customer"]
    assert Key("SRC#mailchimp", "CURSOR#member") in rows


def _said(standins: Standins, system: str, fault: str) -> bool:
    return any(each["fault"] == fault for each in standins.requests(system))
