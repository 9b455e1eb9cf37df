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


class Under(NamedTuple):
    """Rules, and what subjects are linked by under them.

    `nodes` are of one island, or of many at once when they hold every carrier of their
    identifiers: degrees are counted here.
    """

    nodes: Mapping[SubjectKey, Node]
    marks: Marks
    rules: IdentityRules
    verdicts: tuple[Verdict, ...] = ()
    """Ignored links by the keys that they have under the rules."""


def diff(now: Under, then: Under) -> Difference:
    """What would merge and split; the same subjects may be linked by others then than now."""
    before, after = _customers(now), _customers(then)
    return Difference(
        merges=_several(after, before),
        splits=_several(before, after),
        largest=max(map(len, after), default=0),
    )


def _customers(case: Under) -> tuple[Customer, ...]:
    nodes = evident(case.nodes, case.rules, frozenset())
    useless = unusable(nodes, case.rules, case.marks)
    return partition(nodes, useless, case.verdicts, case.rules).customers


def _several(whole: Iterable[Customer], parts: Iterable[Customer]) -> tuple[Customer, ...]:
    home = {s: number for number, part in enumerate(parts) for s in part}
    found = (customer for customer in whole if len({home[s] for s in customer}) > 1)
    return tuple(sorted(found, key=sorted))
