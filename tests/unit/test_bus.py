"""The bus accepts every entry, or the caller hears how many were not."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.credentials import Credentials

from adapters import bus
from adapters.aws import Aws, Payload
from events.inbound import RecordChanged
from schemas.errors import BadRecord, RetryLater

AT = datetime(2026, 3, 1, tzinfo=UTC)
Answer = Callable[[list[dict[str, str]]], list[dict[str, str]]]


class Bus(Aws):
    """Records each call; `answer` gives the verdict of each entry."""

    def __init__(self, answer: Answer) -> None:
        credentials = Credentials("key", "secret")
        super().__init__("eu-west-1", lambda: credentials, lambda _: None, lambda: 0.5)
        self.calls: list[list[dict[str, str]]] = []
        self.answer = answer

    def call(self, service: str, operation: str, payload: Payload) -> dict[str, Any]:
        assert (service, operation) == ("events", "PutEvents")
        self.calls.append(payload["Entries"])
        verdicts = self.answer(payload["Entries"])
        failed = sum("ErrorCode" in verdict for verdict in verdicts)
        return {"FailedEntryCount": failed, "Entries": verdicts}


def accepts(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"EventId": "e"} for _ in entries]


def refuses(entries: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{"ErrorCode": "ThrottlingException"} for _ in entries]


def changed(number: int, *, length: int = 1) -> bus.Event:
    data = RecordChanged(kind="order", ids=("x" * length,))
    return bus.envelope(data, source="shop", id=f"e{number}", time=AT)


def test_an_event_travels_with_its_type_and_its_own_id() -> None:
    entry = bus.entry(changed(1))
    assert entry["Source"] == "sluice.shop"
    assert entry["DetailType"] == "RecordChanged"
    assert '"id":"e1"' in entry["Detail"]
    assert '"type":"sluice.RecordChanged.v1"' in entry["Detail"]


def test_a_repeat_is_the_same_event() -> None:
    assert bus.entry(changed(1)) == bus.entry(changed(1))


def test_ten_entries_go_in_one_call() -> None:
    there = Bus(accepts)
    bus.publish(there, "in", [changed(n) for n in range(23)])
    assert [len(call) for call in there.calls] == [10, 10, 3]


def test_a_call_stays_below_256_kilobytes() -> None:
    there = Bus(accepts)
    bus.publish(there, "in", [changed(n, length=100_000) for n in range(5)])
    assert [len(call) for call in there.calls] == [2, 2, 1]


def test_only_the_refused_entries_are_sent_again() -> None:
    first: list[int] = []

    def refuses_the_second_once(entries: list[dict[str, str]]) -> list[dict[str, str]]:
        first.append(len(entries))
        if len(first) > 1:
            return accepts(entries)
        return [{"EventId": "e"}, {"ErrorCode": "InternalFailure"}, {"EventId": "e"}]

    there = Bus(refuses_the_second_once)
    bus.publish(there, "in", [changed(n) for n in range(3)])
    assert [len(call) for call in there.calls] == [3, 1]
    assert '"id":"e1"' in there.calls[1][0]["Detail"]


def test_entries_refused_to_the_end_are_counted() -> None:
    with pytest.raises(RetryLater, match="refused 2 of 2 events"):
        bus.publish(Bus(refuses), "in", [changed(1), changed(2)])


def test_an_event_too_large_to_travel_is_a_bad_record_and_nothing_is_sent() -> None:
    there = Bus(accepts)
    with pytest.raises(BadRecord, match="200 KB"):
        bus.publish(there, "in", [changed(1), changed(2, length=210_000)])
    assert there.calls == []
