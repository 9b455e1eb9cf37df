"""What an observation says of its subject's links."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rules.resolution_case import Case
from schemas.graph import Current, IdentifierKey, Link, SubjectKey, Verdict
from schemas.identifiers import Subject


@dataclass(frozen=True, slots=True)
class Change:
    """What observations say of a subject's links, together."""

    s: SubjectKey
    subject: Subject
    links: Mapping[IdentifierKey, Link]
    named: Mapping[SubjectKey, Subject]
    aliases: Mapping[str, Verdict]
    """By their name on the subject's head: `<s> <kind>:<id>`."""
    r: str
    said: datetime
    current: Current | None


def change_of(case: Case) -> Change:
    """The links of one observation. An alias is as old as its record, whichever version said it."""
    subject = case.observation.subject
    record = case.observation.record
    name = f"{record.kind}:{record.id}"
    aliases = {
        f"{other} {name}": Verdict(
            kind="alias", a=case.s, b=other, at=record.occurred_at, by=subject.source, why=name
        )
        for other in case.aliases
    }
    current = None if case.current is None else Current(order=case.order, keys=case.current)
    return Change(case.s, subject, case.links, case.named, aliases, case.r, case.said, current)
