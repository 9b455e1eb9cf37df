"""A subject or a record of it is taken out: what its head and its island say from then on."""

from collections.abc import Sequence
from datetime import datetime

from rules.ignored import is_copy
from rules.resolution_again import Kept, spoken
from rules.resolution_case import out_since
from rules.resolution_crowds import standing, weighed
from rules.resolution_islands import Laws, pruned, recompute
from rules.resolution_links import SELF
from rules.resolution_verdicts import about
from rules.resolution_view import Draft
from schemas.graph import (
    IdentifierKey,
    Link,
    Node,
    SubjectHead,
    SubjectKey,
    Verdict,
)
from schemas.identifiers import Subject
from schemas.late import Late


def plan_erase(draft: Draft, s: SubjectKey, at: datetime, asked: datetime, laws: Laws) -> None:
    """It is no node any more, nor are verdicts about it; its links are to leave.

    Who it is stays as `late`, for a newer record whose row is still to come.
    """
    head = draft.subject(s) or _nobody(s)
    if head.erased_at and head.erased_at >= at:
        return
    if head.island:
        _take_out(draft, head)
    known = head.subject if head.seen else head.late and head.late.subject
    update = {
        "erased_at": at,
        "late": Late(subject=known, asked=asked) if known else None,
        "removed": {r: t for r, t in head.removed.items() if t > at},
        "aliases": frozenset[str](),
    }
    after = _unseen(head).model_copy(update=update)
    draft.put(weighed(after, laws.rules))
    recompute(draft, laws)


def plan_over(draft: Draft, s: SubjectKey, asked: datetime) -> None:
    """Nothing comes late any more of what was under way when that erasure was asked for."""
    head = draft.subject(s)
    if head and head.late and head.late.asked <= asked:
        draft.put(head.model_copy(update={"late": None}))


def plan_remove(
    draft: Draft, s: SubjectKey, record: tuple[str, str], at: datetime, laws: Laws
) -> None:
    """From now on the record's older versions stay out, and all that it may have said is in doubt.

    `record` is its name in the table, and `<kind>:<id>`.
    """
    head = draft.subject(s) or _nobody(s)
    r, name = record
    out = out_since(head, r)
    if out and out >= at:
        return
    doubtful = [SELF, *(k for k in head.links if k not in head.leaving)] if head.seen else []
    kept = frozenset(alias for alias in head.aliases if not alias.endswith(f" {name}"))
    if head.island and kept != head.aliases:
        island = draft.live(head.island)
        stay = (v for v in island.verdicts if (v.kind, v.a, v.why) != ("alias", s, name))
        draft.put(island.model_copy(update={"verdicts": tuple(stay)}))
    doubts = {**head.doubtful, **dict.fromkeys(doubtful, at)}
    update = {
        "removed": {**head.removed, r: at},
        "current": {name: each for name, each in head.current.items() if name != r},
        "doubtful": doubts,
        "aliases": kept,
    }
    draft.put(head.model_copy(update=update))
    recompute(draft, laws)


def plan_doubts(
    draft: Draft,
    s: SubjectKey,
    due: frozenset[IdentifierKey],
    rows: Sequence[Kept],
    laws: Laws,
) -> None:
    """What other records still say stays, by their evidence; the rest is to leave."""
    head = draft.subject(s)
    if head is None:
        return
    said = spoken(head, rows, laws)
    held = frozenset[str]().union(*(each.keys for each in head.current.values()))
    doubtful = {k: t for k, t in head.doubtful.items() if k not in due}
    links = {
        k: _by(link, said.lasting.get(k)) if k in due and (k in said.lasting or k in held) else link
        for k, link in head.links.items()
    }
    leaving = head.leaving | (due - said.lasting.keys() - held - {SELF})
    after = head.model_copy(update={"doubtful": doubtful, "links": links, "leaving": leaving})
    if SELF in due and not rows:
        after = _unseen(after)
    after = weighed(after, laws.rules)
    draft.put(after)
    if head.island:
        island = draft.live(head.island)
        nodes = {key: node for key, node in island.nodes.items() if key != s}
        if after.seen and s in island.nodes:  # else it was erased since its head was read
            nodes[s] = _node(island.nodes[s], after)
        gone = (v.a == s and v.b in leaving and is_copy(v, laws.pepper) for v in island.verdicts)
        stay = (v for v, is_gone in zip(island.verdicts, gone, strict=True) if not is_gone)
        draft.put(pruned(island, nodes, tuple(stay)))
    recompute(draft, laws)


def _by(link: Link, said: Link | None) -> Link:
    if said is None:
        return link.model_copy(update={"version": link.version or "current"})
    return said.model_copy(update={"at": link.at})


def _node(node: Node, head: SubjectHead) -> Node:
    return node.model_copy(update={"links": standing(head), "crowded": head.crowded})


def _nobody(s: SubjectKey) -> SubjectHead:
    subject = Subject(source="erased", object="erased", id=s)
    return SubjectHead(s=s, subject=subject, version=0, island="", seen=False)


def _unseen(head: SubjectHead) -> SubjectHead:
    """As if others had only named it, with all of its links about to leave."""
    own = {head.own.key} if head.own and head.seen else set()
    subject = head.subject.model_copy(update={"id": head.s, "created_at": None})
    return head.model_copy(
        update={
            "subject": subject,
            "seen": False,
            "doubtful": {},
            "current": {},
            "leaving": head.leaving.union(head.links, own),
        }
    )


def _take_out(draft: Draft, head: SubjectHead) -> None:
    """Off its island, with what people said of it there and where the others of a pair are."""
    home = draft.live(head.island)
    others = {s for v in home.verdicts if _names(v, head.s) for s in about(v)}
    found = (draft.subject(s) for s in sorted(others))
    names = {other.island for other in found if other and other.island}
    for island in draft.all_live(names | {home.g}).values():
        nodes = {s: node for s, node in island.nodes.items() if s != head.s}
        verdicts = tuple(v for v in island.verdicts if not _names(v, head.s))
        draft.put(pruned(island, nodes, verdicts))


def _names(verdict: Verdict, s: SubjectKey) -> bool:
    """Whether it is about the subject; another's alias is what the other's record said."""
    return s == verdict.a or (s == verdict.b and verdict.kind != "alias")
