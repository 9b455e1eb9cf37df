"""Records whose next version may be about somebody else: each is in exactly one place.

A pointer names the place. A row is put there, moved or taken away in one transaction with it, so
that a row proves where the pointer is, and is read instead of it where that will do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from rules import keys
from rules.resolution_calls import Pause, Steps, read_many, transact
from rules.resolution_case import Case, record_row
from rules.resolution_islands import Laws
from rules.resolution_items import place_from
from rules.resolution_parting import part
from rules.resolution_places import Move, Standing, left_by, pointer_of, writes_of
from rules.resolution_rows import takings
from schemas.errors import RetryLater
from schemas.graph import SubjectKey
from schemas.rows import Conflict, Key

ATTEMPTS: Final = 12
RECORDS_AT_ONCE: Final = 30
"""New records of one transaction: each has a row and a pointer."""


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
    left = yield from _placed_together(moves)
    for position in reversed(list(left)):
        try:
            yield from _placed(left[position], laws)
        except RetryLater as error:
            later[position] = error.reason
    return later


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


def _placed_together(moves: Mapping[int, Move]) -> Steps[dict[int, Move]]:
    """Those that are new, in few transactions, one for whose totals each changes; what is left."""
    groups: dict[SubjectKey, dict[int, Move]] = defaultdict(dict)
    for position, move in moves.items():
        if move.standing == Standing() and move.linked and not move.gone:
            about = move.case.s if takings([record_row(move.case)]) else ""
            groups[about][position] = move
    left = dict(moves)
    for group in groups.values():
        for start in range(0, len(group), RECORDS_AT_ONCE):
            some = dict(list(group.items())[start : start + RECORDS_AT_ONCE])
            if len(some) < 2:
                continue
            if (yield from _at_once(some.values())):
                left = {i: move for i, move in left.items() if i not in some}
            else:
                left |= {i: replace(move, standing=None) for i, move in some.items()}
    return left


def _at_once(moves: Collection[Move]) -> Steps[bool]:
    """False when one of them is not new; others who write the same totals are waited for."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            yield from transact(writes_of(moves))
        except Conflict as conflict:
            if conflict.failed:
                return False
            yield Pause(attempt)
        else:
            return True
    return False


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
        for s in left_by(move, standing, laws):
            yield from part(s, laws)
        try:
            yield from transact(writes_of([replace(move, standing=standing)]))
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
    place = case.row_key if standing.here else standing.place
    if place.pk != case.row_key.pk:
        yield from part(case.s, laws)
    elif stale := frozenset(case.links) - standing.names(case, laws):
        yield from part(case.s, laws, stale.union(keys.renewed(laws.pepper, key) for key in stale))
