"""Records arrive from the queue, and become part of the graph."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from adapters import quarantine
from adapters.graph import Stores
from events.envelope import CloudEvent
from events.inbound import RecordObserved
from functions import telemetry, wiring
from rules.resolution import Report, resolve
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from schemas.errors import RetryLater

EVENT: Final = TypeAdapter(CloudEvent[RecordObserved])


def handler(event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
    """An SQS batch. What cannot be read as an event stays, and ends in the dead-letter queue."""
    received: dict[str, Received] = {}
    failed: dict[str, str] = {}
    for message in event["Records"]:
        try:
            received[message["messageId"]] = read(message["body"])
        except (ValidationError, ValueError, KeyError) as error:
            failed[message["messageId"]] = f"not an event: {type(error).__name__}"
    try:
        report = resolve_batch(tuple(received.values()))
    except RetryLater as error:
        failed |= dict.fromkeys(received, error.reason)
    else:
        names = tuple(received)
        failed |= {names[position]: reason for position, reason in report.later.items()}
        _set_aside(report, tuple(received.values()))
    for name, reason in failed.items():
        wiring.logger().warning("not resolved", extra={"message_id": name, "reason": reason})
    telemetry.flush(wiring.metrics())
    return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}


def read(body: str) -> Received:
    """The observation that EventBridge put on the queue, and when it was made an event."""
    event = EVENT.validate_python(json.loads(body)["detail"])
    return Received(event.data.observation, event.time)


def resolve_batch(batch: Sequence[Received]) -> Report:
    """The batch in the graph, with the policy in force."""
    _, policy = wiring.policy()
    stores = Stores(wiring.graph(), wiring.journal(), wiring.pause, wiring.jitter)
    laws = Laws(policy.identity, wiring.pepper("graph"), wiring.token)
    return stores.run(resolve(batch, laws))


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
