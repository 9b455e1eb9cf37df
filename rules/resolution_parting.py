"""A record left its subject: what that alone had said of the subject is in doubt, then leaves.

Whoever read the subject's head before may still put a row that relies on a link in doubt. So it is
settled later, when all that was running has ended: the subject waits in `PARTED` until then, by
the time when it is due, so that a turn reads those alone.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from rules.resolution_again import kept_from
from rules.resolution_calls import Steps, Update, earliest, query, read_many
from rules.resolution_commit import attempted, commit
from rules.resolution_islands import Laws
from rules.resolution_items import subject_key
from rules.resolution_leaving import plan_doubts
from rules.resolution_links import SELF
from rules.resolution_removal import sweep
from rules.resolution_settling import leave
from rules.resolution_view import Draft, View
from schemas.errors import BadRecord, RetryLater
from schemas.graph import IdentifierKey, SubjectHead, SubjectKey
from schemas.rows import ABSENT, Condition, Conflict, Item, Key, Write, key_of

PARTED: Final = "PARTED"
WAIT: Final = timedelta(seconds=150)
"""Longer than the resolver runs that says so, and after it another that had read the head before:
a minute each.
"""
MOVED: Final = datetime.max.replace(tzinfo=UTC)
"""In doubt since a record moved away: later than any removal reaches."""
OF: Final = "of"
"""What the head's `parted` was: a later one has a row of its own."""
TURN: Final = timedelta(seconds=15)
"""Nothing is begun after that: what is under way has the rest of the function's time."""
DUE_AT_ONCE: Final = 500
"""Of those that are due, so many are read in a turn: more than it has time to settle."""


def part(s: SubjectKey, laws: Laws, stale: frozenset[IdentifierKey] | None = None) -> Steps[None]:
    """All that the subject is linked to is in doubt, and to be settled; before the record goes.

    `stale` is what is no longer said: nothing is to be done while the subject carries none of it.
    """
    yield from commit(View(), lambda draft, _apart: plan_part(draft, s, laws, stale))


def plan_part(
    draft: Draft, s: SubjectKey, laws: Laws, stale: frozenset[IdentifierKey] | None
) -> None:
    """The head's doubts, and a fresh place in the list. It is another head in any case, which ends
    a settling under way, and a reading of what is left by the last call of an erasure.
    """
    head = draft.subject(s)
    if head is None or not (head.seen or head.late):
        return
    carried = head.links.keys() - head.leaving
    if stale is not None and not stale & carried:
        return
    doubts = {**head.doubtful, **dict.fromkeys([SELF, *carried], MOVED)}
    of = head.version + 1
    draft.put(head.model_copy(update={"doubtful": doubts, "parted": of}))
    draft.rows.append(Write("put", place(s, laws.now() + WAIT), {OF: of}))


def place(s: SubjectKey, due: datetime) -> Key:
    """Where a subject waits: whoever is due first comes first."""
    return Key(PARTED, f"{_time(due)}#{s}")


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def tend(now: datetime, laws: Laws) -> Steps[int]:
    """Settles those whose time has come; how many.

    Who has waited longest comes first, for some seconds: the rest has its turn later. `BadRecord`
    when one cannot be settled, after the others were; it waits anew, behind them.
    """
    done, broken = 0, None
    until = laws.now() + TURN
    for row in (yield from earliest(PARTED, f"{_time(now)}~", DUE_AT_ONCE)):
        if laws.now() >= until:
            break
        try:
            done += yield from _settled(row, laws)
        except Conflict:
            continue  # parted again meanwhile: its time is yet to come
        except RetryLater:
            yield from _behind(row, now)
        except BadRecord as error:
            yield from _behind(row, now)
            broken = error
    if broken:
        raise broken
    return done


def _behind(row: Item, now: datetime) -> Steps[None]:
    """One that is stuck keeps no other from its turn."""
    with suppress(Conflict, RetryLater):
        anew = place(_who(row), now + WAIT)
        yield Update(Write("update", anew, {OF: row[OF]}, condition=ABSENT))
        yield _struck(row)


def _struck(row: Item) -> Update:
    same = Condition(f"#{OF} = :seen", {":seen": row[OF]})
    return Update(Write("delete", key_of(row), condition=same))


def _who(row: Item) -> SubjectKey:
    return str(row["sk"]).partition("#")[2]


def _settled(row: Item, laws: Laws) -> Steps[int]:
    s, view = _who(row), View()
    view.learn([subject_key(s)], (yield from read_many([subject_key(s)])))
    head = view.head(subject_key(s))
    if head and later(head, row):
        yield _struck(row)
        return 0
    if head and not (yield from _decided(head, view, laws)):
        return 0
    yield from leave(s, laws)
    yield _struck(row)
    return 1


def later(head: SubjectHead, row: Item) -> bool:
    """Whether another record has left it since: it has a later row, whose time is yet to come."""
    return head.parted > int(str(row[OF]))


def _decided(head: SubjectHead, view: View, laws: Laws) -> Steps[bool]:
    """What the rows that are left say stays. False when the head has moved since it was read: that
    it is in doubt is settled another time.
    """
    due = frozenset(k for k, t in head.doubtful.items() if t == MOVED)
    if not due:
        return True
    yield from sweep(head)
    rows = [kept_from(each) for each in (yield from query(f"S#{head.s}", "R#"))]
    return (
        yield from attempted(view, lambda draft, _: plan_doubts(draft, head.s, due, rows, laws))
    )
