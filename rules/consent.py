"""What people said about a purpose, and what that comes to now. Nothing follows from silence.

A scope is one address, or one subject of the person. Inside a scope the latest event wins; over
scopes the most restrictive holds, and a grant counts only from scopes that speak for the
identifier in question, so joining people never permits what was not permitted before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from schemas.graph import ConsentRow
from schemas.observation import Channel

EVERYTHING: Final = "*"
"""The purpose of a restriction (GDPR 18): it withdraws all, whatever the basis."""
ADDRESSES: Final = frozenset({"email", "phone"})
"""The identifiers that consent is kept for."""

ConsentRows = Mapping[str, Sequence[ConsentRow]]
"""Address or subject → what was said about it or by it."""
State = Literal["granted", "withdrawn", "future", "silent"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The events of one address or one subject. `speaks`: whether a grant in it counts."""

    events: tuple[ConsentRow, ...]
    speaks: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What the events of one purpose come to, and which of them decided."""

    state: State
    decisive: tuple[ConsentRow, ...] = ()


def standing(scopes: Iterable[Scope], purpose: str, channel: Channel, now: datetime) -> Standing:
    """The most restrictive over all scopes: a withdrawal anywhere, else a grant that speaks."""
    found = [
        (scope.speaks, state_of(scope.events, purpose, channel, now)) for scope in list(scopes)
    ]
    if any(each.state == "withdrawn" for _, each in found):
        return _joined("withdrawn", (each for _, each in found))
    spoken = [each for speaks, each in found if speaks]
    for state in ("granted", "future"):
        if any(each.state == state for each in spoken):
            return _joined(state, spoken)
    return Standing("silent")


def state_of(
    events: Iterable[ConsentRow], purpose: str, channel: Channel, now: datetime
) -> Standing:
    """The latest event of a scope that bears on the purpose; at a tie the more restrictive."""
    bearing = [each for each in events if each.purpose == purpose and _bears(each, channel)]
    counting = [each for each in bearing if each.state == "withdrawn" or each.effective_at <= now]
    if not counting:
        return Standing("future", tuple(bearing)) if bearing else Standing("silent")
    last = max(counting, key=_rank)
    return Standing(last.state, (last,))


def restricted(scopes: Iterable[Scope], now: datetime) -> Standing:
    """Whether any scope is restricted altogether."""
    return standing(scopes, EVERYTHING, "any", now)


def evidence(event: ConsentRow) -> str:
    """The name of an event in a decision: `<source>:<record>@<time>`."""
    return f"{event.source}:{event.record}@{event.effective_at.isoformat()}"


def _rank(event: ConsentRow) -> tuple[object, ...]:
    """Latest, then the more restrictive; the rest only makes the order of arrival not matter."""
    withdrawn = event.state == "withdrawn"
    return event.effective_at, withdrawn, evidence(event), event.stated, event.channel, event.method


def _bears(event: ConsentRow, channel: Channel) -> bool:
    """A grant must cover the channel; a withdrawal must only touch it. Unstated never grants."""
    if event.state == "withdrawn":
        return channel == "any" or event.channel in {"any", channel}
    return event.stated and event.channel in {"any", channel}


def _joined(state: State, found: Iterable[Standing]) -> Standing:
    events = {event for each in found if each.state == state for event in each.decisive}
    return Standing(state, tuple(sorted(events, key=_rank)))
