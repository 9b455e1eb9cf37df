"""What the gate decides, with its reasons: refusals are values."""

from typing import Final, Literal

from pydantic import AwareDatetime

from schemas.frozen import Frozen

Reason = Literal[
    "granted", "basis", "no_consent", "opted_out", "not_cleared", "restricted", "no_identifier",
    "not_theirs", "unknown_purpose", "unknown_destination", "future_grant",
]  # fmt: skip
BINDING: Final[frozenset[Reason]] = frozenset({"opted_out", "restricted"})
"""Reasons that the person gave: they said stop. The others are the company's own."""


class Decision(Frozen):
    """`permitted`, and why: a pure function of policy, consent events, fields and now.

    `evidence` names the consent events that decided (`<source>:<record>@<time>`).
    """

    permitted: bool
    reason: Reason
    purpose: str
    policy: str
    decided_at: AwareDatetime
    fields: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    consented_at: AwareDatetime | None = None
    """When the grant that decided was given; none where the basis is another."""


class DeliveryRow(Frozen):
    """A decision and what became of it: the ledger (`adapters.ledger`).

    `digest` is of the state sent, so an unchanged state is not sent twice. `held` while the
    destination may hold what was sent, and `told` names the fields of it that are not empty there;
    `number` counts the entries of the ledger. `stopped` while it may still be as our own opt-out
    left it, also when what was sent since may not have arrived.
    """

    destination: str
    customer: str
    identifier: str
    version: int
    decision: Decision
    outcome: Literal["sent", "shadow", "withheld", "absent", "rejected", "retrying", "unchanged"]
    evidence: str = ""
    digest: str = ""
    opted_out: bool = False
    held: bool = False
    stopped: bool = False
    told: tuple[str, ...] = ()
    number: int = 0
    at: AwareDatetime
    attempts: int = 0
