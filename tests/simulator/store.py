"""One table in memory, with DynamoDB's semantics of the calls that the resolver makes."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from zlib import crc32

from rules.resolution_calls import Page
from schemas.rows import Condition, Conflict, Item, Key, Value, Write

Row = dict[str, Value]

COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq, "<": operator.lt, ">": operator.gt, "<=": operator.le,
}  # fmt: skip
FUNCTION: Final = re.compile(r"(attribute_exists|attribute_not_exists)\(#(\w+)\)")
SIZE: Final = re.compile(r"size\(#(\w+)\) < (:\w+)")
COMPARISON: Final = re.compile(r"#(\w+) (=|<|>|<=) (:\w+)")


def holds(condition: Condition | None, row: Row | None) -> bool:
    """Whether a condition holds for a row that may be absent."""
    if condition is None:
        return True
    return any(
        all(_term(term.strip(), condition, row or {}) for term in clause.split(" AND "))
        for clause in condition.expression.split(" OR ")
    )


def _term(term: str, condition: Condition, row: Row) -> bool:
    called = FUNCTION.fullmatch(term)
    if called:
        return (called[2] in row) == (called[1] == "attribute_exists")
    sized = SIZE.fullmatch(term)
    if sized:
        return sized[1] in row and len(row[sized[1]]) < condition.values[sized[2]]  # type: ignore[arg-type, operator]
    compared = COMPARISON.fullmatch(term)
    assert compared, term
    name, sign, value = compared.groups()
    wanted = condition.values[value]
    return name in row and type(row[name]) is type(wanted) and COMPARE[sign](row[name], wanted)


@cache
def _place(key: Key) -> tuple[int, Key]:
    return crc32(key.pk.encode()), key


@dataclass(slots=True)
class MemoryTable:
    """Rows by key. What `forgets` or `drops` name loses its condition, to show what that is for."""

    rows: dict[Key, Row] = field(default_factory=dict)
    forgets: Callable[[Key], bool] = lambda _key: False
    drops: Callable[[Write], bool] = lambda _write: False

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The rows that exist."""
        return {key: dict(self.rows[key]) for key in keys if key in self.rows}

    def query(self, pk: str, begins: str, until: str = "") -> tuple[Item, ...]:
        """The rows of a partition, in order."""
        keys = sorted(key for key in self.rows if key.pk == pk and key.sk.startswith(begins))
        keys = [key for key in keys if not until or key.sk <= until]
        return tuple(dict(self.rows[key]) for key in keys)

    def scan(self, after: Key | None, limit: int = 5) -> Page:
        """Some rows of all: partitions in an order that means nothing, each in its own."""
        beyond = [key for key in self.rows if after is None or _place(key) > _place(after)]
        keys = sorted(beyond, key=_place)
        page = keys[:limit]
        items = tuple(dict(self.rows[key]) for key in page)
        return Page(items, page[-1] if len(keys) > limit else None)

    def transact(self, writes: Sequence[Write]) -> None:
        """All or nothing."""
        assert len(writes) <= 100, "DynamoDB takes a hundred items in a transaction"
        assert len({w.key for w in writes}) == len(writes), "an item twice in a transaction"
        failed = tuple(
            i
            for i, write in enumerate(writes)
            if not self.forgets(write.key)
            and not self.drops(write)
            and not holds(write.condition, self.rows.get(write.key))
        )
        if failed:
            raise Conflict(failed)
        for write in writes:
            self._apply(write)

    def insert_many(self, items: Iterable[Item]) -> list[bool]:
        """Each row unless it exists."""
        verdicts = []
        for item in items:
            key = Key(str(item["pk"]), str(item["sk"]))
            verdicts.append(key not in self.rows)
            if verdicts[-1] or self.forgets(key):
                self.rows[key] = _stored(key, item)
        return verdicts

    def _apply(self, write: Write) -> None:
        match write.kind:
            case "put":
                self.rows[write.key] = _stored(write.key, write.item)
            case "delete":
                self.rows.pop(write.key, None)
            case "update":
                row = dict(self.rows.get(write.key, {})) | dict(write.item)
                for name, value in write.add.items():
                    row[name] = _sum(row.get(name), value)
                for name in write.remove:
                    row.pop(name, None)
                self.rows[write.key] = _stored(write.key, row)
            case "check":
                pass


def _sum(before: Value | None, value: Value) -> Value:
    if isinstance(value, frozenset):
        return value if before is None else value | before  # type: ignore[operator]
    assert isinstance(value, int)
    return value + (before or 0)  # type: ignore[operator]


def _stored(key: Key, item: Mapping[str, Value]) -> Row:
    kept = {name: value for name, value in item.items() if value != frozenset()}
    return {**kept, "pk": key.pk, "sk": key.sk}
