"""The slow path: a subject gains links. All that it moves is planned purely, over what was read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rules import keys
from rules.identity import created
from rules.resolution_case import Case, out_since
from rules.resolution_islands import (
    Laws,
    add_carrier,
    cell_of,
    quarantine,
    recompute,
    unite,
    usable,
    with_verdicts,
    without,
)
from rules.resolution_items import identifier_key, subject_key
from rules.resolution_view import Draft
from schemas.errors import BadRecord
from schemas.graph import (
    IdentifierHead,
    IdentifierKey,
    Island,
    Link,
    Node,
    SubjectHead,
    SubjectKey,
    Verdict,
)
from schemas.identifiers import Subject
from schemas.rows import Key

MOST_LINKS: Final = 256
SELF: Final = ""
"""Among what is doubtful: whether the subject was seen by any record that is left."""


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
    return Change(case.s, subject, case.links, case.named, aliases, case.r, case.said)


def news(head: SubjectHead | None, change: Change) -> Change | None:
    """What the subject's committed links do not say yet; none when they say it all."""
    if head is None:
        return change
    out = out_since(head, change.r)
    if out and change.said <= out:
        return None
    unsure = head.leaving.union(head.doubtful)
    fresh = {k: v for k, v in change.links.items() if k not in head.links or k in unsure}
    aliases = {name: v for name, v in change.aliases.items() if name not in head.aliases}
    older = created(change.subject) < created(head.subject)
    if head.seen and SELF not in unsure and not fresh and not aliases and not older:
        return None
    return replace(change, links=fresh, aliases=aliases)


def plan_link(draft: Draft, change: Change, laws: Laws, *, apart: bool = False) -> None:
    """The subject's head, the identifiers, the island that they share, redirects of the others.

    `apart` keeps islands from being joined, because one would become too large for its row.
    """
    draft.need(_first_reads(change))
    head = draft.subject(change.s)
    said = news(head, change)
    if said is None:
        return
    before = head or _stub(change.s, change.subject, "")
    cells = _cells(draft, said, before, laws, apart=apart)
    merged = [verdict.b for verdict in said.aliases.values()]
    others = {s: draft.subject(s) or _stub(s, said.named[s], "") for s in merged}
    near = {before.island} | {other.island for other in others.values()}
    near |= {cell.island for cell in cells if usable(cell)}
    island = unite(draft, near - {""}, laws)
    after = _head_after(before, said, island.g)
    draft.put(after)
    for other in others.values():
        draft.put(other.model_copy(update={"island": island.g}))
    for cell in cells:
        _put_cell(draft, cell, said, island.g)
    draft.put(_island_after(island, after, cells, said))
    recompute(draft, laws)


def _first_reads(change: Change) -> list[Key]:
    cells = [identifier_key(key) for key in change.links]
    merged = [subject_key(verdict.b) for verdict in change.aliases.values()]
    return [subject_key(change.s), *cells, *merged]


def _stub(s: SubjectKey, subject: Subject, g: str) -> SubjectHead:
    """A subject that others name and that was not seen itself; only its own records date it."""
    subject = subject.model_copy(update={"created_at": None})
    return SubjectHead(s=s, subject=subject, version=0, island=g, seen=False)


def _cells(
    draft: Draft, said: Change, before: SubjectHead, laws: Laws, *, apart: bool
) -> list[IdentifierHead]:
    """The carriers of each new identifier once the subject is one of them."""
    found = [cell_of(draft, key) for key in sorted(said.links)]
    if before.own and not before.seen:
        found.append(before.own)
    near = {cell.island for cell in found if usable(cell)} | {before.island}
    islands = draft.all_live(near - {""})
    home = draft.live(before.island).g if before.island else ""
    cells = []
    for cell in found:
        elsewhere = bool(cell.island) and usable(cell) and draft.live(cell.island).g != home
        if apart and elsewhere and islands:
            cell = quarantine(draft, cell, "too_large")  # noqa: PLW2901
        there = cell.key in before.links
        cells.append(cell if there else add_carrier(draft, cell, said.s, laws))
    return cells


def _put_cell(draft: Draft, cell: IdentifierHead, said: Change, g: str) -> None:
    after = cell.model_copy(update={"island": g}) if usable(cell) or not cell.island else cell
    if keys.is_own(cell.key):
        s = keys.subject_of(cell.key)
        head = draft.subject(s) or _stub(s, said.named[s], g)
        island = after.island if usable(cell) else head.island
        draft.put(head.model_copy(update={"island": island, "own": after}))
    else:
        draft.put(after)


def _head_after(before: SubjectHead, said: Change, g: str) -> SubjectHead:
    links = dict(before.links) | dict(said.links)
    if len(links) > MOST_LINKS:
        raise BadRecord(f"a subject with more than {MOST_LINKS} identifiers")
    return before.model_copy(
        update={
            "subject": min(before.subject, said.subject, key=created)
            if before.seen
            else said.subject,
            "island": g,
            "links": links,
            "aliases": before.aliases.union(said.aliases),
            "seen": True,
            "doubtful": {k: t for k, t in before.doubtful.items() if k and k not in said.links},
            "leaving": before.leaving.difference(said.links, _own(before)),
        }
    )


def _own(head: SubjectHead) -> tuple[IdentifierKey, ...]:
    return (head.own.key,) if head.own else ()


def _island_after(
    island: Island, head: SubjectHead, cells: list[IdentifierHead], said: Change
) -> Island:
    own = keys.of_own(head.subject, head.s)
    links = frozenset(head.links) - head.leaving
    node = Node(created=created(head.subject), own=own, links=links)
    after = island.model_copy(update={"nodes": {**island.nodes, head.s: node}})
    after = with_verdicts(after, said.aliases.values())
    for cell in cells:
        if not usable(cell):
            after = without(after, cell)
    return after
