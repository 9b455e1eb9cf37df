"""The last check before a request starts: what was decided still holds (promise 5 of consent)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from schemas.decision import Decision
from schemas.errors import RetryLater

HOLDS_SECONDS: Final = 2.0
"""From issuing the strongly consistent read; an acknowledgement leaves 3 s after its commit."""


class Changed(Exception):
    """What may be sent is no longer what was about to be sent."""


@dataclass(slots=True)
class Fence:
    """Called with the connection open and nothing written.

    `until` and `lease_until` are monotonic seconds; `decide` reads and decides anew. `begun` says
    whether any request may have been written.
    """

    clock: Callable[[], float]
    decide: Callable[[], Decision]
    decision: Decision
    until: float
    lease_until: float
    begun: bool = False

    def __call__(self) -> None:
        """Past the deadline it reads again, and again, until a read is fresh or differs."""
        while self.clock() >= self.until:
            if self.clock() >= self.lease_until:
                message = "the lease ends before the request could start"
                raise RetryLater(message, 1.0)
            issued = self.clock()
            found = self.decide()
            if (found.permitted, found.fields) != (self.decision.permitted, self.decision.fields):
                raise Changed
            self.until = min(issued + HOLDS_SECONDS, self.lease_until)
        self.begun = True
