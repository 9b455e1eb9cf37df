"""New rules reach what is in the graph already, page by page, beside resolvers that use them.

Limits, levels and the cap are looked at again where they apply; what the rules say of a value
itself (junk patterns, new types, composites, spelling) by reading each record again.
"""

from functools import partial

from rules.identity import rule_of
from rules.ignored import copies, is_copy, is_of
from rules.keys import type_of
from rules.resolution_calls import Steps
from rules.resolution_commit import commit
from rules.resolution_crowds import unsettled
from rules.resolution_islands import Laws, recompute, with_verdicts
from rules.resolution_items import HEAD, subject_from, subject_key
from rules.resolution_release import plan_weigh
from rules.resolution_restating import Sweep, restate
from rules.resolution_settling import Amendment, leave, settle
from rules.resolution_sweep import Progress, swept
from rules.resolution_view import Draft, View
from schemas.graph import IdentifierKey, Island, SubjectHead, SubjectKey, Verdict
from schemas.rows import Item, key_of


def adopt(sweep: Sweep, laws: Laws, pages: int = 1) -> Steps[Progress]:
    """The next pages of the sweep; repeat until done, then so with the last.

    `laws.rules` are the new rules. Start when no resolver uses the former ones any more.
    """
    return (yield from swept(sweep.place, partial(_adopt_item, sweep=sweep, laws=laws), pages))


def _adopt_item(item: Item, sweep: Sweep, laws: Laws) -> Steps[None]:
    key = key_of(item)
    kind, _, name = key.pk.partition("#")
    if key.sk != HEAD:
        return
    if kind == "G" and item.get("data"):
        yield from commit(View(), lambda draft, _apart: _plan_island(draft, name, sweep, laws))
    elif kind == "I":
        yield from _adopt_identifier(name, laws)
    elif kind == "S":
        yield from restate(name, sweep, laws)
        own = subject_from(item).own
        if own:
            yield from _adopt_identifier(own.key, laws)
        yield from _adopt_subject(name, laws)


def _adopt_subject(s: SubjectKey, laws: Laws) -> Steps[None]:
    """What it has too much of now links nobody; what it had too much of may link again."""
    view = View()
    yield from commit(view, lambda draft, _apart: plan_weigh(draft, s, laws))
    head = view.head(subject_key(s))
    if head and unsettled(head, laws.rules):
        yield from leave(s, laws)


def _plan_island(draft: Draft, g: str, sweep: Sweep, laws: Laws) -> None:
    draft.put(_respelt(draft, draft.live(g), sweep, laws))
    recompute(draft, laws)


def _respelt(draft: Draft, island: Island, sweep: Sweep, laws: Laws) -> Island:
    """What people ignored binds every link of the same value, and in the end no other.

    One that leaves takes its verdict along (`plan_doubts`).
    """
    about = {v.a for v in island.verdicts if v.kind == "ignore"}
    draft.need(subject_key(s) for s in about)
    heads = {s: head for s in about if (head := draft.subject(s))}
    for head in heads.values():
        found = copies(head.s, island.verdicts, head.links, laws)
        island = with_verdicts(island, found)
    if not sweep.last:
        return island
    stay = (v for v in island.verdicts if v.a not in heads or _stays(v, heads[v.a], laws))
    return island.model_copy(update={"verdicts": tuple(stay)})


def _stays(verdict: Verdict, head: SubjectHead, laws: Laws) -> bool:
    if verdict.b in head.doubtful or not is_copy(verdict, laws.pepper):
        return True
    return is_of(verdict, verdict.b, head.links, laws)


def _adopt_identifier(key: IdentifierKey, laws: Laws) -> Steps[None]:
    """A type that lost its rule links nobody whatever its carriers: it is left as it is."""
    if rule_of(type_of(key), laws.rules):
        yield from settle(View(), Amendment(key, again=True), laws)
