"""What a word of somebody's would make of an island, before it is written: pure."""

from collections import defaultdict
from collections.abc import Iterable

from rules.identity import founder, partition
from rules.keys import Pepper, of_customer
from rules.renaming import renamed
from schemas.graph import CustomerId, Island, Verdict
from schemas.policy import IdentityRules


def with_words(
    island: Island, words: Iterable[Verdict], rules: IdentityRules, pepper: Pepper
) -> Island:
    """The island with its customers and reviews as they would be."""
    island = renamed(island.model_copy(update={"verdicts": (*island.verdicts, *words)}), pepper)
    found = partition(island.nodes, island.unusable, island.verdicts, rules)
    labels = {
        s: of_customer(pepper, founder(customer, island.nodes))
        for customer in found.customers
        for s in customer
    }
    return island.model_copy(update={"labels": labels, "reviews": found.reviews})


def torn(before: Island, after: Island) -> tuple[CustomerId, ...]:
    """The customers that would fall apart."""
    parts: dict[CustomerId, set[CustomerId]] = defaultdict(set)
    for s, label in before.labels.items():
        parts[label].add(after.labels[s])
    return tuple(sorted(label for label, found in parts.items() if len(found) > 1))
