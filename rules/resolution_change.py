"""What an observation says of its subject's links, by the names that identifiers have."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rules.keys import Pepper
from rules.renaming import Names, linked_as, names
from rules.resolution_case import Case, record_row
from rules.resolution_items import subject_key
from rules.resolution_view import Draft
from schemas.graph import (
    Current,
    IdentifierKey,
    Link,
    RecordRow,
    SubjectHead,
    SubjectKey,
    Verdict,
)
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
    aliases = aliases_of(record_row(case)) if case.aliases else {}
    current = None if case.current is None else Current(order=case.order, keys=case.current)
    return Change(case.s, subject, case.links, case.named, aliases, case.r, case.said, current)


def aliases_of(row: RecordRow) -> dict[str, Verdict]:
    """Whom the vendor merged into its subject, as the row says."""
    name = f"{row.kind}:{row.id}"
    return {
        f"{other} {name}": Verdict(
            kind="alias", a=row.s, b=other, at=row.occurred_at, by=row.source, why=name
        )
        for other in row.merged
    }


def as_linked(head: SubjectHead | None, change: Change, pepper: Pepper) -> Change:
    """The change by the names under which the subject is linked already."""
    if pepper.coming is None:
        return change
    return _by_name({k: linked_as(head, k, pepper) for k in _named(change)}, change)


def as_named(draft: Draft, change: Change, pepper: Pepper) -> Change:
    """The change by the names that its identifiers have at this moment."""
    if pepper.coming is None:
        return change
    draft.need([subject_key(change.s)])
    head = draft.subject(change.s)
    return _by_name(names(draft, head, _named(change), pepper), change)


def _named(change: Change) -> frozenset[IdentifierKey]:
    return frozenset(change.links) | (change.current.keys if change.current else frozenset())


def _by_name(found: Names, change: Change) -> Change:
    current = change.current and change.current.model_copy(
        update={"keys": frozenset(found[key] for key in change.current.keys)}
    )
    links = {found[key]: link for key, link in change.links.items()}
    return replace(change, links=links, current=current)
