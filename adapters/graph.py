"""The customer graph in its table: runs the resolver's steps, and reads what they wrote."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from adapters.table import Table
from rules.resolution_calls import (
    Earliest,
    InsertMany,
    Page,
    Pause,
    Query,
    ReadMany,
    Scan,
    Steps,
    StoreCall,
    TableName,
    Transact,
)
from rules.resolution_calls import Update as UpdateCall
from schemas.rows import Conflict

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Stores:
    """The two tables. `pause` sleeps for seconds, `jitter` draws from [0, 1)."""

    graph: Table
    journal: Table
    pause: Callable[[float], None]
    jitter: Callable[[], float]

    def run(self, steps: Steps[Result]) -> Result:
        """Performs each call in turn; a conflict is thrown back for the steps to read again."""
        try:
            call = next(steps)
            while True:
                try:
                    answer = self._perform(call)
                except Conflict as conflict:
                    call = steps.throw(conflict)
                else:
                    call = steps.send(answer)
        except StopIteration as end:
            result: Result = end.value
            return result

    def _perform(self, call: StoreCall) -> Any:  # noqa: ANN401 - each call has its own answer
        match call:
            case ReadMany() | Query() | Earliest() | Scan():
                return self._read(call)
            case Transact(writes):
                return self.graph.transact(writes)
            case UpdateCall(write, table):
                return self._table(table).write(write)
            case InsertMany(items, table):
                return self._table(table).insert_many(items)
            case Pause(attempt):
                return self.pause(self.jitter() * min(1.0, 0.02 * 2**attempt))

    def _read(self, call: ReadMany | Query | Earliest | Scan) -> object:
        match call:
            case ReadMany(keys):
                return self.graph.get_many(keys)
            case Query(pk, begins, table):
                return tuple(self._table(table).all(pk, begins))
            case Earliest(pk, until, most):
                return self.graph.query(pk, until=until, limit=most).items
            case Scan(after, table):
                rows = self._table(table).scan(after)
                return Page(rows.items, rows.after)

    def _table(self, name: TableName) -> Table:
        return self.journal if name == "journal" else self.graph
