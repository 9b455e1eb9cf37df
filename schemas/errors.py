"""Errors, grouped by what to do next.

SluiceError
 ├─ RetryLater      leave the work where it is and come back
 ├─ BadRecord       set the record aside with its reason, go on with the rest
 └─ Misconfigured   nothing will get better until a person changes something

A refusal by consent is a value (`schemas.decision.Decision`), not an error.
Messages never carry an address, a number, a name or a secret.
"""


class SluiceError(Exception):
    """Anything that Sluice raises on purpose."""


class RetryLater(SluiceError):
    """The other side cannot now. `after` is seconds, when it said how long."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


class BadRecord(SluiceError):
    """This record can never be processed as it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Misconfigured(SluiceError):
    """A setting, a secret or a permission is wrong; the message says what to change."""
