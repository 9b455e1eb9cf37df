"""The dry run of other identity rules on islands: what would merge, what would fall apart."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from rules.announcing import customers_of
from rules.identity import Marks, rule_of
from rules.identity_diff import Under, diff
from rules.identity_evidence import carried
from rules.keys import type_of
from schemas.evidence import MoveView
from schemas.graph import CustomerId, IdentifierHead, IdentifierKey, Island, SubjectKey
from schemas.policy import IdentityRules


@dataclass(frozen=True, slots=True)
class Compared:
    """What would change, whom it would touch, and the largest customer there would be."""

    moves: tuple[MoveView, ...]
    touched: frozenset[str]
    largest: int


def compare(
    islands: Iterable[Island],
    heads: Mapping[IdentifierKey, IdentifierHead],
    old: IdentityRules,
    new: IdentityRules,
    then: Under | None = None,
) -> Compared:
    """`heads` are those of unusable identifiers that the new rules may let link (`may_open`).

    The islands hold every carrier of those that they do. `then` is needed where the rules read
    values otherwise.
    """
    islands = tuple(islands)
    nodes = {s: node for island in islands for s, node in island.nodes.items()}
    labels = {s: label for island in islands for s, label in island.labels.items()}
    verdicts = tuple(dict.fromkeys(v for island in islands for v in island.verdicts))
    marks = _marks(islands, heads, old, new)
    now = Under(nodes, marks, old, verdicts)
    found = diff(now, then or Under(nodes, marks, new, verdicts))
    moves = (
        *(_move("merge", each, labels) for each in found.merges),
        *(_move("split", each, labels) for each in found.splits),
    )
    touched = frozenset(customer for move in moves for customer in move.customers)
    return Compared(moves, touched, found.largest)


def _move(
    kind: Literal["merge", "split"],
    subjects: frozenset[SubjectKey],
    labels: Mapping[SubjectKey, CustomerId],
) -> MoveView:
    return MoveView(kind=kind, customers=customers_of(subjects, labels), subjects=len(subjects))


def reads_otherwise(old: IdentityRules, new: IdentityRules) -> bool:
    """Whether the same records would link by other identifiers under the new rules."""
    return _reading(old) != _reading(new)


def _reading(rules: IdentityRules) -> tuple[object, ...]:
    types = {
        name: (rule.junk, rule.current, rule.per_subject) for name, rule in rules.types.items()
    }
    return types, rules.plus_tags, frozenset(rules.dotless_domains)


def may_open(key: IdentifierKey, old: IdentityRules, new: IdentityRules) -> bool:
    """Whether an unusable identifier of this type could link under the new rules."""
    before, after = rule_of(type_of(key), old), rule_of(type_of(key), new)
    return bool(after and (before is None or after.limit > before.limit))


def opens(head: IdentifierHead, carriers: int, new: IdentityRules) -> bool:
    """Whether it would link: it has few enough carriers now, and nobody blocked it."""
    rule = rule_of(type_of(head.key), new)
    return bool(
        rule and head.quarantined == "degree" and not head.blocked and carriers <= rule.limit
    )


def _marks(
    islands: Iterable[Island],
    heads: Mapping[IdentifierKey, IdentifierHead],
    old: IdentityRules,
    new: IdentityRules,
) -> Marks:
    """What is unusable stays so unless it opens; what links beyond its limit is trusted."""
    unusable = frozenset[str]().union(*(island.unusable for island in islands))
    degrees = Counter(k for island in islands for n in island.nodes.values() for k in carried(n))
    opened = {k for k, head in heads.items() if opens(head, degrees[k], new)}
    trusted = frozenset(
        key for key, degree in degrees.items() if key not in unusable and degree > _limit(key, old)
    )
    return Marks(trusted=trusted, junk=unusable - opened)


def _limit(key: IdentifierKey, rules: IdentityRules) -> int:
    rule = rule_of(type_of(key), rules)
    return rule.limit if rule else 0
