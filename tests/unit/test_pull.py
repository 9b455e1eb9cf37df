"""Requests to read a source: what cannot be read now comes back in time."""

import json
import logging
from typing import Any

import pytest

from functions import pull, wiring
from schemas.errors import Misconfigured, RetryLater, SluiceError


def asked(attempt: int = 1) -> dict[str, Any]:
    return {
        "messageId": "m0",
        "body": json.dumps({}),
        "receiptHandle": "r0",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:1:sluice-test-pull-shop",
        "attributes": {"ApproximateReceiveCount": str(attempt)},
    }


class Queue:
    """Remembers for how long each message was hidden."""

    endpoint = ""

    def __init__(self) -> None:
        self.hidden: list[int] = []

    def call(self, _service: str, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert operation == "ChangeMessageVisibility"
        self.hidden.append(payload["VisibilityTimeout"])
        return {}


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    monkeypatch.setattr(wiring, "aws", lambda: made)
    monkeypatch.setattr(wiring, "jitter", lambda: 0.5)
    monkeypatch.setattr(wiring, "flush", lambda: None)
    monkeypatch.setattr(wiring, "logger", lambda: logging.getLogger("pull"))
    return made


def failing(monkeypatch: pytest.MonkeyPatch, error: SluiceError) -> None:
    def read(_message: object, _context: object) -> None:
        raise error

    monkeypatch.setattr(pull, "_read", read)


def test_a_vendor_that_is_down_is_asked_again_soon_and_then_ever_less_often(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, RetryLater("shop: status 500"))
    for attempt in (1, 2, 3):
        found = pull.handler({"Records": [asked(attempt)]}, None)
        assert found == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert queue.hidden == sorted(queue.hidden)
    assert queue.hidden[0] <= 60


def test_a_vendor_that_asks_for_time_gets_it(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, RetryLater("shop: throttled", 600.0))
    pull.handler({"Records": [asked()]}, None)
    assert 600 <= queue.hidden[0] < 660


def test_what_a_person_must_change_is_left_to_the_queues_own_time(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, Misconfigured("the shop's secret is missing"))
    found = pull.handler({"Records": [asked()]}, None)
    assert found["batchItemFailures"]
    assert not queue.hidden


def test_one_that_was_read_is_done_with(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_read", lambda *_: None)
    assert pull.handler({"Records": [asked()]}, None) == {"batchItemFailures": []}
    assert not queue.hidden
