"""What was observed, as events. The same version of a record is the same event, however it came."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal

from adapters import bus
from events.inbound import RecordChanged, RecordObserved
from schemas.observation import Observation

MANY: Final = 40
"""Identifiers and merged ids: with fewer no event is too large, as all else of it is bounded."""


def event(
    source: str,
    observation: Observation,
    via: Literal["webhook", "pull"],
    at: datetime,
    movable: Collection[str],
) -> bus.Event:
    """The event of one version of a record; `BadRecord` when it is too large to travel.

    `movable` are the kinds of its source whose subject can change.
    """
    record = observation.record
    data = RecordObserved(observation=observation, via=via, movable=record.kind in movable)
    name = _name(source, record.kind, record.id, record.version)
    made = bus.envelope(data, source=source, id=name, time=at)
    if len(observation.claims) + len(observation.merged) > MANY:
        bus.entry(made)
    return made


def change(source: str, delivery: str, kind: str, ids: tuple[str, ...], at: datetime) -> bus.Event:
    """The event of a webhook that names records without saying what they are."""
    data = RecordChanged(kind=kind, ids=ids)
    return bus.envelope(data, source=source, id=_name(source, delivery, kind), time=at)


def _name(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:32]
