"""What flows, what is stuck and why; and who may know."""

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters import quarantine, tallies
from adapters.aws import Payload, ServiceError
from adapters.checkpoints import Checkpoints
from adapters.ledger import entry_key, totals
from functions import operate
from rules import keys, listing
from schemas.config import Config
from schemas.decision import Decision, DeliveryRow, Reason
from schemas.errors import BadRecord
from schemas.graph import Review
from schemas.identifiers import Identifier
from schemas.rows import Key
from tests.fakes.graph import NOW, PEPPER, World, called, wire

EMAIL = keys.of_identifier(PEPPER, Identifier(type="email", value="ada@example.com"))


class Queues:
    """SQS with one queue that has something in it."""

    def call(self, service: str, operation: str, payload: Payload) -> dict[str, Any]:
        assert service == "sqs"
        if operation == "GetQueueUrl":
            if "deliver" in payload["QueueName"]:
                raise ServiceError("QueueDoesNotExist", {})
            return {"QueueUrl": f"https://sqs.example.com/1/{payload['QueueName']}"}
        waiting = "3" if payload["QueueUrl"].endswith("pull-shop") else "0"
        counts = (waiting, "1")
        return {"Attributes": dict(zip(payload["AttributeNames"], counts, strict=True))}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    system = {"connector": "shopify", "base_url": "https://shop.example.com"}
    letters = {"connector": "mailchimp", "base_url": "https://letters.example.com"}
    config = Config.model_validate(
        {
            "company": "Lumen & Loom",
            "sources": {"shop": system, "desk": system, "letters": letters},
            "destinations": {"mailchimp": system},
        }
    )
    return wire(monkeypatch, config=config, aws=Queues())


def ask(
    route: str, role: str = "operator", name: str = "", key: str = "", **query: str
) -> tuple[int, dict[str, Any]]:
    reply = operate.handler(
        {
            "routeKey": route,
            "queryStringParameters": query,
            "pathParameters": {"name": name},
            "headers": {"Idempotency-Key": key} if key else {},
            "requestContext": {
                "authorizer": {"jwt": {"claims": {"sub": "u-1", "cognito:groups": f"[{role}]"}}}
            },
        }
    )
    return reply["statusCode"], json.loads(reply["body"])


def delivered(world: World, s: str, outcome: str, reason: Reason, number: int = 1) -> DeliveryRow:
    """A settled delivery, as deliver leaves it."""
    decision = Decision(
        permitted=reason == "granted", reason=reason, purpose="email_marketing", policy="v1",
        decided_at=NOW, evidence=("shop:customer:1@2026",),
    )  # fmt: skip
    row = DeliveryRow.model_validate(
        {
            "destination": "mailchimp", "customer": called([s]), "identifier": EMAIL,
            "version": 1, "decision": decision, "outcome": outcome,
            "at": NOW + timedelta(minutes=number), "number": number,
        }
    )  # fmt: skip
    item = {"data": row.model_dump_json(), "outcome": outcome, "reason": reason}
    world.put(entry_key(row, s), item)
    world.put(listing.place(listing.deliveries("mailchimp"), EMAIL), item)
    return row


def test_given_a_working_hub_then_status_counts_what_is_there(world: World) -> None:
    ada, bea, cem = (world.subject(name) for name in ("ada", "bea", "cem"))
    review = Review(identifier=EMAIL, subjects=frozenset({ada, cem}), reason="unique")
    world.island("g1", 1, [ada, bea], [cem], reviews=(review,))
    world.stream()
    Checkpoints(world.table, "shop").advance("order", {"after": "x"}, 7, NOW)
    tallies.add(world.table, {"webhooks#shop": 2})
    tallies.add(world.table, {"webhooks#shop": 1})
    found = ("order", {"id": 1})
    quarantine.keep(world.table, "shop", found, BadRecord("it names nobody"), NOW)
    delivered(world, ada, "withheld", "no_consent")
    status, body = ask("GET /v1/status")
    assert status == 200
    assert {n: body[n] for n in ("customers", "subjects", "merges", "reviews", "set_aside")} == {
        "customers": 2, "subjects": 3, "merges": 1, "reviews": 1, "set_aside": 1,
    }  # fmt: skip
    shop, desk, _ = body["sources"]
    assert (shop["pulled"], shop["webhooks"], desk["pulled"]) == (7, 3, 0)
    assert shop["set_aside_because"] == {"it names nobody": 1}
    assert shop["checkpoints"][0]["age_seconds"] == 0
    assert shop["queue"]["waiting"] == 3
    (mailchimp,) = body["destinations"]
    assert mailchimp["outcomes"] == {"withheld": 1}
    assert mailchimp["withheld_because"] == {"no_consent": 1}
    assert "queue" not in mailchimp


def test_given_a_source_that_cannot_be_read_then_it_says_why(world: World) -> None:
    Checkpoints(world.table, "shop").failed("order", "shop: 401, connect it again", NOW)
    (checkpoint,) = ask("GET /v1/sources")[1]["items"][0]["checkpoints"]
    assert checkpoint["reason"] == "shop: 401, connect it again"


def test_given_a_sync_then_it_is_asked_for_once_for_each_idempotency_key(world: World) -> None:
    sync = "POST /v1/sources/{name}/sync"
    first = ask(sync, name="shop", key="k1")
    again = ask(sync, name="shop", key="k1")
    other = ask(sync, name="shop", key="k2")
    assert first == again
    assert first[0] == 202
    assert first[1]["request"] != other[1]["request"]
    assert [event.source for event in world.said] == ["sluice.shop", "sluice.shop"]


def test_given_no_such_source_then_404_names_those_there_are(world: World) -> None:
    status, body = ask("POST /v1/sources/{name}/sync", name="shoop")
    assert (status, world.said) == (404, [])
    assert "shop, desk, letters" in body["detail"]


def test_given_a_withheld_delivery_then_why_gives_reason_and_evidence(world: World) -> None:
    ada = world.subject("ada")
    world.island("g1", 1, [ada])
    world.stream()
    delivered(world, ada, "sent", "granted", number=1)
    delivered(world, ada, "withheld", "opted_out", number=2)
    query = {"customer": called([ada]), "destination": "mailchimp"}
    _, body = ask("GET /v1/why", **query)
    assert [each["reason"] for each in body["items"]] == ["opted_out", "granted"]
    assert body["items"][0]["consents"] == ["shop:customer:1@2026"]
    assert body["items"][0]["identifier"] == "email"
    _, first = ask("GET /v1/why", limit="1", **query)
    _, second = ask("GET /v1/why", limit="1", cursor=first["next"], **query)
    assert [p["items"][0]["reason"] for p in (first, second)] == ["opted_out", "granted"]
    assert "next" not in second


def test_given_an_address_that_was_sent_for_another_then_why_says_what_is_known_by_it(
    world: World,
) -> None:
    """After a split the entries stay with the other side, and the state with the address."""
    ada, bea = (
        world.subject("ada", email="ada@example.com"),
        world.subject("bea", email="ada@example.com"),
    )
    world.island("g1", 1, [ada], [bea])
    world.stream()
    delivered(world, ada, "sent", "granted", number=1)
    _, body = ask("GET /v1/why", customer=called([bea]), destination="mailchimp")
    assert body["items"] == []
    (known,) = body["by_address"]
    assert (known["customer"], known["outcome"]) == (called([ada]), "sent")
    assert (known["identifier"], known["consents"]) == ("email", ["shop:customer:1@2026"])
    _, body = ask("GET /v1/why", customer=called([ada]), destination="mailchimp")
    assert ([each["outcome"] for each in body["items"]], body["by_address"]) == (["sent"], [])


def test_given_a_stranger_to_an_address_then_nothing_of_it_is_told(world: World) -> None:
    ada, cem = world.subject("ada", email="ada@example.com"), world.subject("cem")
    world.island("g1", 1, [ada], [cem])
    world.stream()
    delivered(world, ada, "sent", "granted", number=1)
    _, body = ask("GET /v1/why", customer=called([cem]), destination="mailchimp")
    assert (body["items"], body["by_address"]) == ([], [])


@pytest.mark.parametrize("cursor", ["9" * 5000, "9" * 1000, "-1", "1e3"])
def test_given_a_cursor_beyond_any_list_then_it_is_none_of_ours(world: World, cursor: str) -> None:
    ada = world.subject("ada")
    world.island("g1", 1, [ada])
    world.stream()
    query = {"customer": called([ada]), "destination": "mailchimp", "cursor": cursor}
    assert ask("GET /v1/why", **query)[0] == 400


def test_an_id_made_from_an_address_is_shown_to_those_who_may_see_the_address(
    world: World,
) -> None:
    ada = world.subject("ada")
    world.island("g1", 1, [ada])
    world.stream()
    row = delivered(world, ada, "withheld", "opted_out")
    told = (
        "shop:customer:1@2026-11-01", f"letters:member:{'5e' * 16}@2026-11-02",
        "gone:member:ada@example.com@2026-11-03",
    )  # fmt: skip
    said = row.model_copy(update={"decision": row.decision.model_copy(update={"evidence": told})})
    world.put(entry_key(row, ada), {"data": said.model_dump_json()})
    query = {"customer": called([ada]), "destination": "mailchimp"}
    _, body = ask("GET /v1/why", **query)
    assert body["items"][0]["consents"] == [
        "shop:customer:1@2026-11-01", "letters:member@2026-11-02", "gone:member@2026-11-03",
    ]  # fmt: skip
    _, body = ask("GET /v1/why", role="privacy", **query)
    assert body["items"][0]["consents"] == list(told)


def test_given_records_set_aside_then_they_are_paged_without_what_they_say(world: World) -> None:
    for number in range(5):
        found = ("order", {"id": number, "email": "ada@example.com"})
        for source in ("shop", "desk"):
            quarantine.keep(world.table, source, found, BadRecord("it names nobody"), NOW)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        more = {"cursor": cursor} if cursor else {}
        _, body = ask("GET /v1/quarantine", limit="3", **more)
        seen += [f"{each['source']} {each['id']}" for each in body["items"]]
        cursor = body.get("next")
        assert "ada@" not in json.dumps(body)
    assert len(seen) == len(set(seen)) == 10


def test_given_pairs_kept_apart_then_each_names_its_customers(world: World) -> None:
    ben, cem = world.subject("ben"), world.subject("cem")
    review = Review(identifier=EMAIL, subjects=frozenset({ben, cem}), reason="never")
    world.island("g1", 1, [ben], [cem], reviews=(review,))
    world.stream()
    _, body = ask("GET /v1/reviews")
    (found,) = body["items"]
    assert found["customers"] == sorted([called([ben]), called([cem])])
    assert (found["type"], found["reason"]) == ("email", "never")


@pytest.mark.parametrize(
    "route", ["GET /v1/status", "GET /v1/sources", "GET /v1/why", "GET /v1/quarantine",
              "GET /v1/reviews", "POST /v1/sources/{name}/sync"],
)  # fmt: skip
def test_an_agent_may_none_of_it_and_a_privacy_officer_all(world: World, route: str) -> None:
    assert ask(route, role="agent", name="shop")[0] == 403
    assert ask(route, role="privacy", name="shop")[0] in {200, 202, 400}


@pytest.mark.parametrize(
    "route, query, status",
    [
        ("GET /v1/why", {}, 400),
        ("GET /v1/why", {"customer": "c1", "destination": "elsewhere"}, 400),
        ("GET /v1/why", {"customer": "c1", "destination": "mailchimp"}, 404),
        ("GET /v1/quarantine", {"cursor": "elsewhere"}, 400),
        ("GET /v1/why", {"customer": "x" * 3000, "destination": "mailchimp"}, 400),
        ("GET /v1/why", {"customer": "c1" + "x" * 1000, "destination": "mailchimp"}, 404),
        ("GET /v1/quarantine", {"cursor": "99|x"}, 400),
        ("GET /v1/quarantine", {"cursor": "9" * 1000 + "|x"}, 400),
        ("GET /v1/quarantine", {"cursor": "9" * 5000 + "|x"}, 400),
        ("GET /v1/reviews", {"cursor": "0|" + "\u00e9" * 512}, 400),
        ("GET /v1/reviews", {"cursor": "0|" + "z" * 3000}, 400),
        ("GET /v1/reviews", {"cursor": "\u0663|"}, 400),
        ("GET /v1/reviews", {"limit": "9" * 1000}, 400),
        ("GET /v1/quarantine", {"limit": "9" * 5000}, 400),
        ("GET /v1/reviews", {"limit": "1000"}, 400),
        ("GET /v1/nowhere", {}, 404),
    ],
)
def test_a_bad_question_is_answered_with_what_to_ask(
    world: World, route: str, query: dict[str, str], status: int
) -> None:
    found, body = ask(route, **query)
    assert (found, body["status"]) == (status, status)


def test_a_ledger_counts_the_last_state_of_each(world: World) -> None:
    delivered(world, "s1", "sent", "granted", number=1)
    delivered(world, "s1", "withheld", "opted_out", number=2)
    assert totals(world.table, "mailchimp") == {("withheld", "opted_out"): 1}
    assert world.table.get(Key("S#s1", f"D#mailchimp#{EMAIL}#000001"))
