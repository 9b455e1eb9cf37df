"""What the resolver asks of a store, as values: it never touches one itself.

A step is a generator that yields calls and is sent their answers, so that a driver runs it on
DynamoDB and a simulator interleaves, delays and drops it between any two calls.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from schemas.errors import RetryLater
from schemas.rows import Conflict, Item, Key, Write

Result = TypeVar("Result")
TableName = Literal["graph", "journal"]


@dataclass(frozen=True, slots=True)
class ReadMany:
    """Strongly consistent reads; answered by the rows that exist, by key."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Every row of a partition whose sort key begins so; answered by a tuple of items."""

    pk: str
    begins: str = ""
    table: TableName = "graph"


@dataclass(frozen=True, slots=True)
class Earliest:
    """The first rows of a partition, at most so many and none beyond a sort key; answered by a
    tuple of items.
    """

    pk: str
    until: str
    most: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of the whole table; `after` is where the next page begins, none at the end."""

    items: tuple[Item, ...]
    after: Key | None


@dataclass(frozen=True, slots=True)
class Scan:
    """The next items of the whole table, in no order that means anything; answered by a `Page`."""

    after: Key | None
    table: TableName = "graph"


@dataclass(frozen=True, slots=True)
class Transact:
    """All or nothing; `Conflict` is thrown when a condition fails."""

    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class InsertMany:
    """Each row unless it exists; answered by a list that is false where one did."""

    items: tuple[Item, ...]
    table: TableName = "graph"


@dataclass(frozen=True, slots=True)
class Update:
    """One write of its own; `Conflict` is thrown when its condition fails."""

    write: Write
    table: TableName = "graph"


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait a little before the next attempt: others are writing the same items."""

    attempt: int


StoreCall = ReadMany | Query | Earliest | Scan | Transact | InsertMany | Update | Pause
Steps = Generator[StoreCall, Any, Result]


def read_many(keys: Sequence[Key]) -> Steps[Mapping[Key, Item]]:
    """The rows that exist."""
    answer: Mapping[Key, Item] = yield ReadMany(tuple(keys))
    return answer


def query(pk: str, begins: str = "", table: TableName = "graph") -> Steps[tuple[Item, ...]]:
    """The rows of a partition."""
    answer: tuple[Item, ...] = yield Query(pk, begins, table)
    return answer


def earliest(pk: str, until: str, most: int) -> Steps[tuple[Item, ...]]:
    """The first rows of a partition, none beyond `until`."""
    answer: tuple[Item, ...] = yield Earliest(pk, until, most)
    return answer


def insert_many(items: Sequence[Item], table: TableName = "graph") -> Steps[list[bool]]:
    """Which rows were not there yet."""
    if not items:
        return []
    answer: list[bool] = yield InsertMany(tuple(items), table)
    return answer


def surely(write: Write, table: TableName = "graph") -> Steps[None]:
    """One write without a condition, which can only fail because another is being written."""
    for attempt in range(1, 6):
        try:
            yield Update(write, table)
        except Conflict:
            yield Pause(attempt)
        else:
            return
    raise RetryLater("others keep writing the same item")


def transact(writes: Sequence[Write]) -> Steps[None]:
    """Commits together; a single write needs no transaction, which costs twice."""
    if len(writes) == 1 and writes[0].kind != "check":
        yield Update(writes[0])
    elif writes:
        yield Transact(tuple(writes))
