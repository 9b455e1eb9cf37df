"""The slow path: a subject gains links. All that it moves is planned purely, over what was read."""

from dataclasses import replace
from typing import Final

from rules import keys
from rules.identity import created, too_many
from rules.ignored import shared
from rules.resolution_case import out_since
from rules.resolution_change import Change, as_named
from rules.resolution_crowds import held, standing, weighed
from rules.resolution_islands import (
    Laws,
    add_carrier,
    cell_of,
    pruned,
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
    Current,
    IdentifierHead,
    IdentifierKey,
    Island,
    Link,
    Node,
    SubjectHead,
    SubjectKey,
)
from schemas.identifiers import Subject
from schemas.rows import Key

MOST_LINKS: Final = 256
LINKS_AT_ONCE: Final = 30
"""New links of one transaction, or aliases: each brings at most three of its hundred items."""
SELF: Final = ""
"""Among what is doubtful: whether the subject was seen by any record that is left."""


def news(head: SubjectHead | None, change: Change) -> Change | None:
    """What the subject's committed links do not say yet; none when they say it all."""
    if head is None:
        return change
    out = out_since(head, change.r)
    if out and change.said <= out:
        return None
    current = _still(head, change)
    links = change.links
    if change.current and not current:
        links = {k: v for k, v in links.items() if k not in change.current.keys}
    fresh = {k: link for k, link in links.items() if _is_fresh(head, k, link)}
    aliases = {name: v for name, v in change.aliases.items() if name not in head.aliases}
    older = created(change.subject) < created(head.subject)
    same = current is None or head.current.get(change.r) == current
    sure = head.seen and SELF not in head.doubtful
    if sure and same and not fresh and not aliases and not older:
        return None
    return replace(change, links=fresh, aliases=aliases, current=current)


def _still(head: SubjectHead, change: Change) -> Current | None:
    """What the version says that only the newest can say; none when a newer one came before."""
    before = head.current.get(change.r)
    later = before and change.current and before.order > change.current.order
    return None if later else change.current


def _is_fresh(head: SubjectHead, key: IdentifierKey, link: Link) -> bool:
    """Whether it is news to the head. What is said for good outlives what is said for now."""
    there = head.links.get(key)
    if there is None or key in head.leaving:
        return True
    if there.version:
        return key in head.doubtful or not link.version
    return key in head.doubtful and not link.version


def refuse_too_many(head: SubjectHead | None, change: Change) -> None:
    """Before the first part of many links is committed: all of a record's links, or none."""
    if head and len(head.links.keys() | change.links.keys()) > MOST_LINKS:
        raise BadRecord(f"a subject with more than {MOST_LINKS} identifiers")
    before = head.aliases if head else frozenset[str]()
    if len(before | change.aliases.keys()) > MOST_LINKS:
        raise BadRecord(f"a subject that more than {MOST_LINKS} were merged into")


def plan_link(draft: Draft, change: Change, laws: Laws, *, apart: bool = False) -> None:
    """The subject's head, the identifiers, the island that they share, redirects of the others.

    `apart` keeps islands from being joined, because one would become too large for its row.
    """
    change = as_named(draft, change, laws.pepper)
    said = news(draft.subject(change.s), change)
    if said:
        plan_said(draft, said, laws, apart=apart)


def plan_said(draft: Draft, said: Change, laws: Laws, *, apart: bool) -> None:
    """The same, of what is known to be news."""
    before = draft.subject(said.s) or _stub(said.s, said.subject, "")
    aside = crowding(before, said, laws)
    linking = replace(said, links=_linking(said, aside))
    draft.need(_reads(linking))
    cells = _cells(draft, linking, before, laws, apart=apart)
    merged = [verdict.b for verdict in said.aliases.values()]
    others = {s: draft.subject(s) or _stub(s, said.named[s], "") for s in merged}
    near = {before.island} | {other.island for other in others.values()}
    near |= {cell.island for cell in cells if usable(cell)}
    island = unite(draft, near - {""}, laws)
    after = weighed(_head_after(before, said, aside, island.g), laws.rules)
    draft.put(after)
    for other in others.values():
        draft.put(other.model_copy(update={"island": island.g}))
    for cell in cells:
        _put_cell(draft, cell, said, island.g)
    island = _island_after(island, after, cells, said)
    draft.put(with_verdicts(island, shared(island, after.links, said.links, laws)))
    recompute(draft, laws)


def _reads(change: Change) -> list[Key]:
    cells = [identifier_key(key) for key in change.links]
    merged = [subject_key(verdict.b) for verdict in change.aliases.values()]
    return [*cells, *merged]


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
        there = cell.key in held(before)
        if cell.key not in standing(before) and (there or said.s in cell.members):
            draft.sure.add(identifier_key(cell.key))
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


def crowding(before: SubjectHead | None, said: Change, laws: Laws) -> frozenset[IdentifierKey]:
    """What of this is too much of its type to link anybody, beside what the subject has."""
    kept = frozenset(said.links)
    if before:
        _, dropped = _currents(before, said)
        kept |= before.links.keys() - (before.leaving - before.crowded) - dropped
    return too_many(kept, laws.rules) & said.links.keys()


def _linking(said: Change, aside: frozenset[IdentifierKey]) -> dict[IdentifierKey, Link]:
    return {key: link for key, link in said.links.items() if key not in aside}


def _head_after(
    before: SubjectHead, said: Change, aside: frozenset[IdentifierKey], g: str
) -> SubjectHead:
    links = dict(before.links) | dict(said.links)
    if len(links) > MOST_LINKS:
        raise BadRecord(f"a subject with more than {MOST_LINKS} identifiers")
    current, dropped = _currents(before, said)
    return before.model_copy(
        update={
            "current": current,
            "subject": min(before.subject, said.subject, key=created)
            if before.seen
            else said.subject,
            "island": g,
            "links": links,
            "aliases": before.aliases.union(said.aliases),
            "seen": True,
            "doubtful": {k: t for k, t in before.doubtful.items() if k and k not in said.links},
            "leaving": before.leaving.difference(said.links, _own(before)) | dropped,
            "crowded": before.crowded.difference(said.links) | aside,
            "parting": before.parting.difference(said.links) | (aside & held(before)),
        }
    )


def _currents(
    before: SubjectHead, said: Change
) -> tuple[dict[str, Current], frozenset[IdentifierKey]]:
    """What the newest versions name, and what by this one no version names any more."""
    if said.current is None:
        return before.current, frozenset()
    after = {**before.current, said.r: said.current}
    was = before.current[said.r].keys if said.r in before.current else frozenset[str]()
    held = frozenset[str]().union(*(each.keys for each in after.values()))
    links = before.links
    return after, frozenset(k for k in was - held if k in links and links[k].version)


def _own(head: SubjectHead) -> tuple[IdentifierKey, ...]:
    return (head.own.key,) if head.own else ()


def node_of(head: SubjectHead) -> Node:
    """The subject as its island has it."""
    own = keys.of_own(head.subject, head.s)
    links = standing(head)
    return Node(created=created(head.subject), own=own, links=links, crowded=head.crowded)


def _island_after(
    island: Island, head: SubjectHead, cells: list[IdentifierHead], said: Change
) -> Island:
    node = node_of(head)
    nodes = {**island.nodes, head.s: node}
    known = island.nodes.get(head.s)
    if known and known.links - node.links:
        island = pruned(island, nodes, island.verdicts)
    after = island.model_copy(update={"nodes": nodes})
    after = with_verdicts(after, said.aliases.values())
    carried = known.links if known else frozenset[IdentifierKey]()
    for cell in cells:
        if not usable(cell) and cell.key not in carried:  # else the island knows, and better
            after = without(after, cell)
    return after
