"""`adapters.table.Table` over rows in memory, which also tells what its stream would tell."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.aws import ServiceError
from adapters.table import Rows, Table, encode, encode_key, key_of
from schemas.rows import Conflict, Item, Key, Write, version_is
from tests.simulator.store import MemoryTable


@dataclass(slots=True)
class FakeTable(Table):
    """`changes` are the stream records of everything that was written, in order. `tick` is called
    before each call, and after each that writes; it may raise to kill.
    """

    aws: Any = None
    name: str = "graph"
    store: MemoryTable = field(default_factory=MemoryTable)
    changes: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    tick: Callable[[], None] = lambda: None

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        self._begun("get")
        _valid(key)
        return self.store.get_many([key]).get(key)

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> dict[Key, Item]:
        self._begun("get_many")
        for key in keys:
            _valid(key)
        return self.store.get_many(keys)

    def query(  # noqa: PLR0913 - as the port has it
        self,
        pk: str,
        begins: str = "",
        *,
        until: str = "",
        consistent: bool = True,
        limit: int | None = None,
        newest_first: bool = False,
        after: Key | None = None,
    ) -> Rows:
        self._begun("query")
        if after:
            _valid(after, begins)
        rows = list(self.store.query(pk, begins, until))
        if newest_first:
            rows.reverse()
        if after:
            rows = [row for row in rows if _beyond(str(row["sk"]), after.sk, newest_first)]
        page = tuple(rows[:limit] if limit else rows)
        return Rows(page, key_of(page[-1]) if len(page) < len(rows) else None)

    def all(self, pk: str, begins: str = "", *, consistent: bool = True) -> Iterator[Item]:
        self._begun("query")
        yield from self.store.query(pk, begins)

    def scan(self, after: Key | None = None, *, limit: int = 100) -> Rows:
        self._begun("scan")
        page = self.store.scan(after, limit)
        return Rows(page.items, page.after)

    def count(self, pk: str, begins: str = "") -> int:
        return len(self.store.query(pk, begins))

    def write(self, write: Write) -> None:
        self.transact([write])

    def exchange(self, write: Write) -> Item:
        before = self.store.get_many([write.key])
        self.transact([write])
        return before.get(write.key, {})

    def write_many(self, writes: Sequence[Write]) -> None:
        for write in writes:
            self.transact([write])

    def transact(self, writes: Sequence[Write]) -> None:
        self._begun("write")
        before = {write.key: self.store.rows.get(write.key) for write in writes}
        self.store.transact(writes)
        for key, old in before.items():
            self._stream(key, old, self.store.rows.get(key))
        self.tick()

    def insert_many(self, items: Sequence[Item]) -> list[bool]:
        self._begun("insert_many")
        verdicts = self.store.insert_many(items)
        for item, new in zip(items, verdicts, strict=True):
            if new:
                self._stream(key_of(item), None, self.store.rows[key_of(item)])
        return verdicts

    def remove_many(self, name: str, seen: Mapping[Key, int]) -> list[bool]:
        verdicts = []
        for key, version in seen.items():
            try:
                self.transact([Write("update", key, remove=(name,), condition=version_is(version))])
            except Conflict:
                verdicts.append(False)
            else:
                verdicts.append(True)
        return verdicts

    def _begun(self, call: str) -> None:
        self.calls.append(call)
        self.tick()

    def _stream(self, key: Key, old: Item | None, new: Item | None) -> None:
        if old == new:
            return
        images: dict[str, Any] = {
            "Keys": encode_key(key),
            "SequenceNumber": f"{len(self.changes):021}",
        }
        images |= {"OldImage": encode(old)} if old else {}
        images |= {"NewImage": encode(new)} if new else {}
        self.changes.append({"dynamodb": images})


def _valid(key: Key, begins: str = "") -> None:
    """What DynamoDB says to keys beyond its limits, and to a start outside of what is asked for."""
    fits = 0 < len(key.pk.encode()) <= 2048 and 0 < len(key.sk.encode()) <= 1024
    if not fits or not key.sk.startswith(begins):
        raise ServiceError("ValidationException", {})


def _beyond(sk: str, after: str, newest_first: bool) -> bool:
    return sk < after if newest_first else sk > after
