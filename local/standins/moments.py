"""Seconds since 1970 and the texts that vendors write for them."""

from datetime import UTC, datetime


def moment(seconds: float) -> datetime:
    """The aware UTC time."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds(text: str) -> float:
    """An ISO 8601 time as seconds; what is none is 0, as for a record that is broken."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return 0.0
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
