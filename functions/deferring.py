"""A message that could not be worked on now: it stays on its queue, and comes back in time."""

from collections.abc import Mapping
from typing import Any

from adapters import queue
from functions import wiring
from rules.backoff import redelivery
from schemas.errors import RetryLater


def defer(message: Mapping[str, Any], error: RetryLater) -> None:
    """Hides it for as long as the other side asked, or ever longer."""
    attempt = int(message["attributes"]["ApproximateReceiveCount"])
    seconds = redelivery(attempt, wiring.jitter(), error.after)
    queue.defer(wiring.aws(), message["eventSourceARN"], message["receiptHandle"], seconds)
