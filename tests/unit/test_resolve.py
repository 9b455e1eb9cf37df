"""The queue's batches: what is done, what stays, what is set aside."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from adapters import bus
from adapters.aws import ServiceError
from events.inbound import RecordObserved
from functions import resolve, wiring
from rules.keys import Pepper
from rules.resolution import Report
from rules.resolution_case import Received
from schemas.errors import Misconfigured, RetryLater
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Observation, Record
from schemas.policy import IdentifierRule, IdentityRules
from schemas.settings import Settings
from tests.fakes.table import FakeTable

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RULES = IdentityRules(types={"email": IdentifierRule(level=1)})


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTable]:
    table, journal = FakeTable(), FakeTable(name="journal")
    settings = Settings(stage="test", function="resolve")
    for cached in (wiring.logger, wiring.metrics):
        cached.cache_clear()
    monkeypatch.setattr(wiring, "settings", lambda: settings)
    monkeypatch.setattr(wiring, "graph", lambda: table)
    monkeypatch.setattr(wiring, "journal", lambda: journal)
    monkeypatch.setattr(wiring, "pepper", lambda: Pepper(b"for tests"))
    monkeypatch.setattr(wiring, "policy", lambda: ("1", SimpleNamespace(identity=RULES)))
    yield table
    for cached in (wiring.logger, wiring.metrics):
        cached.cache_clear()


def message(id_: str, *emails: str, occurred_at: datetime = NOW) -> dict[str, str]:
    observation = Observation(
        subject=Subject(source="shop", object="customer", id=id_),
        record=Record(kind="customer", id=id_, version="1", occurred_at=occurred_at),
        claims=tuple(Claim(identifier=Identifier(type="email", value=e)) for e in emails),
    )
    event = bus.envelope(RecordObserved(observation=observation), source="shop", id=id_, time=NOW)
    return {"messageId": id_, "body": json.dumps({"detail": json.loads(event.model_dump_json())})}


def failures(*messages: dict[str, str]) -> list[str]:
    answer: dict[str, Any] = resolve.handler({"Records": list(messages)})
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def keys(table: FakeTable, begins: str) -> set[str]:
    return {key.pk for key in table.store.rows if key.pk.startswith(begins)}


def test_a_batch_becomes_part_of_the_graph_and_again_changes_nothing(graph: FakeTable) -> None:
    batch = message("1", "ada@example.com"), message("2", "ada@example.com")
    assert failures(*batch) == []
    assert len(keys(graph, "S#")) == 2
    assert len(keys(graph, "I#")) == 1
    before = dict(graph.store.rows)
    assert failures(*batch) == []
    assert graph.store.rows == before


def test_an_event_says_whether_its_record_can_move_and_an_older_one_that_it_cannot() -> None:
    body = json.loads(message("1")["body"])
    assert not resolve.read(json.dumps(body)).movable
    body["detail"]["data"]["movable"] = True
    assert resolve.read(json.dumps(body)).movable
    del body["detail"]["data"]["movable"]
    assert not resolve.read(json.dumps(body)).movable


def test_what_is_no_event_stays_for_the_dead_letter_queue_alone(graph: FakeTable) -> None:
    broken = {"messageId": "broken", "body": "{"}
    other = {"messageId": "other", "body": '{"detail": {"specversion": "1.0"}}'}
    assert failures(broken, message("1", "ada@example.com"), other) == ["broken", "other"]
    assert len(keys(graph, "S#")) == 1


@pytest.mark.parametrize(
    "body", ["", "null", '{"detail": null}', '{"detail": "\ud800"}', "[" * 100_000]
)
def test_a_body_however_broken_keeps_no_other_back(graph: FakeTable, body: str) -> None:
    broken = {"messageId": "broken", "body": body}
    assert failures(broken, message("1", "ada@example.com")) == ["broken"]
    assert len(keys(graph, "S#")) == 1


def test_what_can_never_be_resolved_is_set_aside_with_its_reason(graph: FakeTable) -> None:
    future = datetime(2031, 1, 1, tzinfo=UTC)
    assert failures(message("1", occurred_at=future), message("2", "ada@example.com")) == []
    (row,) = (row for key, row in graph.store.rows.items() if key.pk == "Q#shop")
    assert "occurred in the future" in str(row["reason"])
    assert len(keys(graph, "S#")) == 1


def test_a_store_that_cannot_now_leaves_all_on_the_queue(
    graph: FakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise RetryLater("throttled")

    monkeypatch.setattr(type(graph), "get_many", refuse)
    assert failures(message("1", "ada@example.com"), message("2")) == ["1", "2"]


def test_one_that_breaks_the_resolver_stays_alone(
    graph: FakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = resolve.resolve_batch

    def breaking(batch: Sequence[Received]) -> Report:
        if any(each.observation.subject.id == "2" for each in batch):
            raise ServiceError("ValidationException", {})
        return whole(batch)

    monkeypatch.setattr(resolve, "resolve_batch", breaking)
    batch = [message(n, f"{n}@example.com") for n in "123"]
    assert failures(*batch) == ["2"]
    assert len(keys(graph, "S#")) == 2


def test_what_a_person_must_change_is_no_fault_of_a_record(
    graph: FakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unset(_batch: Sequence[Received]) -> Report:
        raise Misconfigured("no policy is adopted")

    monkeypatch.setattr(resolve, "resolve_batch", unset)
    with pytest.raises(Misconfigured):
        failures(message("1", "ada@example.com"))
    assert not graph.store.rows
