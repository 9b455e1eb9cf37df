"""What a subject's rows say of it under rules that may be others than when they were written.

Rows from before what was said was kept are read back from the subject's links: a link's key
proves which value it was made of. One that cannot be read back stays as it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from rules import keys
from rules.identity import rule_of
from rules.normalise_again import readings
from rules.renaming import linked_as
from rules.resolution_case import Case, Received, is_current, out_since, prepare, said_at
from rules.resolution_change import aliases_of
from rules.resolution_islands import Laws
from rules.resolution_items import record_from
from rules.resolution_said import Statement, mark_of, statement
from schemas.errors import BadRecord
from schemas.graph import (
    Current,
    IdentifierKey,
    Link,
    RecordRow,
    SubjectHead,
    SubjectKey,
    Verdict,
)
from schemas.identifiers import Claim, Subject
from schemas.observation import Observation, Record
from schemas.rows import Item


class Kept(NamedTuple):
    """A record's row, its name in the table, and the order of its newest version."""

    r: str
    order: str
    row: RecordRow


def kept_from(item: Item) -> Kept:
    """A row as it was read."""
    return Kept(str(item["sk"]).rpartition("#")[2], str(item["ver"]), record_from(item))


@dataclass(slots=True)
class Spoken:
    """The links that all rows together give; `current` as on a subject's head."""

    lasting: dict[IdentifierKey, Link] = field(default_factory=dict)
    passing: dict[IdentifierKey, Link] = field(default_factory=dict)
    """What only the newest versions of contacts say, of types declared `current`."""
    current: dict[str, Current] = field(default_factory=dict)
    named: dict[SubjectKey, Subject] = field(default_factory=dict)
    aliases: dict[str, Verdict] = field(default_factory=dict)
    """By their name on the subject's head."""
    latest: datetime | None = None
    """When the last of it was said; none where nothing counts."""
    heard: set[str] = field(default_factory=set)
    """Statements of interactions: a busy buyer's say the same again and again."""

    @property
    def links(self) -> dict[IdentifierKey, Link]:
        """All of them."""
        return {**self.passing, **self.lasting}


def spoken(head: SubjectHead, rows: Iterable[Kept], laws: Laws) -> Spoken:
    """What the rows say that were not taken out, by the head's word."""
    found = Spoken()
    for kept in rows:
        out = out_since(head, kept.r)
        said = said_at(kept.row.version, kept.row.occurred_at)
        if out is None or said > out:
            found.latest = max(said, found.latest or said)
            _add(found, head, _as_today(kept, head, laws), laws)
    _add_newer(found, head, laws)
    return _as_linked(found, head, laws)


def _as_today(kept: Kept, head: SubjectHead, laws: Laws) -> Kept:
    """A row from before keeps its links by the names of then: here by those that the head has."""
    if not kept.row.identifiers:
        return kept
    now = (keys.arrived(laws.pepper, key) for key in kept.row.identifiers)
    found = frozenset(linked_as(head, key, laws.pepper) for key in now)
    return kept._replace(row=kept.row.model_copy(update={"identifiers": found}))


def _as_linked(found: Spoken, head: SubjectHead, laws: Laws) -> Spoken:
    """By the names that the head knows, while keys are taken to another pepper."""
    if laws.pepper.coming is None:
        return found

    def name(key: IdentifierKey) -> IdentifierKey:
        return linked_as(head, key, laws.pepper)

    found.lasting = {name(key): link for key, link in found.lasting.items()}
    found.passing = {name(key): link for key, link in found.passing.items()}
    found.current = {
        r: each.model_copy(update={"keys": frozenset(map(name, each.keys))})
        for r, each in found.current.items()
    }
    return found


def named_by(row: RecordRow, subject: Subject, laws: Laws) -> frozenset[IdentifierKey]:
    """What all that a row says names, by the names of new identifiers."""
    found = {keys.arrived(laws.pepper, key) for key in row.identifiers}
    for text in row.said:
        case = _case(subject, row, statement(text), laws)
        found |= case.links.keys() if case else set()
    return frozenset(found)


def _case(subject: Subject, row: RecordRow, each: Statement, laws: Laws) -> Case | None:
    """A statement as if it came now; none where nobody could be recognised by it."""
    record = Record(kind=row.kind, id=row.id, version=row.version, occurred_at=row.occurred_at)
    observation = Observation(
        subject=subject,
        record=record,
        claims=each.claims,
        traits=each.traits,
        interaction=row.interaction,
    )
    at = max(row.occurred_at, said_at(row.version, row.occurred_at))
    try:
        case = prepare(Received(observation, at), laws.pepper, laws.rules)
    except BadRecord:
        return None
    # its own id, of which the head of somebody who is erased tells nothing any more
    links = {k: v for k, v in case.links.items() if not _is_own(k, row.s)}
    return case if len(links) == len(case.links) else replace(case, links=links)


def _is_own(key: IdentifierKey, s: SubjectKey) -> bool:
    return keys.is_own(key) and keys.subject_of(key) == s


def _add(found: Spoken, head: SubjectHead, kept: Kept, laws: Laws) -> None:
    row = kept.row
    found.aliases |= aliases_of(row)
    for mark, each in _statements(found, head, row, laws):
        case = _case(head.subject, row, each, laws)
        if case is None:
            continue
        passing = case.current or frozenset()
        found.named |= case.named
        found.lasting |= {k: link for k, link in case.links.items() if k not in passing}
        if case.current is not None and mark == row.now:
            before = head.current.get(kept.r)
            if not mark and before:  # a row from before tells no versions apart: the head does
                lost = row.identifiers - before.keys
                passing = frozenset(
                    k for k in passing if linked_as(head, k, laws.pepper) not in lost
                )
            found.current[kept.r] = Current(order=kept.order, keys=passing)
            found.passing |= {k: case.links[k] for k in passing}
    fixed = _unreadable(head, row, laws)
    found.lasting |= {k: head.links[k] for k in fixed if not is_current(k, laws.rules)}


def _add_newer(found: Spoken, head: SubjectHead, laws: Laws) -> None:
    """A version that is on the head already, while its row is still to come."""
    if not any(rule.current for rule in laws.rules.types.values()):
        return
    for r, current in head.current.items():
        there = found.current.get(r)
        if there is None or there.order < current.order:
            found.current[r] = current
            found.passing |= {k: head.links[k] for k in current.keys if k in head.links}
    newest = frozenset[str]().union(*(each.keys for each in found.current.values()))
    found.passing = {k: link for k, link in found.passing.items() if k in newest}


def _statements(
    found: Spoken, head: SubjectHead, row: RecordRow, laws: Laws
) -> Iterator[tuple[str, Statement]]:
    """Each with its mark; a row from before has none."""
    for text in sorted(row.said - found.heard if row.interaction else row.said):
        yield mark_of(text), statement(text)
    if row.interaction:
        found.heard |= row.said
    if row.identifiers or not row.said:
        read = _read_back(head, row, laws)
        claims = tuple(sorted((*read.values(), *row.unlinked), key=str))
        yield "", Statement(claims, row.traits)


def _unreadable(head: SubjectHead, row: RecordRow, laws: Laws) -> frozenset[IdentifierKey]:
    """Links of a row from before whose values cannot be told; composites are made anew."""
    read = _read_back(head, row, laws)
    return frozenset(
        key
        for key in row.identifiers & head.links.keys() - read.keys()
        if "+" not in keys.type_of(key) and rule_of(keys.type_of(key), laws.rules)
    )


def _read_back(head: SubjectHead, row: RecordRow, laws: Laws) -> Mapping[IdentifierKey, Claim]:
    found = {}
    for key in sorted(row.identifiers & head.links.keys()):
        link = head.links[key]
        for identifier, made in readings(link.type, link.value):
            base = keys.of_identifier(laws.pepper, made)
            if key in (base, keys.renewed(laws.pepper, base)) and "+" not in link.type:
                found[key] = Claim(identifier=identifier, raw=link.value)
                break
    return found
