"""Records whose next version may be about somebody else: each is in exactly one place.

A pointer names the place. A row is put there, moved or taken away in one transaction with it, so
that a row proves where the pointer is, and is read instead of it where that will do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from rules import keys
from rules.resolution_again import named_by
from rules.resolution_calls import Pause, Steps, read_many, transact
from rules.resolution_case import Case, record_row
from rules.resolution_islands import Laws
from rules.resolution_items import (
    place_from,
    pointer_item,
    pointer_key,
    record_from,
    record_item,
    subject_key,
)
from rules.resolution_parting import part
from rules.resolution_rows import takings
from schemas.errors import RetryLater
from schemas.graph import RecordRow, SubjectKey
from schemas.rows import ABSENT, PRESENT, Condition, Conflict, Item, Key, Write

ATTEMPTS: Final = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record is, as far as was read: the row at the case's own place; or else the pointer,
    and the row that it names."""

    here: Item | None = None
    pointer: Item | None = None
    there: Item | None = None

    @property
    def newest(self) -> str:
        """Orders the newest version that came, though it may be taken out by now."""
        read = (self.here, self.pointer, self.there)
        return max((str(item["ver"]) for item in read if item), default="")

    @property
    def row(self) -> Item | None:
        """The record's row, wherever it is."""
        return self.here or self.there


@dataclass(frozen=True, slots=True)
class Move:
    """A version to be placed; `standing` is none when it must be looked up again.

    `linked` is false where a newer version is known: its links were left out. `gone` when its
    subject or record was taken out: it only shows that nothing older is anywhere.
    """

    case: Case
    standing: Standing | None
    linked: bool = True
    gone: bool = False


def survey(
    cases: Mapping[int, Case], known: Collection[SubjectKey], unsure: Collection[int]
) -> Steps[dict[int, Move]]:
    """Where the records are, in the order of their versions: `cases` by position, in that order.

    A row is read where its subject is `known`; the pointer, where the position is `unsure`.
    """
    if not cases:
        return {}
    rows = [case.row_key for case in cases.values() if case.s in known]
    pointers = [pointer_of(cases[position]) for position in unsure]
    standings = yield from _looked(cases, [*rows, *pointers])
    last = {pointer_of(case): position for position, case in cases.items()}
    moves = {}
    for position, case in cases.items():
        if last[pointer_of(case)] != position:
            moves[position] = Move(case, None, linked=False)
        else:
            standing = standings[position]
            moves[position] = Move(case, standing, linked=standing.newest < case.order)
    return moves


def store_moves(moves: Mapping[int, Move], laws: Laws) -> Steps[dict[int, str]]:
    """Places each, the newest of a record first; what must come again, and why."""
    later = {}
    for position in reversed(list(moves)):
        try:
            yield from _placed(moves[position], laws)
        except RetryLater as error:
            later[position] = error.reason
    return later


def pointer_of(case: Case) -> Key:
    """Where the record of a case says where it is."""
    return pointer_key(case.observation.subject.source, case.r)


def _looked(cases: Mapping[int, Case], wanted: Iterable[Key]) -> Steps[dict[int, Standing]]:
    found = yield from read_many(tuple(dict.fromkeys(wanted)))
    standings = {
        position: Standing(found.get(case.row_key), found.get(pointer_of(case)))
        for position, case in cases.items()
    }
    places = {i: place_from(each.pointer) for i, each in standings.items() if each.pointer}
    elsewhere = {i: place for i, place in places.items() if place != cases[i].row_key}
    rows = (yield from read_many(tuple(elsewhere.values()))) if elsewhere else {}
    for position, place in elsewhere.items():
        standings[position] = replace(standings[position], there=rows.get(place))
    return standings


def _placed(move: Move, laws: Laws) -> Steps[None]:
    case, standing = move.case, move.standing
    for attempt in range(1, ATTEMPTS + 1):
        if standing is None:
            places = (case.row_key, pointer_of(case))
            standing = (yield from _looked({0: case}, places))[0]
        if standing.newest >= case.order:
            yield from outdated(move, standing, laws)
            return
        if not move.linked and not move.gone:
            raise RetryLater("a record: its newer version comes first")
        for s in _left(move, standing, laws):
            yield from part(s)
        try:
            yield from transact(_writes(move, standing))
        except Conflict:
            yield Pause(attempt)
            standing = None
        else:
            return
    raise RetryLater("a record: others keep moving it")


def outdated(move: Move, standing: Standing, laws: Laws) -> Steps[None]:
    """A newer version came before. What this one, or an attempt at it, linked alone is to leave."""
    case = move.case
    if move.gone:
        return
    place = case.row_key if standing.here else _place(standing)
    if place.pk != case.row_key.pk:
        yield from part(case.s)
    elif stale := frozenset(case.links) - _ids(standing.row, case, laws):
        yield from part(case.s, stale.union(keys.renewed(laws.pepper, key) for key in stale))


def _left(move: Move, standing: Standing, laws: Laws) -> Iterator[SubjectKey]:
    """The subject that the record leaves, or of which it says less than it did."""
    row = standing.row
    if row is None:
        return
    s = record_from(row).s
    if s != move.case.s or (not move.gone and _ids(row, move.case, laws) - move.case.links.keys()):
        yield s


def _writes(move: Move, standing: Standing) -> list[Write]:
    """The pointer, the row here and no longer there, and the money of both."""
    case, before = move.case, record_from(standing.row) if standing.row else None
    after = None if move.gone else record_row(case)
    writes = []
    if after is None or standing.here is None or not (before and before.movable):
        writes.append(_pointed(case, standing))
    if standing.here is None and standing.there:
        writes.append(Write("delete", _place(standing), condition=_same(standing.there)))
    if after:
        condition = _same(standing.here) if standing.here else ABSENT
        item = record_item(after, case.order)
        writes.append(Write("put", case.row_key, item, condition=condition))
    elif standing.here:
        writes.append(Write("delete", case.row_key, condition=_same(standing.here)))
    return [*writes, *_totals(before, after)]


def _pointed(case: Case, standing: Standing) -> Write:
    """A row that is here proves the pointer, so that it needs no condition then."""
    condition = _same(standing.pointer) if standing.pointer else ABSENT
    item = pointer_item(case.row_key, case.order)
    kept = None if standing.here else condition
    return Write("put", pointer_of(case), item, condition=kept)


def _totals(before: RecordRow | None, after: RecordRow | None) -> list[Write]:
    moved: dict[SubjectKey, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    counted = [(row, sign) for row, sign in ((before, -1), (after, 1)) if row]
    for row, sign in counted:
        for name, value in takings([row]).items():
            moved[row.s][name] += sign * value
    return [
        Write("update", subject_key(s), add=add, condition=PRESENT)
        for s, all_ in moved.items()
        if (add := {name: value for name, value in all_.items() if value})
    ]


def _same(item: Item) -> Condition:
    return Condition("#ver = :seen", {":seen": str(item["ver"])})


def _place(standing: Standing) -> Key:
    assert standing.pointer
    return place_from(standing.pointer)


def _ids(row: Item | None, case: Case, laws: Laws) -> frozenset[str]:
    """What a row's version names, of the same subject as the case."""
    return named_by(record_from(row), case.observation.subject, laws) if row else frozenset()
