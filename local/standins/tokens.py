"""Access tokens that expire."""

from collections import OrderedDict
from secrets import token_hex

from local.standins.wire import Clock

KEPT = 100
"""Live tokens at most; the oldest goes first."""


class Tokens:
    """Issues tokens that live for `seconds`."""

    def __init__(self, prefix: str, seconds: float, clock: Clock) -> None:
        self.seconds = seconds
        self._prefix, self._clock = prefix, clock
        self._expiry: OrderedDict[str, float] = OrderedDict()

    def issue(self) -> str:
        """A new token."""
        token = f"{self._prefix}{token_hex(16)}"
        self._expiry[token] = self._clock() + self.seconds
        while len(self._expiry) > KEPT:
            self._expiry.popitem(last=False)
        return token

    def valid(self, token: str) -> bool:
        """Whether the token was issued here and has not expired."""
        return self._expiry.get(token, 0.0) > self._clock()

    def revoke(self) -> None:
        """Let every token expire now."""
        self._expiry.clear()
