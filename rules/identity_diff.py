"""What other rules would make of the same subjects: the dry run of a policy."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from rules.identity import Marks, evident, partition, unusable
from schemas.graph import Node, SubjectKey, Verdict
from schemas.policy import IdentityRules

Customer = frozenset[SubjectKey]


@dataclass(frozen=True, slots=True)
class Difference:
    """Customers by their subjects, in a stable order."""

    merges: tuple[Customer, ...]
    """Customers under the new rules that are several under the old ones."""
    splits: tuple[Customer, ...]
    """Customers under the old rules that are several under the new ones."""
    largest: int
    """Subjects of the largest customer under the new rules."""


class Then(NamedTuple):
    """What subjects would be linked by under other rules."""

    nodes: Mapping[SubjectKey, Node]
    marks: Marks
    rules: IdentityRules


def diff(
    nodes: Mapping[SubjectKey, Node],
    marks: Marks,
    verdicts: Iterable[Verdict],
    old: IdentityRules,
    new: IdentityRules,
) -> Difference:
    """What `new` would merge and split. `nodes` are of one island, or of many at once.

    Of many only when `nodes` hold every carrier of their identifiers: degrees are counted here.
    """
    return foretold(nodes, marks, verdicts, old, Then(nodes, marks, new))


def foretold(
    nodes: Mapping[SubjectKey, Node],
    marks: Marks,
    verdicts: Iterable[Verdict],
    old: IdentityRules,
    then: Then,
) -> Difference:
    """The same where the subjects would be linked by others than now."""
    verdicts = tuple(verdicts)
    before = _customers(Then(nodes, marks, old), verdicts)
    after = _customers(then, verdicts)
    return Difference(
        merges=_several(after, before),
        splits=_several(before, after),
        largest=max(map(len, after), default=0),
    )


def _customers(then: Then, verdicts: Iterable[Verdict]) -> tuple[Customer, ...]:
    nodes = evident(then.nodes, then.rules, frozenset())
    useless = unusable(nodes, then.rules, then.marks)
    return partition(nodes, useless, verdicts, then.rules).customers


def _several(whole: Iterable[Customer], parts: Iterable[Customer]) -> tuple[Customer, ...]:
    home = {s: number for number, part in enumerate(parts) for s in part}
    found = (customer for customer in whole if len({home[s] for s in customer}) > 1)
    return tuple(sorted(found, key=sorted))
