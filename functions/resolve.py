"""Records arrive from the queue, and become part of the graph."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from adapters import quarantine
from events.envelope import CloudEvent
from events.inbound import RecordObserved
from functions import wiring
from rules.resolution import Report, resolve
from rules.resolution_case import Received
from schemas.errors import Misconfigured, RetryLater
from schemas.frozen import Frozen


class Message(Frozen):
    """What EventBridge puts on a queue, as far as it is read."""

    detail: CloudEvent[RecordObserved]


def handler(event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
    """An SQS batch. What cannot be read as an event stays, and ends in the dead-letter queue."""
    before = _consumed()
    received: dict[str, Received] = {}
    failed: dict[str, str] = {}
    for message in event["Records"]:
        try:
            received[message["messageId"]] = read(message["body"])
        except ValidationError:
            failed[message["messageId"]] = "not an event"
    failed |= _attempt(received)
    for name, reason in failed.items():
        wiring.logger().warning("not resolved", extra={"message_id": name, "reason": reason})
    _count(len(received), before)
    wiring.flush()
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def _attempt(received: Mapping[str, Received]) -> dict[str, str]:
    """The whole batch at once; if one of it breaks something, each on its own: what stays, why."""
    try:
        report = resolve_batch(tuple(received.values()))
    except RetryLater as error:
        return dict.fromkeys(received, error.reason)
    except Misconfigured:
        raise
    except Exception as error:  # noqa: BLE001 - one broken record must not hold up all the others
        if len(received) == 1:
            return dict.fromkeys(received, f"broke the resolver: {type(error).__name__}")
        alone = [_attempt({name: each}) for name, each in received.items()]
        return {name: reason for failed in alone for name, reason in failed.items()}
    names = tuple(received)
    _set_aside(report, tuple(received.values()))
    return {names[position]: reason for position, reason in report.later.items()}


def read(body: str) -> Received:
    """The observation that EventBridge put on the queue, and when it was made an event."""
    event = Message.model_validate_json(body).detail
    return Received(event.data.observation, event.time, event.data.movable)


def resolve_batch(batch: Sequence[Received]) -> Report:
    """The batch in the graph, with the policy in force."""
    _, policy = wiring.policy()
    return wiring.stores().run(resolve(batch, wiring.laws(policy.identity)))


def _consumed() -> tuple[float, float]:
    """Read and write units that this process has consumed so far, in both tables."""
    both = (wiring.graph().units, wiring.journal().units)
    return sum(each.read for each in both), sum(each.write for each in both)


def _count(records: int, before: tuple[float, float]) -> None:
    """What a record costs shows in the two sums over the number of records."""
    read, written = _consumed()
    metrics = wiring.metrics()
    metrics.add_metric("RecordsReceived", "Count", records)
    metrics.add_metric("ReadUnits", "Count", read - before[0])
    metrics.add_metric("WriteUnits", "Count", written - before[1])


def _set_aside(report: Report, batch: Sequence[Received]) -> None:
    for position, error in report.bad.items():
        observation = batch[position].observation
        quarantine.keep(
            wiring.graph(),
            observation.subject.source,
            (observation.record.kind, observation.model_dump_json()),
            error,
            batch[position].at,
        )
