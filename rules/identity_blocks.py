"""Merging inside scopes: blocks grow level by level, and none ever comes to hold a conflict."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Literal, NamedTuple

from rules.identity_evidence import Evidence, Pair, alias_classes, carried
from rules.identity_sets import DisjointSets
from rules.keys import type_of
from schemas.graph import IdentifierKey, Node, Review, SubjectKey
from schemas.identifiers import IdentifierType

Held = frozenset[tuple[str, str]]
"""Pairs of a unique type and a value of it, or the alias-class of a source's own id."""


class Join(NamedTuple):
    """An identifier, or a pair that was said to be one, and the subjects it would join."""

    identifier: IdentifierKey
    subjects: tuple[SubjectKey, ...]

    def refused(
        self, reason: Literal["unique", "never", "component", "scope", "too_large"], detail: str
    ) -> Review:
        """The review that a refusal becomes."""
        subjects = frozenset(self.subjects)
        return Review(identifier=self.identifier, subjects=subjects, reason=reason, detail=detail)


class Conflict(NamedTuple):
    """Why blocks may not be one: two values of the type `detail`, or the pair `detail`."""

    reason: Literal["unique", "never"]
    detail: str


class Blocks:
    """The customers so far. Each block knows its unique values and whom it must not meet."""

    def __init__(
        self,
        nodes: Mapping[SubjectKey, Node],
        unusable: frozenset[IdentifierKey],
        evidence: Evidence,
        is_unique: Callable[[IdentifierType], bool],
    ) -> None:
        classes = alias_classes(evidence.aliases, nodes)
        self._sets = DisjointSets()
        self._subjects = tuple(sorted(nodes))
        self._held: dict[str, Held] = {
            s: frozenset(
                (type_of(key), classes.root(key))
                for key in counted(s, node, unusable, evidence)
                if is_unique(type_of(key))
            )
            for s, node in nodes.items()
        }
        self._apart: dict[str, frozenset[Pair]] = defaultdict(frozenset)
        for a, b in evidence.apart:
            self._apart[a] |= {(a, b)}
            self._apart[b] |= {(a, b)}

    def merge(self, joins: Iterable[Join]) -> list[Review]:
        """Apply the identifiers of one level; those that may not be are returned as reviews."""
        refused: list[Review] = []
        free: list[Join] = []
        for join in joins:
            roots = self._roots(join.subjects)
            conflict = self._conflict(roots) if len(roots) > 1 else None
            if conflict:
                refused.append(join.refused(*conflict))
            elif len(roots) > 1:
                free.append(join)
        for component in self._components(free):
            refused += self._merge_component(component)
        return refused

    def customers(self) -> tuple[frozenset[SubjectKey], ...]:
        """All blocks, in the order of their least subject."""
        members: dict[str, list[SubjectKey]] = defaultdict(list)
        for s in self._subjects:
            members[self._sets.root(s)].append(s)
        return tuple(frozenset(block) for block in members.values())

    def _roots(self, subjects: Iterable[SubjectKey]) -> frozenset[str]:
        return frozenset(self._sets.root(s) for s in subjects)

    def _components(self, joins: Iterable[Join]) -> Iterable[list[Join]]:
        """Joins that meet in a block, transitively."""
        together = DisjointSets()
        rooted = [(self._roots(join.subjects), join) for join in joins]
        for roots, _ in rooted:
            together.join(roots)
        components: dict[str, list[Join]] = defaultdict(list)
        for roots, join in rooted:
            components[together.root(next(iter(roots)))].append(join)
        return components.values()

    def _merge_component(self, joins: list[Join]) -> list[Review]:
        roots = self._roots(s for join in joins for s in join.subjects)
        conflict = self._conflict(roots)
        if conflict:
            return [join.refused("component", " ".join(conflict)) for join in joins]
        held = frozenset[tuple[str, str]]().union(*(self._held[root] for root in roots))
        apart = frozenset[Pair]().union(*(self._apart.get(root, ()) for root in roots))
        self._sets.join(roots)
        root = self._sets.root(next(iter(roots)))
        self._held[root] = held
        self._apart[root] = apart
        return []

    def _conflict(self, roots: frozenset[str]) -> Conflict | None:
        held = {pair for root in roots for pair in self._held[root]}
        types = sorted(type_ for type_, _ in held)
        twice = [type_ for type_, after in pairwise(types) if type_ == after]
        if twice:
            return Conflict("unique", twice[0])
        met = sorted(
            pair
            for pair in {pair for root in roots for pair in self._apart.get(root, ())}
            if self._roots(pair) <= roots
        )
        return Conflict("never", " ".join(met[0])) if met else None


def counted(
    s: SubjectKey, node: Node, unusable: frozenset[IdentifierKey], evidence: Evidence
) -> set[IdentifierKey]:
    """The identifiers that count for a subject: its own id always, others as far as they link."""
    held = {
        key for key in carried(node) if key not in unusable and (s, key) not in evidence.ignored
    }
    return held | {node.own} if node.own else held
