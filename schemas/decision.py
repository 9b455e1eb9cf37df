"""What the gate decides, with its reasons: refusals are values."""

from typing import Literal

from pydantic import AwareDatetime

from schemas.frozen import Frozen

Reason = Literal[
    "granted", "basis", "no_consent", "opted_out", "not_cleared", "restricted", "no_identifier",
    "unknown_purpose", "unknown_destination", "future_grant",
]  # fmt: skip


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


class DeliveryRow(Frozen):
    """`S#<s>` / `D#<destination>#<identifier>`: the last decision and what became of it.

    `digest` is of the state sent, so an unchanged state is not sent twice.
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
    at: AwareDatetime
    attempts: int = 0
