"""A record left its subject: what that alone had said of the subject is in doubt, then leaves.

Whoever read the subject's head before may still put a row that relies on a link in doubt. So it is
settled later, when all that was running has ended: the subject waits in `PARTED` until then.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from rules.resolution_again import kept_from
from rules.resolution_calls import Steps, Update, query, read_many
from rules.resolution_commit import attempted, commit
from rules.resolution_islands import Laws
from rules.resolution_items import subject_key
from rules.resolution_leaving import plan_doubts
from rules.resolution_links import SELF
from rules.resolution_removal import sweep
from rules.resolution_settling import leave
from rules.resolution_view import Draft, View
from schemas.errors import BadRecord, RetryLater
from schemas.graph import IdentifierKey, SubjectKey
from schemas.rows import Condition, Conflict, Item, Key, Write, key_of, version_is

PARTED: Final = "PARTED"
WAIT: Final = timedelta(seconds=150)
"""Longer than any resolver runs."""
MOVED: Final = datetime.max.replace(tzinfo=UTC)
"""In doubt since a record moved away: later than any removal reaches."""
STAMP: Final = "since"
TURN: Final = timedelta(seconds=15)
"""Nothing is begun after that: what is under way has the rest of the function's time."""


def part(s: SubjectKey, stale: frozenset[IdentifierKey] | None = None) -> Steps[None]:
    """All that the subject is linked to is in doubt, and to be settled; before the record goes.

    `stale` is what is no longer said: nothing is to be done while the subject carries none of it.
    """
    yield from commit(View(), lambda draft, _apart: plan_part(draft, s, stale))


def plan_part(draft: Draft, s: SubjectKey, stale: frozenset[IdentifierKey] | None) -> None:
    """The head's doubts, and a fresh place in the list, which ends a settling under way."""
    head = draft.subject(s)
    if head is None or not head.seen:
        return
    carried = head.links.keys() - head.leaving
    if stale is not None and not stale & carried:
        return
    doubts = {**head.doubtful, **dict.fromkeys([SELF, *carried], MOVED)}
    if doubts == head.doubtful:
        same = Write("check", subject_key(s), condition=version_is(head.version))
        draft.rows.append(same)
    else:
        draft.put(head.model_copy(update={"doubtful": doubts}))
    draft.rows.append(Write("put", Key(PARTED, s)))


def tend(now: datetime, laws: Laws) -> Steps[int]:
    """Settles those whose time has come, and says of others since when they wait; how many.

    Who has waited longest comes first, for some seconds: the rest has its turn later. `BadRecord`
    when one cannot be settled, after the others were; it waits anew, behind them.
    """
    done, broken = 0, None
    until = laws.now() + TURN
    waiting = yield from query(PARTED)
    for row in sorted((row for row in waiting if _due(row, now)), key=_place):
        if laws.now() >= until:
            break
        try:
            done += yield from _tended(row, now, laws)
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


def _place(row: Item) -> tuple[bool, str, str]:
    """Whose time has come before those who begin to wait, the longest waiting first."""
    since = row.get(STAMP)
    return since is None, str(since), str(row["sk"])


def _tended(row: Item, now: datetime, laws: Laws) -> Steps[int]:
    if row.get(STAMP) is None:
        yield _stamped(row, now)
        return 0
    return (yield from _settled(row, laws))


def _behind(row: Item, now: datetime) -> Steps[None]:
    """One that is stuck keeps no other from its turn."""
    with suppress(Conflict, RetryLater):
        yield _stamped(row, now)


def _stamped(row: Item, now: datetime) -> Update:
    was = row.get(STAMP)
    seen = Condition(f"#{STAMP} = :seen", {":seen": str(was)}) if was else None
    return Update(Write("update", key_of(row), {STAMP: now.isoformat()}, condition=seen))


def _due(row: Item, now: datetime) -> bool:
    since = row.get(STAMP)
    return since is None or datetime.fromisoformat(str(since)) + WAIT <= now


def _settled(row: Item, laws: Laws) -> Steps[int]:
    s, view = str(row["sk"]), View()
    same = Condition(f"#{STAMP} = :seen", {":seen": str(row[STAMP])})
    view.learn([subject_key(s)], (yield from read_many([subject_key(s)])))
    head = view.head(subject_key(s))
    due = frozenset(k for k, t in head.doubtful.items() if t == MOVED) if head else frozenset()
    if head and due:
        yield from sweep(head)
        rows = [kept_from(each) for each in (yield from query(f"S#{s}", "R#"))]

        def plan(draft: Draft, _apart: bool) -> None:
            plan_doubts(draft, s, due, rows, laws)
            draft.rows.append(Write("check", key_of(row), condition=same))

        if not (yield from attempted(view, plan)):
            return 0
    yield from leave(s, laws)
    yield Update(Write("delete", key_of(row), condition=same))
    return 1
