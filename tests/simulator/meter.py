"""What calls would cost on DynamoDB: units by its published rules, and our own processor time."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from rules.resolution_calls import (
    Earliest,
    InsertMany,
    Query,
    ReadMany,
    Steps,
    StoreCall,
    Transact,
    Update,
)
from schemas.rows import Conflict, Item, Key, Value
from tests.simulator.store import MemoryTable
from tests.simulator.world import apply

KB = 1024


@dataclass(slots=True)
class Meter:
    """Runs steps on memory; `cpu` is the time spent in the steps, the store left out."""

    graph: MemoryTable = field(default_factory=MemoryTable)
    journal: MemoryTable = field(default_factory=MemoryTable)
    read: float = 0.0
    write: float = 0.0
    cpu: float = 0.0

    def run(self, steps: Steps[Any]) -> object:
        """To the end, counting."""
        answer: object = None
        error: Conflict | None = None
        while True:
            start = time.process_time()
            try:
                call = steps.throw(error) if error else steps.send(answer)
            except StopIteration as end:
                self.cpu += time.process_time() - start
                return end.value
            self.cpu += time.process_time() - start
            answer, error = self._answer(call)

    def reset(self) -> None:
        """Counts from nothing again."""
        self.read = self.write = self.cpu = 0.0

    def _answer(self, call: StoreCall) -> tuple[object, Conflict | None]:
        before = {key: self.graph.rows.get(key) for key in _written(call)}
        try:
            answer = apply(call, self.graph, self.journal)
        except Conflict as conflict:
            self._count(call, before)
            return None, conflict
        self._count(call, before)
        return answer, None

    def _count(self, call: StoreCall, before: Mapping[Key, Item | None]) -> None:
        rows = self.graph.rows
        match call:
            case ReadMany(keys):
                self.read += sum(_reads(rows.get(key)) for key in keys)
            case Query(pk, begins):
                found = self.graph.query(pk, begins)
                self.read += max(1, ceil(sum(size(item) for item in found) / (4 * KB)))
            case Earliest(pk, until, most):
                found = self.graph.query(pk, "", until)[:most]
                self.read += max(1, ceil(sum(size(item) for item in found) / (4 * KB)))
            case Transact(writes):
                self.write += sum(2 * _writes(before[w.key], rows.get(w.key)) for w in writes)
            case Update(write):
                self.write += _writes(before[write.key], rows.get(write.key))
            case InsertMany(items):
                self.write += sum(_writes(None, item) for item in items)


def _written(call: StoreCall) -> list[Key]:
    match call:
        case Transact(writes):
            return [write.key for write in writes]
        case Update(write):
            return [write.key]
        case _:
            return []


def _reads(item: Item | None) -> int:
    return max(1, ceil(size(item or {}) / (4 * KB)))


def _writes(before: Item | None, after: Item | None) -> int:
    """The larger of an item before and after counts, and at least one unit."""
    return max(1, ceil(max(size(before or {}), size(after or {})) / KB))


def size(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Value) -> int:
    match value:
        case bool():
            return 1
        case int():
            return len(str(value)) // 2 + 2
        case frozenset():
            return 3 + sum(len(each.encode()) for each in value)
        case bytes():
            return len(value)
        case str():
            return len(value.encode())
