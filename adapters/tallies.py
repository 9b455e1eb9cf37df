"""Counts of things that happened and leave no row of their own: webhooks refused, repeats dropped.

A batch that is worked on twice counts twice: tallies are at least once, for looking at. What must
be exact (customers, pairs kept apart, records set aside, deliveries) is counted from its rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from adapters.table import Key, Table, Write


def add(table: Table, counts: Mapping[str, int]) -> None:
    """Adds once per batch. A name is `<what>#<owner>`: `webhook.refused#shopify-eu`, say.

    All the counts of one owner (a source, a destination or a function) are one row and one write.
    """
    owners: dict[str, dict[str, int]] = defaultdict(dict)
    for name, count in counts.items():
        what, _, owner = name.partition("#")
        if count:
            owners[owner][what] = count
    for owner, named in owners.items():
        table.write(Write("update", _key(owner), add=named))


def read(table: Table, owners: Iterable[str]) -> dict[str, dict[str, int]]:
    """Owner → what → count, for each owner; those that never counted are empty."""
    keys = {owner: _key(owner) for owner in owners}
    rows = table.get_many(list(keys.values()), consistent=False)
    return {owner: _counts(rows.get(key, {})) for owner, key in keys.items()}


def _key(owner: str) -> Key:
    return Key(f"STAT#{owner}", "COUNTS")


def _counts(row: Mapping[str, object]) -> dict[str, int]:
    return {name: value for name, value in row.items() if isinstance(value, int)}
