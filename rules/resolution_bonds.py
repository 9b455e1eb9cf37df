"""Which customers fell apart, and when: what an island remembers of it, in the write that does it.

Nobody reads here what was said: it is read when something is decided (`rules.bonds`). So what a
person says while the customer falls apart is neither lost nor a reason to try again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import reduce
from typing import Final

from rules.bonds import UNDER_WAY, concerning
from rules.consent import ADDRESSES
from rules.keys import Pepper, renewed, type_of
from rules.renaming import renamed
from schemas.bonds import Bond
from schemas.graph import Island, Node, SubjectKey

MOST: Final = 8
"""Bonds that a subject is in; older ones of it become one that binds at least as much."""

Parts = tuple[frozenset[str], ...]


def bonded(
    before: Iterable[Island],
    after: Island,
    now: datetime,
    pepper: Pepper,
) -> Island:
    """`after`, remembering which of the customers of `before` are one no more.

    Nobody parts from an address that is only `renamed`; it is remembered by the name it has.
    """
    islands = list(before)
    known = dict.fromkeys(bond for island in islands for bond in island.bonds)
    bonds = sorted(known, key=_time)
    for island in islands:
        for found in _partings(renamed(island, pepper), renamed(after, pepper)):
            parts = _named(found, island, after, pepper)
            bonds = added(bonds, Bond(parts=parts, since=now, until=now + UNDER_WAY))
    bonds = concerning(bonds, frozenset(after.nodes)) if bonds else []
    return after.model_copy(update={"bonds": tuple(sorted(bonds, key=_time))})


def added(bonds: list[Bond], fresh: Bond) -> list[Bond]:
    """The same parting again widens what is known of it; too many of a subject become fewer."""
    same = [bond for bond in bonds if bond.parts == fresh.parts]
    found = [bond for bond in bonds if bond not in same]
    for s in sorted(_subjects(fresh)):
        found = _room_for_one(found, s)
    return sorted([*found, reduce(_joined, same, fresh)], key=_time)


def _room_for_one(bonds: list[Bond], s: str) -> list[Bond]:
    """The oldest of a subject become one where it is in too many; nobody else's do."""
    own = [bond for bond in bonds if s in _subjects(bond)]
    old = own[: len(own) - MOST + 2]
    if len(own) < MOST:
        return bonds
    return sorted([*(b for b in bonds if b not in old), reduce(_joined, old)], key=_time)


def fewer(bonds: Sequence[Bond]) -> Iterator[list[Bond]]:
    """Ever fewer that bind at least as much, the older joined first.

    Those with somebody in common, which list everybody once then; at the end all are one.
    """
    ordered = sorted(bonds, key=_time)
    half = len(ordered) // 2
    yield sorted([*_grouped(ordered[:half]), *ordered[half:]], key=_time)
    yield sorted(_grouped(ordered), key=_time)
    if ordered:
        yield [reduce(_joined, ordered)]


def _grouped(bonds: Iterable[Bond]) -> list[Bond]:
    found: list[Bond] = []
    for bond in bonds:
        near = [each for each in found if _subjects(each) & _subjects(bond)]
        found = [*(each for each in found if each not in near), reduce(_joined, near, bond)]
    return found


def listed(bonds: Iterable[Bond]) -> int:
    """How many keys they hold."""
    return sum(len(part) for bond in bonds for part in bond.parts)


def _named(parts: Parts, before: Island, after: Island, pepper: Pepper) -> Parts:
    """By the names that are on the islands."""
    if pepper.coming is None:
        return parts
    links = (key for i in (before, after) for node in i.nodes.values() for key in node.links)
    names = {renewed(pepper, key): key for key in links}
    return tuple(frozenset(names.get(each, each) for each in part) for part in parts)


def _partings(before: Island, after: Island) -> Iterator[Parts]:
    for whole in _touched(before, after):
        parts = _parts(whole, before, after)
        if len(parts) > 1:
            yield parts


def _touched(before: Island, after: Island) -> Iterable[set[SubjectKey]]:
    """The customers that may have lost a subject or an address."""
    shut = after.unusable - before.unusable
    touched = {
        label
        for s, label in before.labels.items()
        if after.labels.get(s) != label or _lost(before.nodes[s], after.nodes[s], shut)
    }
    found: dict[str, set[SubjectKey]] = defaultdict(set)
    for s, label in before.labels.items():
        if label in touched:
            found[label].add(s)
    return found.values()


def _lost(before: Node, after: Node, shut: frozenset[str]) -> bool:
    return (before is not after and bool(before.links - after.links)) or bool(before.links & shut)


def _parts(whole: set[SubjectKey], before: Island, after: Island) -> Parts:
    had = frozenset[str]().union(*(_addresses(before, s) for s in whole))
    by: dict[str, set[str]] = defaultdict(set)
    for s in whole:
        by[after.labels.get(s, s)] |= {s} | (_addresses(after, s) & had)
    gone = had.difference(*by.values())
    parts = [*map(frozenset, by.values()), *(frozenset({key}) for key in gone)]
    return tuple(sorted(parts, key=sorted))


def _addresses(island: Island, s: SubjectKey) -> frozenset[str]:
    links = island.nodes[s].links if s in island.nodes else frozenset[str]()
    return frozenset(key for key in links - island.unusable if type_of(key) in ADDRESSES)


def _joined(a: Bond, b: Bond) -> Bond:
    """One bond that binds whoever either binds, by all that either does, and for longer."""
    places: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for which, bond in enumerate((a, b)):
        for n, part in enumerate(bond.parts):
            for thing in part:
                places[thing].add((which, n))
    by: dict[frozenset[tuple[int, int]], set[str]] = defaultdict(set)
    for thing, where in places.items():
        by[frozenset(where)].add(thing)
    parts = a.parts if a.parts == b.parts else sorted(map(frozenset, by.values()), key=sorted)
    return Bond(parts=tuple(parts), since=min(a.since, b.since), until=max(a.until, b.until))


def _subjects(bond: Bond) -> frozenset[str]:
    return frozenset(thing for part in bond.parts for thing in part if "#" not in thing)


def _time(bond: Bond) -> tuple[datetime, datetime, str]:
    return bond.until, bond.since, min(min(part) for part in bond.parts)
