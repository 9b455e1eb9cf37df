"""EventBridge: events in, every entry accepted or an error that says how many were not."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from adapters.aws import Aws
from events.catalogue import CATALOGUE
from events.envelope import CloudEvent
from schemas.errors import BadRecord, RetryLater
from schemas.frozen import Frozen

Event = CloudEvent[Any]
Entry = dict[str, str]

TYPES: Final = {entry.model: entry.type for entry in CATALOGUE.values()}
ENTRY_BYTES: Final = 200 * 1024
"""What we accept. EventBridge takes 256 KB, and SQS adds an envelope of its own after it."""
CALL_BYTES: Final = 256 * 1024
CALL_ENTRIES: Final = 10
ATTEMPTS: Final = 4


def envelope(data: Frozen, *, source: str, id: str, time: datetime, subject: str = "") -> Event:  # noqa: A002 - CloudEvents' own name
    """`data` as a CloudEvent from `sluice.<source>`; the same id means the same event."""
    return CloudEvent(
        id=id,
        source=f"sluice.{source}",
        type=TYPES[type(data)],
        time=time,
        subject=subject,
        data=data,
    )


def entry(event: Event) -> Entry:
    """The event as EventBridge takes it; `BadRecord` when it is too large to go through."""
    detail = event.model_dump_json()
    made = {"Source": event.source, "DetailType": type(event.data).__name__, "Detail": detail}
    if size(made) > ENTRY_BYTES:
        reason = f"the event would be {size(made) // 1024} KB; {ENTRY_BYTES // 1024} KB is the most"
        raise BadRecord(reason)
    return made


def size(made: Entry) -> int:
    """Bytes of an entry, as EventBridge counts them."""
    return sum(len(value.encode()) for value in made.values())


def publish(aws: Aws, bus_name: str, events: Sequence[Event]) -> None:
    """All of the events, or an error; one that is too large stops them all before the first."""
    send(aws, bus_name, [entry(event) for event in events])


def send(aws: Aws, bus_name: str, entries: Sequence[Entry]) -> None:
    """Every entry is accepted when this returns; `RetryLater` says how many were not."""
    refused = 0
    codes: set[str] = set()
    for batch in batches(entries):
        left, found = _persist(aws, bus_name, batch)
        refused += left
        codes |= found
    if refused:
        reasons = ", ".join(sorted(codes))
        message = f"the bus refused {refused} of {len(entries)} events ({reasons})"
        raise RetryLater(message)


def batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The entries in order, as many to a call as it takes."""
    batch: list[Entry] = []
    total = 0
    for each in entries:
        length = size(each)
        if batch and (len(batch) == CALL_ENTRIES or total + length > CALL_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(each)
        total += length
    if batch:
        yield batch


def _persist(aws: Aws, bus_name: str, batch: list[Entry]) -> tuple[int, set[str]]:
    """Sends until all are accepted or the attempts end: how many are left, and their codes."""
    codes: set[str] = set()
    for attempt in range(ATTEMPTS):
        if attempt:
            aws.pause(aws.jitter() * 0.1 * 4**attempt)
        payload = {"Entries": [{**each, "EventBusName": bus_name} for each in batch]}
        answer = aws.call("events", "PutEvents", payload)
        if not answer.get("FailedEntryCount"):
            return 0, set()
        verdicts = list(zip(batch, answer["Entries"], strict=True))
        codes = {verdict["ErrorCode"] for _, verdict in verdicts if verdict.get("ErrorCode")}
        batch = [each for each, verdict in verdicts if verdict.get("ErrorCode")]
    return len(batch), codes
