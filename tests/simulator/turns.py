"""Every order in which a few processes can make their calls to a table, each possibly cut short.

A process is a function of a port. It is run again from its start for each step, and told what it
was told before; so it must be a function of its answers. Orders that come to the same are one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from adapters.table import Rows, Table
from schemas.errors import RetryLater
from schemas.rows import Conflict, Item, Key, Write
from tests.simulator.store import MemoryTable, Row

if TYPE_CHECKING:
    from adapters.aws import Aws

Log = tuple[tuple[Any, Conflict | None], ...]
Process = Callable[["Port"], object]
Drops = Callable[[Write], bool]


class Paused(BaseException):
    """It would make its next call."""


class Port(Table):
    """Answers from the log, then by one call that is made; the next one pauses."""

    def __init__(self, memory: MemoryTable, log: Log = (), more: int = 1) -> None:
        super().__init__(cast("Aws", None), "memory")
        self.memory, self.log, self.more, self.at = memory, log, more, 0

    def act(self, do: Callable[[MemoryTable], object]) -> Any:  # noqa: ANN401 - as calls differ
        """One call."""
        if self.at == len(self.log):
            self._make(do)
        answer, conflict = self.log[self.at]
        self.at += 1
        if conflict:
            raise conflict
        return answer

    def _make(self, do: Callable[[MemoryTable], object]) -> None:
        if not self.more:
            raise Paused
        self.more -= 1
        try:
            self.log = (*self.log, (do(self.memory), None))
        except Conflict as conflict:
            self.log = (*self.log, (None, conflict))

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        return self._get(key)

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> dict[Key, Item]:
        return {key: item for key in keys for item in [self._get(key)] if item is not None}

    def _get(self, key: Key) -> Item | None:
        """A batch is no snapshot."""
        found: Item | None = self.act(lambda memory: memory.get_many([key]).get(key))
        return found

    def exchange(self, write: Write) -> Item:
        def do(memory: MemoryTable) -> Item:
            before = dict(memory.rows.get(write.key, {}))
            memory.transact([write])
            return before

        return cast("Item", self.act(do))

    def write(self, write: Write) -> None:
        self.act(lambda memory: memory.transact([write]))

    def transact(self, writes: Sequence[Write]) -> None:
        self.act(lambda memory: memory.transact(writes))

    def scan(self, after: Key | None = None, *, limit: int = 100) -> Rows:
        page = self.act(lambda memory: memory.scan(after, limit))
        return Rows(page.items, page.after)

    def query(self, pk: str, begins: str = "", **_: object) -> Rows:
        return Rows(self.act(lambda memory: memory.query(pk, begins)), None)


class Place(NamedTuple):
    """Where all are: the rows, what each was told, and who is gone."""

    rows: Mapping[Key, Row]
    logs: tuple[Log, ...]
    gone: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        """Equal for places from which the same can follow."""
        return repr((sorted(self.rows.items()), self.logs, sorted(self.gone)))


@dataclass
class Turns:
    """`crashes` is how many processes are cut short at most; `drops` names lost conditions."""

    processes: Sequence[Process]
    crashes: int = 0
    drops: Drops = lambda _write: False
    seen: set[str] = field(default_factory=set)

    def ends(self, rows: Mapping[Key, Row], check: Callable[[Place], None]) -> Iterator[Place]:
        """Each place where everybody has ended or is gone; all on the way there are checked."""
        ahead = [Place(rows, ((),) * len(self.processes))]
        while ahead:
            place = ahead.pop()
            if place.name in self.seen:
                continue
            self.seen.add(place.name)
            check(place)
            following = list(self._following(place))
            ahead += following
            if not following:
                yield place

    def _following(self, place: Place) -> Iterator[Place]:
        for n, process in enumerate(self.processes):
            if n in place.gone:
                continue
            port = self._port(place, n)
            if not advanced(process, port):
                continue
            logs = (*place.logs[:n], port.log, *place.logs[n + 1 :])
            yield Place(port.memory.rows, logs, place.gone)
            if len(place.gone) < self.crashes:
                yield Place(place.rows, place.logs, place.gone | {n})

    def _port(self, place: Place, n: int) -> Port:
        """Rows are replaced and never changed."""
        return Port(MemoryTable(dict(place.rows), drops=self.drops), place.logs[n])


def advanced(process: Process, port: Port) -> bool:
    """Whether it made a call: false when it had ended."""
    made = len(port.log)
    with suppress(Paused, RetryLater):
        process(port)
    return len(port.log) > made


def whole(process: Process, memory: MemoryTable) -> object:
    """From its start to its end, alone."""
    return process(Port(memory, more=10_000))
