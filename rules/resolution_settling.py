"""Whether an identifier links changes: carriers leave, or it is marked, or its limit is another.

Carriers beyond the limit are rows that are added without touching the identifier's head. So
that none is overlooked, its quarantine is first opened: the gates move to the next epoch, which
turns away whoever read the former one, and until it is settled new carriers come to the head.
"""

from dataclasses import dataclass
from typing import Any, Final

from rules.identity_evidence import carried
from rules.resolution_calls import Pause, Steps, query, read_many
from rules.resolution_commit import ATTEMPTS, attempted, commit
from rules.resolution_islands import (
    Laws,
    cell_of,
    epoch_is,
    over,
    recompute,
    unite,
    usable,
    without,
)
from rules.resolution_items import SHARDS, gate_key, member_key, shard_key, subject_key
from rules.resolution_view import Draft, Unread, View
from schemas.errors import RetryLater
from schemas.graph import IdentifierHead, IdentifierKey, Island, SubjectKey
from schemas.rows import PRESENT, Write

AT_ONCE: Final = 30
"""Rows, or islands, of one transaction."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changes of one identifier; none leaves a mark as it is."""

    key: IdentifierKey
    leaves: SubjectKey | None = None
    blocked: bool | None = None
    trusted: bool | None = None
    again: bool = False
    """Look at its limit again although nothing else changes."""

    def of(self, cell: IdentifierHead) -> IdentifierHead:
        """The head with the marks that were asked for."""
        marks = {"blocked": self.blocked, "trusted": self.trusted}
        return cell.model_copy(update={k: v for k, v in marks.items() if v is not None})


@dataclass(frozen=True, slots=True)
class Rows:
    """Carriers that were rows in an epoch in which no further row could be added."""

    epoch: int
    members: frozenset[SubjectKey]


NO_ROWS: Final = Rows(-1, frozenset())


class Closed(Exception):
    """The quarantine must be opened, and its rows read, before it can be settled."""


def settle(view: View, amendment: Amendment, laws: Laws) -> Steps[None]:
    """The head as amended; the islands of all its carriers become one if it links them now."""
    rows = NO_ROWS
    for attempt in range(1, ATTEMPTS + 1):

        def plan(draft: Draft, apart: bool, rows: Rows = rows) -> None:
            plan_settle(draft, amendment, rows, laws, apart=apart)

        try:
            if (yield from attempted(view, plan)):
                return
            rows = NO_ROWS
            yield Pause(attempt)
        except Closed:
            rows = yield from _opened(view, amendment.key, laws)
    raise RetryLater("an identifier: others keep writing the same items")


def plan_settle(
    draft: Draft, amendment: Amendment, rows: Rows, laws: Laws, *, apart: bool = False
) -> None:
    """The identifier, the rows that move to its head or go, and the islands that it joins."""
    before = cell_of(draft, amendment.key)
    after = settled(before, amendment, rows, laws)
    if apart and usable(after) and not usable(before):
        after = after.model_copy(update={"quarantined": "too_large"})
    gone = _rows_gone(before, after, amendment, rows)
    draft.rows += [Write("delete", member_key(before.key, s), condition=PRESENT) for s in gone]
    if usable(after) and not usable(before):
        after = _join(draft, after, laws)
    elif not usable(after):
        _part(draft, before, after)
    if after != before:
        draft.put(after)
    recompute(draft, laws)


def settled(before: IdentifierHead, amendment: Amendment, rows: Rows, laws: Laws) -> IdentifierHead:
    """The head as it will be. While quarantined for its degree, it alone proves that."""
    after = amendment.of(before)
    after = after.model_copy(update={"members": before.members - {amendment.leaves}})
    if before.quarantined is None:
        return after.model_copy(update={"quarantined": "degree"}) if over(after, laws) else after
    again = amendment.again or (after.trusted and not before.trusted)
    if before.quarantined == "too_large" and not again:
        return after
    if before.quarantined == "degree" and over(after, laws):
        return after
    if before.quarantined != "lifting" or before.epoch != rows.epoch:
        raise Closed
    every = after.model_copy(update={"members": after.members | rows.members - {amendment.leaves}})
    if not over(every, laws):
        return every.model_copy(update={"quarantined": None})
    fill = sorted(every.members - after.members)
    while not over(after, laws):
        after = after.model_copy(update={"members": after.members | {fill.pop()}})
    return after.model_copy(update={"quarantined": "degree"})


def _rows_gone(
    before: IdentifierHead, after: IdentifierHead, amendment: Amendment, rows: Rows
) -> frozenset[SubjectKey]:
    """Rows that became members of the head, and the row of who leaves."""
    gone = (after.members - before.members) & rows.members
    leaver = amendment.leaves
    if leaver and before.quarantined and leaver not in before.members:
        gone |= {leaver}
    return gone


def _join(draft: Draft, cell: IdentifierHead, laws: Laws) -> IdentifierHead:
    draft.need(subject_key(s) for s in cell.members)
    names = {head.island for head in map(draft.subject, cell.members) if head}
    if not names:
        return cell
    if len(draft.all_live(names)) > 2 * AT_ONCE:
        raise Closed
    island = unite(draft, names, laws)
    unusable = island.unusable - {cell.key}
    oversized = island.oversized - {cell.key}
    draft.put(island.model_copy(update={"unusable": unusable, "oversized": oversized}))
    return cell.model_copy(update={"island": island.g})


def _part(draft: Draft, before: IdentifierHead, after: IdentifierHead) -> None:
    """It links nobody: on the one island of its carriers, or wherever they are by now."""
    names: set[str] = set()
    if usable(before):
        names = {before.island} - {""}
    elif after.quarantined == "too_large" and before.quarantined != "too_large":
        draft.need(subject_key(s) for s in after.members)
        names = {head.island for head in map(draft.subject, after.members) if head}
    for island in draft.all_live(names).values():
        if carries(island, after.key):
            draft.put(without(island, after))


def carries(island: Island, key: IdentifierKey) -> bool:
    """Whether anybody on the island carries an identifier."""
    return any(key in carried(node) for node in island.nodes.values())


def _opened(view: View, key: IdentifierKey, laws: Laws) -> Steps[Rows]:
    """Opens the quarantine, reads its rows, and moves those to the head that are too many."""
    yield from commit(view, lambda draft, _apart: _plan_open(draft, key))
    cell = yield from _read(view, key)
    found: list[Any] = []
    for shard in range(SHARDS):
        found += yield from query(shard_key(key, shard), "M#")
    rows = sorted(str(row["s"]) for row in found)
    while len(rows) > AT_ONCE:
        chunk, rows = rows[:AT_ONCE], rows[AT_ONCE:]
        yield from _drained(view, key, Rows(cell.epoch, frozenset(chunk)))
    everybody = cell.members.union(str(row["s"]) for row in found)
    if len(everybody) > AT_ONCE:
        yield from _gather(view, sorted(everybody), laws)
    return Rows(cell.epoch, frozenset(rows))


def _plan_open(draft: Draft, key: IdentifierKey) -> None:
    cell = cell_of(draft, key)
    if cell.quarantined in (None, "lifting"):
        return
    epoch = cell.epoch + 1
    draft.rows += [
        Write("put", gate_key(key, n), {"epoch": epoch}, condition=epoch_is(cell.epoch))
        for n in range(SHARDS)
    ]
    draft.put(cell.model_copy(update={"quarantined": "lifting", "epoch": epoch}))


def _drained(view: View, key: IdentifierKey, rows: Rows) -> Steps[None]:
    yield from commit(view, lambda draft, _apart: _plan_drain(draft, key, rows))


def _plan_drain(draft: Draft, key: IdentifierKey, rows: Rows) -> None:
    cell = cell_of(draft, key)
    moved = rows.members - cell.members
    if cell.quarantined != "lifting" or cell.epoch != rows.epoch or not moved:
        return
    draft.rows += [Write("delete", member_key(key, s), condition=PRESENT) for s in sorted(moved)]
    draft.put(cell.model_copy(update={"members": cell.members | moved}))


def _gather(view: View, members: list[SubjectKey], laws: Laws) -> Steps[None]:
    """Unites islands a few at a time, so that the last transaction has few redirects."""
    for start in range(0, len(members), AT_ONCE):
        part = members[:1] + members[start : start + AT_ONCE]

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
