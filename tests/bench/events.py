"""People as a shop knows them, and what they do: the events that resolving is measured with."""

import secrets
from datetime import UTC, datetime, timedelta

from rules.keys import Pepper
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Interaction, Money, Observation, Record, Trait
from schemas.policy import IdentifierRule, IdentityRules

START = datetime(2026, 1, 1, tzinfo=UTC)
RULES = IdentityRules(types={"email": IdentifierRule(level=1), "phone": IdentifierRule(level=2)})
PEPPER = Pepper(b"a pepper for measuring")
LAWS = Laws(RULES, PEPPER, lambda: secrets.token_hex(12), lambda: START)


def contact(n: int, email: int | None = None, source: str = "shop") -> Received:
    """A person as a shop knows them."""
    values = {"email": f"person{n if email is None else email}@example.com", "phone": f"+1{n:010}"}
    claims = tuple(
        Claim(identifier=Identifier(type=kind, value=value), raw=value)
        for kind, value in values.items()
    )
    record = Record(kind="customer", id=str(n), version="2026-01-01T00:00:00Z", occurred_at=START)
    traits: dict[Trait, str] = {"name": "Ada Example", "email": values["email"], "city": "London"}
    return Received(
        Observation(subject=subject(n, source), record=record, claims=claims, traits=traits), START
    )


def interaction(n: int, i: int, *, paid: bool, source: str = "shop") -> Received:
    """A call or an order of a known person."""
    amount = Money(minor=1240 + i, currency="EUR") if paid else None
    email = f"person{n}@example.com"
    observation = Observation(
        subject=subject(n, source),
        record=Record(
            kind="order" if paid else "call",
            id=str(i),
            version="1",
            occurred_at=START + timedelta(seconds=i),
        ),
        claims=(Claim(identifier=Identifier(type="email", value=email), raw=email),),
        interaction=Interaction(
            kind="order" if paid else "call", title=f"Number {i}", amount=amount, lines=("Lamp",)
        ),
    )
    return Received(observation, START)


def subject(n: int, source: str) -> Subject:
    """Who the records are about."""
    return Subject(source=source, object="customer", id=str(n), created_at=START)
