"""What may reach a destination: deny by default, and only cleared fields."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rules.consent import Scope, Standing, evidence, restricted, standing
from schemas.decision import Decision, Reason
from schemas.observation import Channel
from schemas.policy import Basis, Policy

OBJECTIONABLE: Final[frozenset[Basis]] = frozenset({"consent", "legitimate_interest"})
"""Bases that end when the person says so (GDPR 7, 21)."""


@dataclass(frozen=True, slots=True)
class Book:
    """A policy under its version."""

    version: str
    policy: Policy


def decide(
    book: Book, destination: str, scopes: Iterable[Scope], wanted: Iterable[str], now: datetime
) -> Decision:
    """Whether `wanted` fields may go to a destination now, which of them, and why.

    `scopes` are the address or number that is written to, and each subject of the person.
    """
    rule = book.policy.destinations.get(destination)
    if rule is None:
        return deny(book, "unknown_destination", now)
    cleared = tuple(sorted(set(wanted) & set(rule.fields)))
    verdict = permit(book, rule.purpose, rule.channel, scopes, now)
    if not verdict.permitted:
        return verdict
    if not cleared:
        return deny(book, "not_cleared", now, purpose=rule.purpose)
    return verdict.model_copy(update={"fields": cleared})


def permit(
    book: Book, purpose: str, channel: Channel, scopes: Iterable[Scope], now: datetime
) -> Decision:
    """Whether a purpose is permitted now on a channel, whoever asks; no fields are cleared."""
    rule = book.policy.purposes.get(purpose)
    if rule is None:
        return deny(book, "unknown_purpose", now, purpose=purpose)
    known = tuple(scopes)
    limits = restricted(known, now)
    if limits.state == "withdrawn":
        return _decision(book, purpose, "restricted", limits, now)
    said = standing(known, purpose, channel, now)
    return _decision(book, purpose, _reason(rule.basis, said), said, now)


def deny(book: Book, reason: Reason, now: datetime, purpose: str = "") -> Decision:
    """A refusal that no consent event decided."""
    return _decision(book, purpose, reason, Standing("silent"), now)


def _reason(basis: Basis, said: Standing) -> Reason:
    if basis in OBJECTIONABLE and said.state == "withdrawn":
        return "opted_out"
    if basis != "consent":
        return "basis"
    match said.state:
        case "granted":
            return "granted"
        case "future":
            return "future_grant"
        case _:
            return "no_consent"


def _decision(book: Book, purpose: str, reason: Reason, said: Standing, now: datetime) -> Decision:
    used = said.decisive if reason != "basis" else ()
    granted = reason == "granted"
    return Decision(
        permitted=granted or reason == "basis",
        reason=reason,
        purpose=purpose,
        policy=book.version,
        decided_at=now,
        evidence=tuple(dict.fromkeys(evidence(each) for each in used)),
        consented_at=min((e.effective_at for e in used), default=None) if granted else None,
    )
