"""Records and consents become rows, once the links that they claim are committed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rules.keys import Pepper
from rules.resolution_calls import Pause, Steps, Update, insert_many, read_many, transact
from rules.resolution_case import Case, consent_items, record_row, said_at
from rules.resolution_items import COUNT, MINOR, as_read, record_from, record_item, subject_key
from rules.resolution_said import mark_of, parted
from schemas.errors import RetryLater
from schemas.graph import RecordRow
from schemas.rows import ABSENT, PRESENT, Condition, Conflict, Item, Key, Value, Write

ATTEMPTS: Final = 12
MOST_SAID: Final = 24
"""Statements of a record that are kept whole: a row is to stay small however often it changes."""
ROWS_AT_ONCE: Final = 40
"""Rows of one transaction that moves a subject's totals."""


def store_consents(cases: Iterable[Case], pepper: Pepper) -> Steps[None]:
    """Each event once. A withdrawal is in the journal before it is anywhere else."""
    found = [pair for case in cases for pair in consent_items(case, pepper)]
    withdrawn = [item for item, signal in found if signal.state == "withdrawn"]
    yield from insert_many(_once(withdrawn), "journal")
    yield from insert_many(_once(item for item, _ in found))


def store_records(cases: Sequence[Case], known: frozenset[str]) -> Steps[None]:
    """Writes each record that is absent or older, without a read where a guess can do it.

    A known subject's contact is likely to be a newer version, another record to be new; those in
    one call. What was guessed wrong or bears money is read, and written with its totals.
    `known` are the subjects that had a head when the batch was read: only their rows are read.
    """
    inserts: dict[Key, Case] = {}
    rest: list[Case] = []
    for case in cases:
        if case.row_key in inserts or _bears_money(case):
            rest.append(case)
        elif case.s in known and case.observation.interaction is None and not case.since:
            if not (yield from _replaced(case)):
                rest.append(case)
        else:
            inserts[case.row_key] = case
    fresh = yield from insert_many([_item(case) for case in inserts.values()])
    there = [case for case, new in zip(inserts.values(), fresh, strict=True) if not new]
    yield from _store_each([*there, *rest], known)


def _replaced(case: Case) -> Steps[bool]:
    """Whether an older version was there, and this one is now."""
    item = record_item(record_row(case), case.order)
    values = {name: item[name] for name in ("ver", "data")}
    said: Item = {"said": item["said"]}
    short: Item = {":ver": case.order, ":most": MOST_SAID}
    older = Condition("#ver < :ver AND size(#said) < :most", short)
    try:
        yield Update(Write("update", case.row_key, values, add=said, condition=older))
    except Conflict:
        return False
    return True


def _store_each(cases: Sequence[Case], known: frozenset[str]) -> Steps[None]:
    by_subject: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_subject[case.s].append(case)
    wanted = [case.row_key for case in cases if case.s in known]
    found: Mapping[Key, Item] = (yield from read_many(wanted)) if wanted else {}
    for s, own in by_subject.items():
        for start in range(0, len(own), ROWS_AT_ONCE):
            yield from _store_together(s, own[start : start + ROWS_AT_ONCE], found)


def _store_together(s: str, cases: list[Case], found: Mapping[Key, Item]) -> Steps[None]:
    for attempt in range(1, ATTEMPTS + 1):
        writes = _row_writes(s, cases, found)
        try:
            yield from transact(writes)
        except Conflict:
            yield Pause(attempt)
            found = yield from read_many([case.row_key for case in cases])
        else:
            return
    raise RetryLater("records: others keep writing the same ones")


def _row_writes(s: str, cases: list[Case], found: Mapping[Key, Item]) -> list[Write]:
    """The rows that change, conditioned on what was read, and what their money changes."""
    writes: list[Write] = []
    moved: dict[str, int] = defaultdict(int)
    by_row: dict[Key, list[Case]] = defaultdict(list)
    for case in cases:
        by_row[case.row_key].append(case)
    for key, every in by_row.items():
        before = found.get(key)
        versions = _since(every, before)
        write = _row_write(key, versions, before)
        if write:
            writes.append(write)
            _count(moved, record_from(before) if before else None, -1)
            kept = None if _stale(versions, before) else before
            _count(moved, _newest(versions, kept), 1)
    totals = {name: value for name, value in moved.items() if value}
    if totals:
        writes.append(Write("update", subject_key(s), add=totals, condition=PRESENT))
    return writes


def _since(versions: list[Case], before: Item | None) -> list[Case]:
    """Those that count beside a row that came after a removal, of which not all know."""
    since = record_from(before).since if before else None
    return [case for case in versions if since is None or case.said > since]


def _row_write(key: Key, versions: list[Case], before: Item | None) -> Write | None:
    if not versions:
        return None
    newest = max(versions, key=lambda case: case.order)
    said = frozenset(case.said_so for case in versions)
    if before is None:
        row = record_row(newest).model_copy(update={"said": said})
        return Write("put", key, record_item(row, newest.order), condition=ABSENT)
    if _stale(versions, before):
        row = record_row(newest).model_copy(update={"said": said})
        return Write("put", key, record_item(row, newest.order), condition=as_read(before))
    return _more(key, newest, said, before)


def _more(key: Key, newest: Case, said: frozenset[str], before: Item) -> Write | None:
    """What is newer, and what was not said yet; much of it in parts: the row is to stay small."""
    row = record_from(before)
    same = as_read(before)
    values: dict[str, Value] = {}
    if newest.order > str(before["ver"]):
        item = record_item(record_row(newest), newest.order)
        values = {name: item[name] for name in ("ver", "data")}
    more = said - row.said
    if not values and not more:
        return None
    if len(row.said | said) <= MOST_SAID:
        return Write("update", key, values, add={"said": more} if more else {}, condition=same)
    whole = said.union(text for text in row.said if mark_of(text) == row.now)
    values["said"] = parted(row.said | said, whole)
    few = {**same.values, ":next": len(row.said) + 1}
    still = Condition(f"{same.expression} AND size(#said) < :next", few)
    return Write("update", key, values, condition=still)


def _stale(versions: list[Case], before: Item | None) -> bool:
    """Whether what is there should have been swept when its subject or record was taken out."""
    since = max((case.since for case in versions if case.since), default=None)
    if before is None or since is None:
        return False
    row = record_from(before)
    return said_at(row.version, row.occurred_at) <= since


def _newest(versions: list[Case], before: Item | None) -> RecordRow:
    newest = max(versions, key=lambda case: case.order)
    if before is not None and newest.order <= str(before["ver"]):
        return record_from(before)
    return record_row(newest)


def _count(moved: dict[str, int], row: RecordRow | None, sign: int) -> None:
    if row and row.interaction and row.interaction.amount and not row.deleted:
        amount = row.interaction.amount
        moved[COUNT + amount.currency] += sign
        moved[MINOR + amount.currency] += sign * amount.minor


def takings(rows: Iterable[RecordRow]) -> dict[str, int]:
    """What these rows brought to their subject's totals."""
    moved: dict[str, int] = defaultdict(int)
    for row in rows:
        _count(moved, row, 1)
    return dict(moved)


def _bears_money(case: Case) -> bool:
    interaction = case.observation.interaction
    return bool(interaction and interaction.amount)


def _item(case: Case) -> Item:
    pk, sk = case.row_key
    return {"pk": pk, "sk": sk, **record_item(record_row(case), case.order)}


def _once(items: Iterable[Item]) -> list[Item]:
    return list({(item["pk"], item["sk"]): item for item in items}.values())
