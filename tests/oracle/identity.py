"""The function of docs/identity.md, read a second time: brute force, and nothing shared.

Not for speed: every question is answered by looking at everything.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import combinations

Customers = frozenset[frozenset[str]]
Refused = frozenset[tuple[str, frozenset[str], str]]
Edge = tuple[str, frozenset[str]]
DEFAULT_LIMIT = 8
DEFAULT_BOUND = 16


@dataclass(frozen=True)
class Person:
    """A subject: when its source made it, its own id there, and what its records link it to."""

    created: int
    own: str | None
    links: frozenset[str]


@dataclass(frozen=True)
class Said:
    """One piece of evidence about `a` and `b`: two subjects, or a subject and an identifier."""

    kind: str
    a: str
    b: str
    time: int


@dataclass(frozen=True)
class World:
    """All that the function depends on. Identifiers read `<type>#<value>`."""

    people: dict[str, Person]
    said: tuple[Said, ...]
    levels: dict[str, int]
    limits: dict[str, int]
    cap: int
    junk: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()
    bounds: dict[str, int] = field(default_factory=dict)
    """Kind → how many of it one subject may be linked to."""
    uniques: dict[str, bool] = field(default_factory=dict)
    """Kind → whether one customer has at most one of it; of sources' own ids, unless said."""


def crowds(world: World, name: str) -> dict[str, set[str]]:
    """The kinds that a subject is linked to too many of, and what of each."""
    person = world.people[name]
    others = {i for i in person.links if i not in world.junk and i != person.own}
    ruled = {kind_of(i) for i in others if ":" in kind_of(i) or kind_of(i) in world.levels}
    by_kind = {kind: {i for i in others if kind_of(i) == kind} for kind in ruled}
    return {
        kind: found
        for kind, found in by_kind.items()
        if len(found) > world.bounds.get(kind, DEFAULT_BOUND)
    }


def identifiers(world: World, name: str) -> set[str]:
    """All a subject carries that can be evidence, its own id among it."""
    person = world.people[name]
    too_many = set[str]().union(*crowds(world, name).values())
    return (set(person.links) - too_many) | ({person.own} if person.own else set())


def kind_of(identifier: str) -> str:
    return identifier.split("#", maxsplit=1)[0]


def usable(world: World, identifier: str) -> bool:
    """Step 1."""
    kind = kind_of(identifier)
    if ":" not in kind and kind not in world.levels:
        return False
    if identifier in world.junk or identifier in world.blocked:
        return False
    degree = len([n for n in world.people if identifier in identifiers(world, n)])
    return identifier in world.trusted or degree <= world.limits.get(kind, DEFAULT_LIMIT)


def verdict(world: World, a: str, b: str) -> str | None:
    """What stands about a pair: the latest; at a tie never, then alias, then always."""
    about = [s for s in world.said if {s.a, s.b} == {a, b} and s.kind != "ignore" and a != b]
    if not about:
        return None
    last = max(s.time for s in about)
    kinds = {s.kind for s in about if s.time == last}
    return next(kind for kind in ("never", "alias", "always") if kind in kinds)


def ignored(world: World, name: str, identifier: str) -> bool:
    return any(s.kind == "ignore" and (s.a, s.b) == (name, identifier) for s in world.said)


def edges(world: World, level: int) -> list[Edge]:
    """Step 2: what links at a level, with its carriers."""
    found = []
    for identifier in {i for name in world.people for i in identifiers(world, name)}:
        kind = kind_of(identifier)
        at = 0 if ":" in kind else world.levels.get(kind)
        if at == level and usable(world, identifier):
            carriers = frozenset(
                n
                for n in world.people
                if identifier in identifiers(world, n) and not ignored(world, n, identifier)
            )
            found.append((identifier, carriers))
    if level == 0:
        for a, b in combinations(sorted(world.people), 2):
            kind_or_none = verdict(world, a, b)
            if kind_or_none in {"alias", "always"}:
                found.append((f"{kind_or_none}#{a} {b}", frozenset({a, b})))
    return [edge for edge in found if len(edge[1]) > 1]


def reach(start: Collection[str], links: Collection[frozenset[str]]) -> frozenset[str]:
    """Everything connected with `start`."""
    reached = frozenset(start)
    while True:
        more = reached.union(*(link for link in links if link & reached))
        if more == reached:
            return reached
        reached = more


def scope(world: World, name: str) -> tuple[int, frozenset[str]]:
    """Step 3: the highest level at which the component is within the cap; -1 when none is."""
    for level in range(9, -1, -1):
        links = [carriers for at in range(level + 1) for _, carriers in edges(world, at)]
        component = reach({name}, links)
        if len(component) <= world.cap:
            return level, component
    return -1, frozenset({name})


def one_id(world: World, x: str, y: str) -> bool:
    """Whether the vendor made two of its ids one."""
    owned = {name: person.own for name, person in world.people.items() if person.own}
    links = [
        frozenset({owned[a], owned[b]})
        for a, b in combinations(sorted(owned), 2)
        if verdict(world, a, b) == "alias"
    ]
    return y in reach({x}, links)


def uniquely_held(world: World, names: Collection[str]) -> set[str]:
    """What subjects hold of unique kinds: their own ids, and usable identifiers they link to."""
    held = set()
    for name in names:
        for identifier in identifiers(world, name):
            own = identifier == world.people[name].own
            live = usable(world, identifier) and not ignored(world, name, identifier)
            kind = kind_of(identifier)
            if world.uniques.get(kind, ":" in kind) and (own or live):
                held.add(identifier)
    return held


def conflict(world: World, names: Collection[str]) -> str | None:
    """Why these may not be one customer."""
    for x, y in combinations(sorted(uniquely_held(world, names)), 2):
        if kind_of(x) == kind_of(y) and not one_id(world, x, y):
            return "unique"
    for a, b in combinations(sorted(names), 2):
        if verdict(world, a, b) == "never":
            return "never"
    return None


def settle(
    world: World, blocks: Customers, level: int, inside: Collection[str]
) -> tuple[Customers, set[tuple[str, frozenset[str], str]]]:
    """Step 4, one level: the blocks after it, and what it refused."""
    refused = set()
    wide: dict[Edge, frozenset[str]] = {}
    for edge in edges(world, level):
        if not edge[1] <= set(inside):
            continue
        touched = [block for block in blocks if block & edge[1]]
        together = frozenset().union(*touched)
        reason = conflict(world, together) if len(touched) > 1 else None
        if reason:
            refused.add((*edge, reason))
        elif len(touched) > 1:
            wide[edge] = together
    after = set()
    for block in blocks:
        component = reach(block, wide.values())
        if component != block and conflict(world, component):
            refused |= {(*edge, "component") for edge in wide if edge[1] & component}
            after.add(block)
        else:
            after.add(component)
    return frozenset(after), refused


def solve(world: World) -> tuple[Customers, Refused]:
    """The customers, and the refused links that still lie between two of them."""
    customers: set[frozenset[str]] = set()
    refused: set[tuple[str, frozenset[str], str]] = set()
    limit_of = {}
    for name in world.people:
        level, component = scope(world, name)
        limit_of[name] = level
        blocks: Customers = frozenset(frozenset({member}) for member in component)
        for at in range(level + 1):
            blocks, more = settle(world, blocks, at, component)
            refused |= more
        customers |= blocks
    for level in range(10):
        for identifier, carriers in edges(world, level):
            lowest = min(limit_of[name] for name in carriers)
            if lowest < level:
                refused.add((identifier, carriers, "scope" if lowest >= 0 else "too_large"))
    apart = {r for r in refused if not any(r[1] <= customer for customer in customers)}
    apart |= {(k, frozenset({n}), "crowded") for n in world.people for k in crowds(world, n)}
    return frozenset(customers), frozenset(apart)


def founder(world: World, names: Collection[str]) -> str:
    """Step 5: the oldest at its source."""
    return min(names, key=lambda name: (world.people[name].created, name))
