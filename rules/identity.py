"""Which subjects are one customer: a pure function of links, evidence and rules.

`docs/identity.md` says it in words with worked examples; the order of anything never matters.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import Final

from rules.identity_blocks import Blocks, Join
from rules.identity_crowds import crowds
from rules.identity_evidence import Evidence, carried, weigh
from rules.identity_sets import DisjointSets
from rules.keys import type_of
from schemas.graph import IdentifierKey, Node, Review, SubjectKey, Verdict
from schemas.identifiers import Identifier, IdentifierType, Subject
from schemas.policy import IdentifierRule, IdentityRules

SOURCE_ID: Final = IdentifierRule(level=0)
PAIRS: Final = frozenset({"alias", "always"})
TOO_LARGE: Final = -1
UNKNOWN_CREATION: Final = "9999-12-31T23:59:59.999999+00:00"


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known about identifiers themselves; keys are hashed, so `junk` was found by value."""

    blocked: frozenset[IdentifierKey] = frozenset()
    trusted: frozenset[IdentifierKey] = frozenset()
    junk: frozenset[IdentifierKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Partition:
    """Every subject in exactly one customer, and the links that were refused."""

    customers: tuple[frozenset[SubjectKey], ...]
    reviews: tuple[Review, ...] = ()


def rule_of(type_: IdentifierType, rules: IdentityRules) -> IdentifierRule | None:
    """The rule of a type. A source's own ids are level 0 whatever else is set; None never links."""
    named = rules.types.get(type_)
    if ":" not in type_:
        return named
    return named.model_copy(update={"level": 0}) if named else SOURCE_ID


def is_unique(type_: IdentifierType, rules: IdentityRules) -> bool:
    """Whether one customer never has two values of a type, aliases apart."""
    named = rules.types.get(type_)
    return ":" in type_ if named is None or named.unique is None else named.unique


def is_junk(identifier: Identifier, rules: IdentityRules) -> bool:
    """Whether the whole value matches a junk pattern of its type."""
    rule = rule_of(identifier.type, rules)
    return rule is not None and any(re.fullmatch(p, identifier.value) for p in rule.junk)


def links(identifier: IdentifierKey, degree: int, rules: IdentityRules, marks: Marks) -> bool:
    """Whether an identifier that `degree` subjects carry is usable (step 1)."""
    rule = rule_of(type_of(identifier), rules)
    if rule is None or identifier in marks.blocked or identifier in marks.junk:
        return False
    return degree <= rule.limit or identifier in marks.trusted


def evident(
    nodes: Mapping[SubjectKey, Node], rules: IdentityRules, junk: frozenset[IdentifierKey]
) -> dict[SubjectKey, Node]:
    """The subjects with what is evidence of them: nothing where they carry too much of a type."""
    return {s: _evident(node, rules, junk) for s, node in nodes.items()}


def _evident(node: Node, rules: IdentityRules, junk: frozenset[IdentifierKey]) -> Node:
    every = node.links | node.crowded
    crowded = too_many(every - junk - {node.own}, rules)
    return node.model_copy(update={"links": every - crowded, "crowded": crowded})


def too_many(keys: Iterable[IdentifierKey], rules: IdentityRules) -> frozenset[IdentifierKey]:
    """Those of a subject's links whose type has more of them than one subject may carry."""
    by_type: dict[str, set[IdentifierKey]] = defaultdict(set)
    for key in keys:
        by_type[type_of(key)].add(key)
    every = ((rule_of(type_, rules), found) for type_, found in by_type.items())
    crowds_ = [found for rule, found in every if rule and len(found) > rule.per_subject]
    return frozenset[IdentifierKey]().union(*crowds_)


def unusable(
    nodes: Mapping[SubjectKey, Node], rules: IdentityRules, marks: Marks
) -> frozenset[IdentifierKey]:
    """The identifiers that link nothing. Ignored links count: the subject does carry the value."""
    degrees = Counter(key for node in nodes.values() for key in carried(node))
    return frozenset(k for k, degree in degrees.items() if not links(k, degree, rules, marks))


def partition(
    nodes: Mapping[SubjectKey, Node],
    unusable: frozenset[IdentifierKey],
    verdicts: Iterable[Verdict],
    rules: IdentityRules,
) -> Partition:
    """The customers among `nodes`, which hold every subject that the usable links reach."""
    blocks, _, refused = _settle(nodes, unusable, verdicts, rules)
    customers = blocks.customers()
    home = {s: n for n, customer in enumerate(customers) for s in customer}
    open_ = [r for r in refused if len({home[s] for s in r.subjects}) > 1]
    reviews = sorted([*open_, *crowds(nodes)], key=_in_order)
    return Partition(customers, tuple(reviews))


def applied(
    nodes: Mapping[SubjectKey, Node],
    unusable: frozenset[IdentifierKey],
    verdicts: Iterable[Verdict],
    rules: IdentityRules,
) -> tuple[Join, ...]:
    """What made the customers of `partition` what they are: every join that was not refused."""
    _, joins, refused = _settle(nodes, unusable, verdicts, rules)
    not_applied = {review.identifier for review in refused}
    return tuple(join for join in joins if join.identifier not in not_applied)


def _in_order(review: Review) -> tuple[str, str, list[SubjectKey]]:
    return review.identifier, review.reason, sorted(review.subjects)


def founder(subjects: Iterable[SubjectKey], nodes: Mapping[SubjectKey, Node]) -> SubjectKey:
    """The oldest subject at its source; the customer's id is a keyed hash of it."""
    return min(subjects, key=lambda s: (nodes[s].created, s))


def created(subject: Subject) -> str:
    """`Node.created`: UTC, to the microsecond, so that text sorts as time; unknown comes last."""
    if subject.created_at is None:
        return UNKNOWN_CREATION
    return subject.created_at.astimezone(UTC).isoformat(timespec="microseconds")


def _settle(
    nodes: Mapping[SubjectKey, Node],
    unusable: frozenset[IdentifierKey],
    verdicts: Iterable[Verdict],
    rules: IdentityRules,
) -> tuple[Blocks, list[Join], list[Review]]:
    evidence = weigh(verdicts)
    levels = _joins_by_level(nodes, unusable, evidence, rules)
    depths = _scope_depths(levels, rules.scope_cap)
    blocks = Blocks(nodes, unusable, evidence, partial(is_unique, rules=rules))
    refused: list[Review] = []
    for level, joins in levels:
        refused += blocks.merge(j for j in joins if depths.get(j.subjects[0], level) >= level)
        refused += [_beyond(j, depths) for j in joins if depths.get(j.subjects[0], level) < level]
    return blocks, [join for _, joins in levels for join in joins], refused


def _joins_by_level(
    nodes: Mapping[SubjectKey, Node],
    unusable: frozenset[IdentifierKey],
    evidence: Evidence,
    rules: IdentityRules,
) -> list[tuple[int, list[Join]]]:
    """What two or more subjects carry, and pairs said to be one, the strongest level first."""
    carriers: dict[IdentifierKey, list[SubjectKey]] = defaultdict(list)
    for s in sorted(nodes):
        for key in carried(nodes[s]):
            if key not in unusable and (s, key) not in evidence.ignored:
                carriers[key].append(s)
    for (a, b), kind in evidence.joins:
        if a in nodes and b in nodes:
            carriers[f"{kind}#{a} {b}"] = [a, b]
    levels: dict[int, list[Join]] = defaultdict(list, {0: []})
    for key, subjects in sorted(carriers.items()):
        level = _level(key, rules)
        if level is not None and len(subjects) > 1:
            levels[level].append(Join(key, tuple(subjects)))
    return sorted(levels.items())


def _level(key: IdentifierKey, rules: IdentityRules) -> int | None:
    if ":" in type_of(key) or type_of(key) in PAIRS:
        return 0
    rule = rule_of(type_of(key), rules)
    return rule.level if rule else None


def _beyond(join: Join, depths: Mapping[SubjectKey, int]) -> Review:
    too_large = any(depths[s] == TOO_LARGE for s in join.subjects)
    return join.refused("too_large" if too_large else "scope", "")


def _scope_depths(levels: list[tuple[int, list[Join]]], cap: int) -> dict[SubjectKey, int]:
    """Per subject whose component outgrows the cap, the last level before it did; else absent.

    All carriers of an identifier have the same component at its level, so it is beyond the scope
    of all of them or of none.
    """
    depths: dict[SubjectKey, int] = {}
    components = DisjointSets()
    before = TOO_LARGE
    for level, joins in levels:
        for join in joins:
            components.join(join.subjects)
        for s in {s for join in joins for s in join.subjects} - depths.keys():
            if components.size(s) > cap:
                depths[s] = before
        before = level
    return depths
