"""Where a record that can move is, as far as was read, and what is written to place a version."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rules.resolution_again import named_by
from rules.resolution_case import Case, record_row
from rules.resolution_islands import Laws
from rules.resolution_items import (
    as_read,
    place_from,
    pointer_item,
    pointer_key,
    record_from,
    record_item,
    subject_key,
)
from rules.resolution_rows import takings
from schemas.graph import IdentifierKey, RecordRow, SubjectKey
from schemas.rows import ABSENT, PRESENT, Item, Key, Write


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

    def names(self, case: Case, laws: Laws) -> frozenset[IdentifierKey]:
        """What the row names, as if its subject were the case's."""
        subject = case.observation.subject
        return named_by(record_from(self.row), subject, laws) if self.row else frozenset()

    @property
    def place(self) -> Key:
        """Where the pointer says that it is."""
        assert self.pointer
        return place_from(self.pointer)


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


def pointer_of(case: Case) -> Key:
    """Where the record of a case says where it is."""
    return pointer_key(case.observation.subject.source, case.r)


def left_by(move: Move, standing: Standing, laws: Laws) -> Iterator[SubjectKey]:
    """The subject that the record leaves, or of which it says less than it did."""
    row = standing.row
    if row is None:
        return
    s = record_from(row).s
    said_more = not move.gone and standing.names(move.case, laws) - move.case.links.keys()
    if s != move.case.s or said_more:
        yield s


def writes_of(moves: Iterable[Move]) -> list[Write]:
    """Pointers and rows, and all that their money changes."""
    writes: list[Write] = []
    moved: dict[SubjectKey, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for move in moves:
        before, after = _change(move)
        writes += _row_writes(move, before, after)
        for row, sign in ((before, -1), (after, 1)):
            if row:
                for name, value in takings([row]).items():
                    moved[row.s][name] += sign * value
    return [*writes, *_totals(moved)]


def _change(move: Move) -> tuple[RecordRow | None, RecordRow | None]:
    row = move.standing and move.standing.row
    return record_from(row) if row else None, None if move.gone else record_row(move.case)


def _row_writes(move: Move, before: RecordRow | None, after: RecordRow | None) -> list[Write]:
    """The pointer, the row here and no longer there."""
    case, standing = move.case, move.standing or Standing()
    writes = []
    if after is None or standing.here is None or not (before and before.movable):
        writes.append(_pointed(case, standing))
    if standing.here is None and standing.there:
        writes.append(Write("delete", standing.place, condition=as_read(standing.there)))
    if after:
        condition = as_read(standing.here) if standing.here else ABSENT
        item = record_item(after, case.order)
        writes.append(Write("put", case.row_key, item, condition=condition))
    elif standing.here:
        writes.append(Write("delete", case.row_key, condition=as_read(standing.here)))
    return writes


def _pointed(case: Case, standing: Standing) -> Write:
    """A row that is here proves the pointer, so that it needs no condition then."""
    condition = as_read(standing.pointer) if standing.pointer else ABSENT
    item = pointer_item(case.row_key, case.order)
    kept = None if standing.here else condition
    return Write("put", pointer_of(case), item, condition=kept)


def _totals(moved: Mapping[SubjectKey, Mapping[str, int]]) -> list[Write]:
    return [
        Write("update", subject_key(s), add=add, condition=PRESENT)
        for s, all_ in moved.items()
        if (add := {name: value for name, value in all_.items() if value})
    ]
