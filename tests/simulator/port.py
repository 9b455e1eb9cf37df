"""The table port in memory, with request units as DynamoDB bills them (item sizes, 4 KB and 1 KB
steps, at least one step a call)."""

from collections.abc import Callable, Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, cast

from adapters.table import Rows, Table, encode
from schemas.rows import Conflict, Item, Key, Write
from tests.simulator.store import MemoryTable, holds

if TYPE_CHECKING:
    from adapters.aws import Aws

READ_STEP = 4096
WRITE_STEP = 1024
Tick = Callable[[str], None]


def size(item: Item) -> int:
    return sum(len(name) + len(str(value)) for name, value in encode(item).items())


class MemoryPort(Table):
    """`tick` is called before and after each call, with its name; it may raise to kill."""

    def __init__(self, tick: Tick = lambda _name: None) -> None:
        super().__init__(cast("Aws", None), "memory")
        self.memory = MemoryTable()
        self.tick = tick

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        return self.get_many([key], consistent=consistent).get(key)

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> dict[Key, Item]:
        self.tick("get")
        found = self.memory.get_many(keys)
        for key in dict.fromkeys(keys):
            self._read(size(found.get(key, {})), consistent)
        self.tick("got")
        return found

    def query(  # noqa: PLR0913 - the port's
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
        assert (until, limit, after, newest_first) == ("", None, None, False), "not told here"
        self.tick("query")
        items = self.memory.query(pk, begins)
        self._read(sum(size(item) for item in items), consistent)
        self.tick("queried")
        return Rows(items, None)

    def all(self, pk: str, begins: str = "", *, consistent: bool = True) -> Iterator[Item]:
        yield from self.query(pk, begins, consistent=consistent).items

    def write(self, write: Write) -> None:
        self.exchange(write)

    def exchange(self, write: Write) -> Item:
        self.tick("write")
        before = self.memory.rows.get(write.key, {})
        self.units.write += 1
        if not holds(write.condition, dict(before)):
            raise Conflict((0,))
        self.memory.transact([write])
        after = self.memory.rows.get(write.key, {})
        self.units.write += max(1, ceil(max(size(before), size(after)) / WRITE_STEP)) - 1
        self.tick("written")
        return dict(before)

    def transact(self, writes: Sequence[Write]) -> None:
        self.tick("write")
        before = {write.key: self.memory.rows.get(write.key, {}) for write in writes}
        self.memory.transact(writes)
        for key, old in before.items():
            bytes_ = max(size(old), size(self.memory.rows.get(key, {})))
            self.units.write += 2 * max(1, ceil(bytes_ / WRITE_STEP))
        self.tick("written")

    def _read(self, bytes_: int, consistent: bool) -> None:
        steps = max(1, ceil(bytes_ / READ_STEP))
        self.units.read += steps if consistent else steps / 2
