"""What subjects would be linked by under other rules, for the dry run: read, and never written.

A link that a subject would gain is noted under its key beforehand (`note`), page by page, so that
whom it would join is found by a read. Only customers' opaque names are in those rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from adapters.customers import Customers
from adapters.table import Conflict, Key, Table, Write
from adapters.together import side_by_side
from rules.identity import Marks, rule_of, too_many
from rules.identity_diff import Under
from rules.identity_evidence import carried
from rules.ignored import copies, is_copy
from rules.keys import is_own, subject_of, type_of
from rules.resolution_again import kept_from, spoken
from rules.resolution_crowds import standing
from rules.resolution_islands import Laws
from rules.resolution_items import HEAD, subject_from
from schemas.graph import (
    IdentifierHead,
    IdentifierKey,
    Island,
    Link,
    Node,
    SubjectHead,
    SubjectKey,
    Verdict,
)
from schemas.rows import Condition, Item

MOST: Final = 256
"""Carriers that are looked at one by one: far beyond any limit. With more, a value is junk."""
FEW: Final = Condition("attribute_not_exists(#n) OR #n < :most", {":most": 4 * MOST})


@dataclass(slots=True)
class Future:
    """The graph under `laws`, as far as it was looked at; `name` is the dry run's."""

    table: Table
    name: str
    laws: Laws
    _links: dict[SubjectKey, Mapping[IdentifierKey, Link]] = field(default_factory=dict)
    _heads: dict[SubjectKey, SubjectHead] = field(default_factory=dict)
    _usable: dict[IdentifierKey, frozenset[SubjectKey]] = field(default_factory=dict)
    _junk: set[IdentifierKey] = field(default_factory=set)

    def note(self, items: Iterable[Item]) -> None:
        """Of a page of the table, what its subjects would gain."""
        heads = [subject_from(item) for item in items if _is_head(item)]
        after = self._read({head.s: head for head in heads})
        for head in heads:
            for key in sorted(after[head.s].keys() - standing(head)):
                more: Item = {"ids": frozenset({head.s}), "n": 1}
                with suppress(Conflict):
                    self.table.write(Write("update", self._place(key), add=more, condition=FEW))

    def together(self, island: Island) -> tuple[dict[str, Island], Under]:
        """An island with those that it would be joined to, and what links their subjects then."""
        customers = Customers(self.table)
        group = {island.g: island}
        while True:
            nodes = {s: node for each in group.values() for s, node in each.nodes.items()}
            then = self._nodes(nodes)
            keys = {key for node in then.values() for key in carried(node)}
            self._look_at(customers, keys - self._usable.keys() - self._junk)
            usable = keys & self._usable.keys()
            beyond = {s for key in usable for s in self._usable[key]} - nodes.keys()
            names = {self._heads[s].island for s in beyond}
            if not names:
                marks = Marks(trusted=frozenset(usable), junk=frozenset(keys - usable))
                return group, Under(then, marks, self.laws.rules, self._verdicts(group.values()))
            group |= {each.g: each for each in customers.islands(names).values()}

    def _verdicts(self, islands: Iterable[Island]) -> tuple[Verdict, ...]:
        """What people ignored, by the keys that it will have."""
        said = dict.fromkeys(v for island in islands for v in island.verdicts)
        first = [v for v in said if not is_copy(v, self.laws.pepper)]
        about = {v.a for v in said if v.kind == "ignore"} & self._links.keys()
        after = [
            copy
            for s in about
            for copy in copies(s, said, {**self._heads[s].links, **self._links[s]}, self.laws)
        ]
        return (*first, *after)

    def _nodes(self, nodes: Mapping[SubjectKey, Node]) -> dict[SubjectKey, Node]:
        self._know(nodes)
        return {
            s: node.model_copy(update={"links": frozenset(self._links[s]), "crowded": frozenset()})
            for s, node in nodes.items()
        }

    def _look_at(self, customers: Customers, keys: Iterable[IdentifierKey]) -> None:
        """Whether each would link, and whom."""
        wanted = sorted(keys)
        heads = customers.carriers(wanted)
        gaining = self._gaining(wanted)
        found = {
            key: gaining[key] | (customers.all_of(heads[key]) if key in heads else set())
            for key in wanted
        }
        self._know(s for bearers in found.values() for s in bearers)
        for key, bearers in found.items():
            still = frozenset(s for s in bearers if self._carries(s, key))
            if self._links_then(key, heads.get(key), len(still)) and len(bearers) <= MOST:
                self._usable[key] = still
            else:
                self._junk.add(key)

    def _gaining(self, wanted: Sequence[IdentifierKey]) -> dict[IdentifierKey, frozenset[str]]:
        """Who would carry each beside those that do now."""
        places = {key: self._place(key) for key in wanted}
        noted = self.table.get_many(list(places.values()))
        return {key: _ids(noted.get(place, {})) for key, place in places.items()}

    def _links_then(self, key: IdentifierKey, head: IdentifierHead | None, degree: int) -> bool:
        rule = rule_of(type_of(key), self.laws.rules)
        if rule is None or (head and (head.blocked or head.quarantined == "too_large")):
            return False
        return degree <= rule.limit or bool(head and head.trusted)

    def _carries(self, s: SubjectKey, key: IdentifierKey) -> bool:
        return key in self._links.get(s, ()) or (is_own(key) and subject_of(key) == s)

    def _know(self, subjects: Iterable[SubjectKey]) -> None:
        unknown = sorted(set(subjects) - self._heads.keys())
        for start in range(0, len(unknown), MOST):
            heads = Customers(self.table).heads(unknown[start : start + MOST])
            self._heads |= heads
            self._links |= self._read(heads)

    def _read(
        self, heads: Mapping[SubjectKey, SubjectHead]
    ) -> dict[SubjectKey, Mapping[IdentifierKey, Link]]:
        found = side_by_side([partial(self._said, head) for head in heads.values()])
        return dict(zip(heads, found, strict=True))

    def _said(self, head: SubjectHead) -> Mapping[IdentifierKey, Link]:
        rows = [kept_from(item) for item in self.table.all(f"S#{head.s}", "R#")]
        said = spoken(head, rows, self.laws).links
        aside = too_many(said, self.laws.rules)
        return {key: link for key, link in said.items() if key not in aside}

    def _place(self, key: IdentifierKey) -> Key:
        return Key(f"POLICY#{self.name}#{key}", "DIFF#")


def _ids(item: Item) -> frozenset[str]:
    found = item.get("ids", frozenset())
    assert isinstance(found, frozenset)
    return found


def _is_head(item: Item) -> bool:
    return str(item["pk"]).startswith("S#") and item["sk"] == HEAD
