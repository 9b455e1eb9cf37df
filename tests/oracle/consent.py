"""The promises on consent, said again by quantifiers: slow, and sharing nothing with the rules."""

from collections.abc import Sequence
from datetime import datetime

from schemas.graph import ConsentRow

Said = Sequence[tuple[Sequence[ConsentRow], bool]]
"""Per scope: its events, and whether a grant in it speaks for the identifier."""


def covers(event: ConsentRow, purpose: str, channel: str) -> bool:
    return event.purpose == purpose and event.channel in {"any", channel}


def touches(event: ConsentRow, purpose: str, channel: str) -> bool:
    if event.purpose != purpose:
        return False
    return channel == "any" or event.channel in ("any", channel)


def grants(
    events: Sequence[ConsentRow], purpose: str, channel: str, now: datetime
) -> list[datetime]:
    return [
        e.effective_at
        for e in events
        if e.state == "granted"
        and e.stated
        and e.effective_at <= now
        and covers(e, purpose, channel)
    ]


def withdrawals(events: Sequence[ConsentRow], purpose: str, channel: str) -> list[datetime]:
    return [
        e.effective_at for e in events if e.state == "withdrawn" and touches(e, purpose, channel)
    ]


def withdrawn(events: Sequence[ConsentRow], purpose: str, channel: str, now: datetime) -> bool:
    """Some withdrawal that no later grant has lifted."""
    lifted = grants(events, purpose, channel, now)
    return any(
        not any(grant > at for grant in lifted) for at in withdrawals(events, purpose, channel)
    )


def permitted(said: Said, purpose: str, channel: str, basis: str, now: datetime) -> bool:
    if any(withdrawn(events, "*", "any", now) for events, _ in said):
        return False
    objected = any(withdrawn(events, purpose, channel, now) for events, _ in said)
    if basis == "legitimate_interest":
        return not objected
    if basis != "consent":
        return True
    return not objected and any(
        speaks and grants(events, purpose, channel, now) for events, speaks in said
    )
