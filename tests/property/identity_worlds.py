"""Small worlds in which much collides: shared, junk, unique and composite identifiers, evidence."""

from datetime import UTC, datetime, timedelta
from random import Random

from rules import identity
from rules.identity import Marks, Partition, partition, unusable
from schemas.graph import Node, Verdict
from schemas.policy import IdentifierRule, IdentityRules
from tests.oracle.identity import DEFAULT_BOUND, DEFAULT_LIMIT, Person, Said, World

SOURCES = ("shop:customer", "help:user", "crm:contact")
POOLS = {"email": 4, "phone": 4, "phone+surname": 3, "cookie": 2}
LEVELS = {"email": 1, "phone": 2, "phone+surname": 3}
KINDS = (*LEVELS, SOURCES[0])
START = datetime(2026, 1, 1, tzinfo=UTC)


def world(random: Random, largest: int = 9) -> World:
    """Any world; `cookie` is a type without a rule."""
    names = [f"s{n}" for n in range(random.randint(1, largest))]
    people = {name: _person(random, n) for n, name in enumerate(names)}
    everything = sorted({i for person in people.values() for i in person.links})
    return World(
        people=people,
        said=tuple(_said(random, names, everything) for _ in range(random.choice((0, 0, 2, 5)))),
        levels=LEVELS if random.random() < 0.8 else {"email": 2, "phone": 1, "phone+surname": 1},
        limits={kind: random.randint(2, 6) for kind in KINDS if random.random() < 0.6},
        cap=random.choice((2, 3, 4, 6, 9, 9, 9)),
        junk=_some(random, everything),
        blocked=_some(random, everything),
        trusted=_some(random, everything, 0.2),
        bounds={kind: random.choice((1, 1, 2)) for kind in KINDS if random.random() < 0.5},
        uniques=_uniques(random),
    )


def decide(given: World) -> Partition:
    """The product's answer for a world."""
    nodes, rules = as_nodes(given), as_rules(given)
    return partition(nodes, unusable(nodes, rules, marks(given)), as_verdicts(given), rules)


def marks(given: World) -> Marks:
    """What is known about the world's identifiers."""
    return Marks(blocked=given.blocked, trusted=given.trusted, junk=given.junk)


def as_nodes(given: World) -> dict[str, Node]:
    """The world's subjects as the graph holds them."""
    nodes = {
        name: Node(created=f"{person.created:04}", own=person.own, links=person.links)
        for name, person in given.people.items()
    }
    return identity.evident(nodes, as_rules(given), given.junk)


def as_rules(given: World) -> IdentityRules:
    """The world's rules as a policy holds them."""
    named = {kind: IdentifierRule(level=level) for kind, level in given.levels.items()}
    for kind in given.limits.keys() | given.bounds.keys() | given.uniques.keys():
        level, unique = given.levels.get(kind, 0), given.uniques.get(kind)
        limit, bound = given.limits.get(kind, DEFAULT_LIMIT), given.bounds.get(kind, DEFAULT_BOUND)
        named[kind] = IdentifierRule(level=level, limit=limit, per_subject=bound, unique=unique)
    return IdentityRules(types=named, scope_cap=given.cap)


def as_verdicts(given: World) -> tuple[Verdict, ...]:
    """The world's evidence as the graph holds it."""
    return tuple(
        Verdict.model_validate(
            {"kind": s.kind, "a": s.a, "b": s.b, "at": START + timedelta(days=s.time), "by": "test"}
        )
        for s in given.said
    )


def _person(random: Random, number: int) -> Person:
    source = random.choice((*SOURCES, None))
    pool = [f"{kind}#{n}" for kind, size in POOLS.items() for n in range(size)]
    links = random.sample(pool, random.choice((0, 1, 1, 2, 2, 3)))
    if random.random() < 0.15:
        links.append(f"{random.choice(SOURCES)}#{random.randint(0, 9)}")
    own = f"{source}#{number}" if source else None
    return Person(created=random.randint(0, 3), own=own, links=frozenset(links))


def _uniques(random: Random) -> dict[str, bool]:
    """Mostly what is so anyway; a source whose ids are no people, an address that is one person."""
    if random.random() < 0.6:
        return {}
    return {
        kind: random.random() < (0.6 if kind in SOURCES else 0.2)
        for kind in (*LEVELS, *SOURCES)
        if random.random() < 0.5
    }


def _said(random: Random, names: list[str], everything: list[str]) -> Said:
    kind = random.choice(("alias", "alias", "always", "never", "never", "ignore"))
    other = everything if kind == "ignore" and everything else [*names, "s99"]
    return Said(kind, random.choice(names), random.choice(other), random.randint(0, 2))


def _some(random: Random, everything: list[str], share: float = 0.04) -> frozenset[str]:
    return frozenset(i for i in everything if random.random() < share)
