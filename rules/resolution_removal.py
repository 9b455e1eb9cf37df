"""A subject is erased, or one record taken out: what is left is as if it had never come.

The tombstone is in the journal first and then on the subject's head, where every resolver that
starts later finds it. What was running at that time may still put rows, without looking at the
head again; they are swept by the last call, when all of that has ended. A row that is newer stays,
and if what links it went with the removal, the last call links it again.
"""

from collections.abc import Callable
from datetime import datetime

from rules import keys
from rules.resolution_again import Kept, kept_from
from rules.resolution_calls import Pause, Steps, insert_many, query, read_many, surely, transact
from rules.resolution_case import out_since, said_at
from rules.resolution_commit import ATTEMPTS, attempted, commit
from rules.resolution_heard import heard
from rules.resolution_islands import Laws
from rules.resolution_items import (
    as_read,
    pointer_item,
    pointer_key,
    record_from,
    subject_from,
    subject_key,
)
from rules.resolution_leaving import plan_doubts, plan_erase, plan_over, plan_remove
from rules.resolution_rows import ROWS_AT_ONCE, takings
from rules.resolution_settling import leave
from rules.resolution_view import Draft, View
from schemas.errors import RetryLater
from schemas.graph import ConsentRow, RecordRow, SubjectHead, SubjectKey
from schemas.rows import PRESENT, Conflict, Item, Write, key_of


def erase(s: SubjectKey, at: datetime, laws: Laws, *, last: bool = False) -> Steps[bool]:
    """Takes out a subject: its records, consents, links and what was said about it until `at`.

    Call it again with the same `at` and `last` once whatever was running has ended. Rows of
    deliveries stay: they are needed to tell the destinations.
    """
    yield from insert_many([_tombstone(s, "ERASED", at)], "journal")
    head = yield from _head(s)
    until = yield from _reaching(s, at, head.erased_at if head else None)
    yield from commit(View(), lambda draft, _apart: plan_erase(draft, s, until, at, laws))
    head = yield from _head(s)
    if head and head.erased_at:
        yield from sweep(head)
        yield from _forget_consents(s, head.erased_at)
    yield from leave(s, laws)
    if last:
        yield from _concluded(s, at, laws)
    return True


def _concluded(s: SubjectKey, asked: datetime, laws: Laws) -> Steps[None]:
    """What is newer and was under way has its links; who it was is known no longer for it."""
    yield from heard(s, laws)
    yield from commit(View(), lambda draft, _apart: plan_over(draft, s, asked))
    yield from leave(s, laws)


def remove_record(
    s: SubjectKey, record: tuple[str, str], at: datetime, laws: Laws, *, last: bool = False
) -> Steps[bool]:
    """Takes out a record (its kind and id) in all versions until `at`; `last` as for `erase`.

    What it alone said goes with the last call. Other records, even new ones, keep what they say.
    """
    r = keys.of_record(laws.pepper, *record)
    name = r, ":".join(record)
    yield from insert_many([_tombstone(s, f"REMOVED#{r}", at)], "journal")
    head = yield from _head(s)
    at = yield from _reaching(s, at, out_since(head, r), f"#{r}")
    yield from commit(View(), lambda draft, _apart: plan_remove(draft, s, name, at, laws))
    head = yield from _head(s)
    until = out_since(head, r)
    if head and until:
        yield from sweep(head)
    if until and last:
        yield from heard(s, laws)
        yield from settle_doubts(s, until, laws)
    yield from leave(s, laws)
    return True


def _reaching(
    s: SubjectKey, at: datetime, done: datetime | None, ends: str = ""
) -> Steps[datetime]:
    """`at`, or later where a source's clock runs ahead: what is there now goes.

    What is older goes before the head says so: a newer version that comes meanwhile, from who
    cannot know of it, would else be put onto it, and its words be kept with the newer one's.
    """
    if done and done >= at:
        return at

    def old(row: Item) -> bool:
        return str(row["sk"]).endswith(ends) and _said(row) <= at

    left = yield from _swept(s, old)
    return max([at, *(_said(row) for row in left if str(row["sk"]).endswith(ends))])


def _tombstone(s: SubjectKey, what: str, at: datetime) -> Item:
    return {"pk": f"S#{s}", "sk": f"{what}#{at.isoformat(timespec='microseconds')}"}


def _head(s: SubjectKey) -> Steps[SubjectHead | None]:
    found = yield from read_many([subject_key(s)])
    item = found.get(subject_key(s))
    return subject_from(item) if item else None


def _said(item: Item) -> datetime:
    row = record_from(item)
    return said_at(row.version, row.occurred_at)


def sweep(head: SubjectHead) -> Steps[None]:
    """Deletes the rows of what was taken out, each with what it brought to the totals."""
    yield from _swept(head.s, lambda row: _is_out(row, head))


def _swept(s: SubjectKey, goes: Callable[[Item], bool]) -> Steps[list[Item]]:
    """Deletes those rows; the others."""
    for attempt in range(1, ATTEMPTS + 1):
        rows = yield from query(f"S#{s}", "R#")
        old = [row for row in rows if goes(row)]
        try:
            for start in range(0, len(old), ROWS_AT_ONCE):
                yield from transact(_deletes(s, old[start : start + ROWS_AT_ONCE]))
        except Conflict:
            yield Pause(attempt)
        else:
            return [row for row in rows if not goes(row)]
    raise RetryLater("records: others keep writing the same ones")


def _is_out(row: Item, head: SubjectHead) -> bool:
    out = out_since(head, _name_of(row))
    return out is not None and _said(row) <= out


def _name_of(row: Item) -> str:
    """The record's name in the table."""
    return str(row["sk"]).rpartition("#")[2]


def _deletes(s: SubjectKey, rows: list[Item]) -> list[Write]:
    writes = [Write("delete", key_of(row), condition=as_read(row)) for row in rows]
    found = [record_from(row) for row in rows]
    writes += [outlived(row, each) for row, each in zip(rows, found, strict=True) if each.movable]
    totals = takings(found)
    if totals:
        less = {name: -value for name, value in totals.items()}
        writes.append(Write("update", subject_key(s), add=less, condition=PRESENT))
    return writes


def outlived(item: Item, row: RecordRow) -> Write:
    """A record that can move does not come back with what an older version said of another."""
    pointer = pointer_key(row.source, _name_of(item))
    return Write("put", pointer, pointer_item(key_of(item), str(item["ver"])))


def _forget_consents(s: SubjectKey, until: datetime) -> Steps[None]:
    """What the person said to everybody; what is about an address or number stays with it.

    The journal keeps withdrawals, which go on binding who was one customer with them, and so it
    keeps from when they had ended.
    """
    found = yield from query(f"S#{s}", "K#")
    rows = [row for row in found if datetime.fromisoformat(str(row["sk"]).split("#")[3]) <= until]
    yield from insert_many(_endings(rows), "journal")
    for row in rows:
        yield from surely(Write("delete", key_of(row)))


def _endings(rows: list[Item]) -> list[Item]:
    """Grants that may have lifted a withdrawal, without the record that said so."""
    said = [ConsentRow.model_validate_json(str(row["data"])) for row in rows]
    ended = {each.purpose for each in said if each.state == "withdrawn"}
    return [
        {
            "pk": row["pk"],
            "sk": row["sk"],
            "data": each.model_copy(
                update={"source": "", "record": "", "method": ""}
            ).model_dump_json(exclude_defaults=True),
        }
        for row, each in zip(rows, said, strict=True)
        if each.state == "granted" and each.purpose in ended
    ]


def settle_doubts(s: SubjectKey, until: datetime, laws: Laws) -> Steps[None]:
    """What was in doubt by then stays if a row says it. Whatever ran then must have ended."""
    for attempt in range(1, ATTEMPTS + 1):
        view = View()
        key = subject_key(s)
        view.learn([key], (yield from read_many([key])))
        head = view.head(key)
        due = frozenset(k for k, t in head.doubtful.items() if t <= until) if head else frozenset()
        if not due:
            return
        rows = [kept_from(row) for row in (yield from query(f"S#{s}", "R#"))]

        def plan(
            draft: Draft, _apart: bool, due: frozenset[str] = due, rows: list[Kept] = rows
        ) -> None:
            plan_doubts(draft, s, due, rows, laws)

        if (yield from attempted(view, plan)):
            return
        yield Pause(attempt)
    raise RetryLater("a removal: others keep writing the same subject")
