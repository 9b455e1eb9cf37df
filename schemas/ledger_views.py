"""What the HTTP API answers with of the ledger: what was sent, or not, and why."""

from pydantic import AwareDatetime

from schemas.decision import Reason
from schemas.frozen import Frozen
from schemas.graph import CustomerId


class DeliveryView(Frozen):
    """An entry of the ledger: what was decided about one identifier, and what became of it."""

    destination: str
    identifier: str
    """Its type and value, where the caller's role is cleared for it; else only its type."""
    at: AwareDatetime
    outcome: str
    permitted: bool
    reason: Reason
    purpose: str
    policy: str
    fields: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()
    """The consent events that decided."""
    evidence: str = ""
    """What the destination answered."""
    opted_out: bool = False
    customer: CustomerId | None = None
    """For whom, where it was another."""


class WhyView(Frozen):
    """Why a destination did or did not receive a customer, the newest entry first.

    `by_address` is what it knows by the customer's addresses that was decided for others: before
    a split, say.
    """

    customer: CustomerId
    destination: str
    mode: str
    items: tuple[DeliveryView, ...]
    by_address: tuple[DeliveryView, ...] = ()
    next: str | None = None
