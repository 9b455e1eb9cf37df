"""Whether an identifier links changes: carriers leave, or it is marked, or its limit is another.

Carriers beyond the limit are rows that are added without touching the identifier's head. So
that none is overlooked, its quarantine is first opened: the gates move to the next epoch, which
turns away whoever read the former one, and until it is settled new carriers come to the head.
"""

from dataclasses import dataclass, replace
from typing import Final

from rules import resolution_opening
from rules.identity import rule_of
from rules.keys import is_own, subject_of, type_of
from rules.renaming import linked_as, name
from rules.resolution_calls import Pause, Steps, read_many
from rules.resolution_commit import ATTEMPTS, attempted
from rules.resolution_islands import (
    Laws,
    RowCarriers,
    carries,
    cell_of,
    over,
    recompute,
    unite,
    usable,
    without,
)
from rules.resolution_items import member_key, subject_key
from rules.resolution_opening import opened
from rules.resolution_release import release
from rules.resolution_view import Draft, View
from schemas.errors import RetryLater
from schemas.graph import IdentifierHead, IdentifierKey, SubjectKey
from schemas.marks import Mark
from schemas.rows import PRESENT, Write


@dataclass(frozen=True, slots=True)
class Amendment:
    """What changes of one identifier; none leaves a mark as it is."""

    key: IdentifierKey
    leaves: SubjectKey | None = None
    blocked: bool | None = None
    trusted: bool | None = None
    marked: Mark | None = None
    again: bool = False
    """Look at its limit again although nothing else changes."""
    arrived: bool = False
    """All of its carriers have come from its former name."""

    def of(self, cell: IdentifierHead) -> IdentifierHead:
        """The head with the marks that were asked for."""
        marks = {"blocked": self.blocked, "trusted": self.trusted, "marked": self.marked}
        return cell.model_copy(update={k: v for k, v in marks.items() if v is not None})


NO_ROWS: Final = RowCarriers(-1, frozenset())


class Closed(Exception):
    """The quarantine must be opened, and its rows read, before it can be settled: by the name that
    the identifier has now.
    """

    def __init__(self, key: IdentifierKey) -> None:
        super().__init__("closed")
        self.key = key


def settle(view: View, amendment: Amendment, laws: Laws) -> Steps[None]:
    """The head as amended; the islands of all its carriers become one if it links them now."""
    rows = NO_ROWS
    for attempt in range(1, ATTEMPTS + 1):

        def plan(draft: Draft, apart: bool, rows: RowCarriers = rows) -> None:
            plan_settle(draft, amendment, rows, laws, apart=apart)

        try:
            if (yield from attempted(view, plan)):
                return
            rows = NO_ROWS
            yield Pause(attempt)
        except Closed as closed:
            rows = yield from opened(view, closed.key, laws)
    raise RetryLater("an identifier: others keep writing the same items")


def plan_settle(
    draft: Draft, amendment: Amendment, rows: RowCarriers, laws: Laws, *, apart: bool = False
) -> None:
    """The identifier, the rows that move to its head or go, and the islands that it joins."""
    amendment = _by_name(draft, amendment, laws)
    if amendment.leaves and not _leave(draft, amendment.key, amendment.leaves):
        return
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
        _store(draft, after)
    recompute(draft, laws)


def _by_name(draft: Draft, amendment: Amendment, laws: Laws) -> Amendment:
    """The same by the name that the identifier has now, for the subject or at all."""
    key = amendment.key
    if amendment.leaves:
        key = linked_as(draft.subject(amendment.leaves), key, laws.pepper)
    elif not amendment.again:
        key = name(draft, key, laws.pepper)
    return replace(amendment, key=key)


def _store(draft: Draft, cell: IdentifierHead) -> None:
    """One that nobody carries and that was never marked or quarantined goes.

    Not while its carriers come from one name to the other: those that are left need both.
    """
    if cell.members or cell.moved or cell.arriving:
        draft.put(cell)
    elif cell.blocked or cell.trusted or cell.quarantined or cell.epoch:
        draft.put(cell.model_copy(update={"island": ""}))
    elif is_own(cell.key):
        head = draft.subject(subject_of(cell.key))
        if head:
            draft.put(head.model_copy(update={"own": None}))
    else:
        draft.drop(cell)


def settled(
    before: IdentifierHead, amendment: Amendment, rows: RowCarriers, laws: Laws
) -> IdentifierHead:
    """The head as it will be. While quarantined for its degree, it alone proves that."""
    after = amendment.of(before)
    after = after.model_copy(update={"members": before.members - {amendment.leaves}})
    if (before.moved or before.arriving) and not amendment.arrived:
        return after  # some of its carriers are elsewhere: it is settled when all have come
    after = after.model_copy(update={"arriving": False})
    if before.quarantined is None:
        return after.model_copy(update={"quarantined": "degree"}) if over(after, laws) else after
    if _stays(before, after, amendment, laws):
        return after
    if before.quarantined != "lifting" or before.epoch != rows.epoch:
        raise Closed(before.key)
    every = after.model_copy(update={"members": after.members | rows.members - {amendment.leaves}})
    if not over(every, laws):
        return every.model_copy(update={"quarantined": None})
    fill = sorted(every.members - after.members)
    while not over(after, laws):
        after = after.model_copy(update={"members": after.members | {fill.pop()}})
    return after.model_copy(update={"quarantined": "degree"})


def _stays(before: IdentifierHead, after: IdentifierHead, amendment: Amendment, laws: Laws) -> bool:
    """Whether it is plain that it links nobody, without a look at its rows."""
    if rule_of(type_of(before.key), laws.rules) is None:
        return True
    if before.quarantined == "too_large":
        return not (amendment.again or (after.trusted and not before.trusted))
    return before.quarantined == "degree" and over(after, laws)


def _leave(draft: Draft, key: IdentifierKey, s: SubjectKey) -> bool:
    """Takes the link off the subject's head, or from the identifier; false when it did before."""
    head = draft.subject(s)
    if head is None:
        return False
    if key in head.leaving:
        links = {k: link for k, link in head.links.items() if k != key}
        draft.put(head.model_copy(update={"links": links, "leaving": head.leaving - {key}}))
        return True
    if key in head.parting:
        draft.put(head.model_copy(update={"parting": head.parting - {key}}))
        return True
    return False


def _rows_gone(
    before: IdentifierHead, after: IdentifierHead, amendment: Amendment, rows: RowCarriers
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
    if len(draft.all_live(names)) > 2 * resolution_opening.CARRIERS_AT_ONCE:
        raise Closed(cell.key)
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


def leave(s: SubjectKey, laws: Laws) -> Steps[None]:
    """Each identifier that links the subject no more forgets it; a quarantine may lift by that.

    Then what can link it again does.
    """
    view = View()
    key = subject_key(s)
    view.learn([key], (yield from read_many([key])))
    head = view.head(key)
    for lost in sorted(head.leaving | head.parting) if head else ():
        yield from settle(view, Amendment(lost, leaves=s), laws)
    yield from release(s, laws)
