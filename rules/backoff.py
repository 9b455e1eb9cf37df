"""How long to wait before asking a vendor again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

BASE: Final = 0.25
CEILING: Final = 30.0
LONGEST_HINT: Final = 86_400.0
HOUR: Final = 3600.0


def delay(attempt: int, jitter: float) -> float:
    """Seconds before attempt `attempt` (1 is the first repeat): exponential, with full jitter.

    `jitter` is drawn from [0, 1), so that many callers who failed together come back apart.
    """
    return float(jitter * min(CEILING, BASE * 2.0**attempt))


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` header asks for: a number, or an HTTP date (RFC 9110)."""
    if not header:
        return None
    text = header.strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _until(text, now)
    except (TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), LONGEST_HINT)


def _until(text: str, now: datetime) -> float:
    at = parsedate_to_datetime(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return (at - now).total_seconds()


def redelivery(attempt: int, jitter: float, asked: float | None) -> float:
    """Seconds until a queue shows a message again after its `attempt`-th failure.

    A queue gives up after a few attempts, so they are spread over more than an hour; what the
    other side asked for is honoured, and never undercut.
    """
    if asked is not None:
        return asked * (1.0 + 0.1 * jitter) + 2.0 ** min(attempt, 10)
    return min(HOUR, 10.0 * 4.0**attempt) * (0.5 + jitter / 2)
