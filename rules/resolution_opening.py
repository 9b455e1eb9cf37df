"""A quarantine is opened: no further carrier can become a row, and those that are, are read."""

from typing import Any, Final

from rules.resolution_calls import Steps, query, read_many
from rules.resolution_commit import commit
from rules.resolution_islands import Laws, RowCarriers, cell_of, recompute, unite
from rules.resolution_items import SHARDS, gate_key, member_key, shard_key, subject_key
from rules.resolution_view import Draft, Unread, View
from schemas.graph import IdentifierHead, IdentifierKey, SubjectKey
from schemas.rows import PRESENT, Write

CARRIERS_AT_ONCE: Final = 30
"""Whose rows, or islands, are in one transaction."""


def opened(view: View, key: IdentifierKey, laws: Laws) -> Steps[RowCarriers]:
    """Opens the quarantine, reads its rows, and moves those to the head that are too many."""
    yield from commit(view, lambda draft, _apart: _plan_open(draft, key))
    cell = yield from _read(view, key)
    found: list[Any] = []
    for shard in range(SHARDS):
        found += yield from query(shard_key(key, shard), "M#")
    rows = sorted(str(row["s"]) for row in found)
    while len(rows) > CARRIERS_AT_ONCE:
        chunk, rows = rows[:CARRIERS_AT_ONCE], rows[CARRIERS_AT_ONCE:]
        yield from _drained(view, key, RowCarriers(cell.epoch, frozenset(chunk)))
    everybody = cell.members.union(str(row["s"]) for row in found)
    if len(everybody) > CARRIERS_AT_ONCE:
        yield from _gather(view, sorted(everybody), laws)
    return RowCarriers(cell.epoch, frozenset(rows))


def _plan_open(draft: Draft, key: IdentifierKey) -> None:
    cell = cell_of(draft, key)
    if cell.quarantined in (None, "lifting"):
        return
    epoch = cell.epoch + 1
    # The head, whose condition this transaction has, is the only one to say which epoch it is.
    draft.rows += [Write("put", gate_key(key, n), {"epoch": epoch}) for n in range(SHARDS)]
    draft.put(cell.model_copy(update={"quarantined": "lifting", "epoch": epoch}))


def _drained(view: View, key: IdentifierKey, rows: RowCarriers) -> Steps[None]:
    yield from commit(view, lambda draft, _apart: _plan_drain(draft, key, rows))


def _plan_drain(draft: Draft, key: IdentifierKey, rows: RowCarriers) -> None:
    cell = cell_of(draft, key)
    moved = rows.members - cell.members
    if cell.quarantined != "lifting" or cell.epoch != rows.epoch or not moved:
        return
    draft.rows += [Write("delete", member_key(key, s), condition=PRESENT) for s in sorted(moved)]
    draft.put(cell.model_copy(update={"members": cell.members | moved}))


def _gather(view: View, members: list[SubjectKey], laws: Laws) -> Steps[None]:
    """Unites islands a few at a time, so that the last transaction has few redirects."""
    for start in range(0, len(members), CARRIERS_AT_ONCE):
        part = members[:1] + members[start : start + CARRIERS_AT_ONCE]

        def plan(draft: Draft, apart: bool, part: list[SubjectKey] = part) -> None:
            draft.need(subject_key(s) for s in part)
            names = {head.island for head in map(draft.subject, part) if head}
            if not apart:
                draft.put(unite(draft, names, laws))
                recompute(draft, laws)

        yield from commit(view, plan)


def _read(view: View, key: IdentifierKey) -> Steps[IdentifierHead]:
    while True:
        try:
            return cell_of(Draft(view), key)
        except Unread as unread:
            view.learn(unread.keys, (yield from read_many(unread.keys)))
