"""Three histories that people complain of elsewhere, as observations."""

from collections.abc import Sequence
from datetime import timedelta

from rules.resolution_case import Received, prepare
from rules.subjects import anonymous
from schemas.graph import SubjectKey, Verdict
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Observation, Record
from tests.simulator.histories import PEPPER, RULES, START

JUNK = "none@example.com"
FAMILY = "+12025550199"


def contact(number: int, subject: Subject, *values: str, record: str = "") -> Received:
    """What a contact's record names."""
    at = START + timedelta(seconds=number)
    named = Record(kind="contact", id=record or subject.key, version="1", occurred_at=at)
    return Received(Observation(subject=subject, record=named, claims=claims(*values)), START)


def claims(*values: str) -> tuple[Claim, ...]:
    """Addresses and numbers."""
    return tuple(
        Claim(identifier=Identifier(type="email" if "@" in value else "phone", value=value))
        for value in values
    )


def guests(many: int) -> list[Received]:
    """Guests of a shop who all give the same address that is nobody's, and a number of their own.

    They have no id that a rule could keep apart: only the address's limit can.
    """
    found = []
    for number in range(many):
        values = (JUNK, f"+1202{number:07}")
        subject = anonymous("shop", claims(*values))
        born = START + timedelta(seconds=number)
        found.append(contact(number, subject.model_copy(update={"created_at": born}), *values))
    return found


def hoarder(many: int) -> list[Received]:
    """Customers who are known to a shop and to a CRM, and one help-desk user with all of their
    addresses, in one record.
    """
    addresses = [f"person{n}@example.com" for n in range(many)]
    found = [
        contact(n, Subject(source=source, object=object_, id=str(n)), address)
        for n, address in enumerate(addresses)
        for source, object_ in (("shop", "customer"), ("crm", "contact"))
    ]
    return [*found, contact(many, Subject(source="help", object="user", id="1"), *addresses)]


def family() -> list[Received]:
    """Two of a family at the shop, each with an address, both with the phone at home; the CRM
    knows the mother too."""
    mother = Subject(source="shop", object="customer", id="1", created_at=START)
    son = Subject(source="shop", object="customer", id="2", created_at=START + timedelta(days=1))
    known = Subject(source="crm", object="contact", id="9", created_at=START + timedelta(days=2))
    return [
        contact(1, mother, "mother@example.com", FAMILY),
        contact(2, son, "son@example.com", FAMILY),
        contact(3, known, "mother@example.com"),
    ]


def two_people() -> list[Received]:
    """Who have nothing in common."""
    return [
        contact(1, Subject(source="shop", object="customer", id="1"), "ada@example.com"),
        contact(2, Subject(source="crm", object="contact", id="2"), "a.byron@example.org"),
    ]


def merges(received: Sequence[Received], many: int) -> list[Verdict]:
    """So many people who each say, at a time of their own, that the two are one."""
    a, b = (subject_of(each) for each in received)
    return [
        Verdict(
            kind="always", a=min(a, b), b=max(a, b), at=START + timedelta(seconds=n),
            by=f"agent-{n}",
        )
        for n in range(many)
    ]  # fmt: skip


def subject_of(received: Received) -> SubjectKey:
    """The key of who it is about."""
    return prepare(received, PEPPER, RULES).s
