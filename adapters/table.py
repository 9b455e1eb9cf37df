"""DynamoDB as a port: items of plain values, conditions, transactions, counted request units."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from adapters.aws import Aws, ServiceError
from adapters.typed import (
    batch_entry,
    decode,
    encode,
    encode_key,
    insertion,
    key_condition,
    removal,
    write_payload,
)
from schemas.errors import RetryLater
from schemas.rows import (
    ABSENT,
    Condition,
    Conflict,
    Item,
    Key,
    Value,
    Write,
    key_of,
    version_is,
)

__all__ = [
    "ABSENT", "Condition", "Conflict", "Item", "Key", "Rows", "Table", "Units", "Value", "Write",
    "decode", "encode", "encode_key", "key_of", "version_is",
]  # fmt: skip

READS_A_CALL: Final = 100
STATEMENTS_A_CALL: Final = 25
WRITE_ATTEMPTS: Final = 5


class Rows(NamedTuple):
    """A page of rows; `after` is where the next begins, none at the end."""

    items: tuple[Item, ...]
    after: Key | None


@dataclass(slots=True)
class Units:
    """Request units consumed so far, from the engine's own ConsumedCapacity."""

    read: float = 0.0
    write: float = 0.0
    calls: int = 0


@dataclass(slots=True)
class Table:
    """One table."""

    aws: Aws
    name: str
    units: Units = field(default_factory=Units)

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """The row, or none."""
        answer = self._call(
            "GetItem", {"Key": encode_key(key), "ConsistentRead": consistent}, read=True
        )
        return decode(answer["Item"]) if answer.get("Item") else None

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> dict[Key, Item]:
        """The rows that exist, in as few calls as can be."""
        found: dict[Key, Item] = {}
        wanted = list(dict.fromkeys(keys))
        while wanted:
            now, wanted = wanted[:READS_A_CALL], wanted[READS_A_CALL:]
            request = {
                "Keys": [encode_key(key) for key in now],
                "ConsistentRead": consistent,
            }
            answer = self._raw("BatchGetItem", {"RequestItems": {self.name: request}}, read=True)
            for raw in answer.get("Responses", {}).get(self.name, []):
                item = decode(raw)
                found[key_of(item)] = item
            left = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            wanted += [key_of(decode(raw)) for raw in left]
        return found

    def query(  # noqa: PLR0913 - a query has this many knobs
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
        """One page of a partition's rows whose sort key begins so, or is not beyond, in order."""
        payload = key_condition(pk, begins, until) | {
            "ConsistentRead": consistent,
            "ScanIndexForward": not newest_first,
        }
        if limit:
            payload["Limit"] = limit
        if after:
            payload["ExclusiveStartKey"] = encode_key(after)
        answer = self._call("Query", payload, read=True)
        last = answer.get("LastEvaluatedKey")
        items = tuple(decode(raw) for raw in answer.get("Items", []))
        return Rows(items, key_of(decode(last)) if last else None)

    def all(self, pk: str, begins: str = "", *, consistent: bool = True) -> Iterator[Item]:
        """Every row of a partition whose sort key begins so, page by page."""
        after: Key | None = None
        while True:
            rows = self.query(pk, begins, consistent=consistent, after=after)
            yield from rows.items
            after = rows.after
            if after is None:
                return

    def scan(self, after: Key | None = None, *, limit: int = 100) -> Rows:
        """A page of all rows, in no order that means anything."""
        payload: dict[str, Any] = {"ConsistentRead": True, "Limit": limit}
        if after:
            payload["ExclusiveStartKey"] = encode_key(after)
        answer = self._call("Scan", payload, read=True)
        last = answer.get("LastEvaluatedKey")
        items = tuple(decode(raw) for raw in answer.get("Items", []))
        return Rows(items, key_of(decode(last)) if last else None)

    def count(self, pk: str, begins: str = "") -> int:
        """How many rows there are, without reading them out."""
        total, after = 0, None
        while True:
            payload = key_condition(pk, begins) | {"Select": "COUNT"}
            if after:
                payload["ExclusiveStartKey"] = after
            answer = self._call("Query", payload, read=True)
            total += int(answer.get("Count", 0))
            after = answer.get("LastEvaluatedKey")
            if not after:
                return total

    def write(self, write: Write) -> None:
        """One write on its own; `Conflict` when its condition does not hold."""
        self._alone(write, {})

    def exchange(self, write: Write) -> Item:
        """The same; answered by the row as it was before, empty when there was none."""
        answer = self._alone(write, {"ReturnValues": "ALL_OLD"})
        return decode(answer.get("Attributes") or {})

    def _alone(self, write: Write, options: Mapping[str, Any]) -> dict[str, Any]:
        payload = {**write_payload(write), **options}
        try:
            return self._call(OPERATIONS[write.kind], payload, read=False)
        except ServiceError as error:
            if error.code in {"ConditionalCheckFailedException", "TransactionConflictException"}:
                raise Conflict((0,)) from error
            raise

    def transact(self, writes: Sequence[Write]) -> None:
        """All of them or none; `Conflict` when a condition fails or another writer is there."""
        entries = [{TRANSACT[w.kind]: {"TableName": self.name} | write_payload(w)} for w in writes]
        try:
            self._raw("TransactWriteItems", {"TransactItems": entries}, read=False)
        except ServiceError as error:
            if error.code in {"TransactionCanceledException", "TransactionConflictException"}:
                raise _cancelled(error) from error
            raise

    def insert_many(self, items: Sequence[Item]) -> list[bool]:
        """Put each row unless it exists, at plain units; False where there was one already."""
        return self._execute([insertion(self.name, item) for item in items])

    def remove_many(self, name: str, seen: Mapping[Key, int]) -> list[bool]:
        """Take an attribute off each row that is still at the version that was seen, at plain
        units; False where it is not.
        """
        return self._execute([removal(self.name, name, key, v) for key, v in seen.items()])

    def _execute(self, statements: Sequence[dict[str, Any]]) -> list[bool]:
        verdicts: list[bool] = []
        for start in range(0, len(statements), STATEMENTS_A_CALL):
            request = {"Statements": statements[start : start + STATEMENTS_A_CALL]}
            answer = self._raw("BatchExecuteStatement", request, read=False)
            verdicts += [_verdict(each) for each in answer.get("Responses", [])]
        return verdicts

    def write_many(self, writes: Sequence[Write]) -> None:
        """Puts and deletes without conditions, 25 to a call; the last one of a key counts."""
        entries = list({write.key: batch_entry(write) for write in writes}.values())
        for attempt in range(WRITE_ATTEMPTS):
            if attempt:
                self.aws.pause(self.aws.jitter() * 0.05 * 4**attempt)
            left: list[dict[str, Any]] = []
            for start in range(0, len(entries), STATEMENTS_A_CALL):
                request = {self.name: entries[start : start + STATEMENTS_A_CALL]}
                answer = self._raw("BatchWriteItem", {"RequestItems": request}, read=False)
                left += answer.get("UnprocessedItems", {}).get(self.name, [])
            if not left:
                return
            entries = left
        message = f"dynamodb: {len(entries)} writes were not taken"
        raise RetryLater(message)

    def _call(self, operation: str, payload: Mapping[str, Any], *, read: bool) -> dict[str, Any]:
        return self._raw(operation, {"TableName": self.name, **payload}, read=read)

    def _raw(self, operation: str, payload: Mapping[str, Any], *, read: bool) -> dict[str, Any]:
        counted = {"ReturnConsumedCapacity": "TOTAL", **payload}
        answer = self.aws.call("dynamodb", operation, counted)
        self.units.calls += 1
        capacity = answer.get("ConsumedCapacity") or []
        for each in capacity if isinstance(capacity, list) else [capacity]:
            units = float(each.get("CapacityUnits", 0.0))
            if read:
                self.units.read += units
            else:
                self.units.write += units
        return answer


OPERATIONS: Final = {"put": "PutItem", "update": "UpdateItem", "delete": "DeleteItem"}
TRANSACT: Final = {
    "put": "Put", "update": "Update", "delete": "Delete", "check": "ConditionCheck",
}  # fmt: skip


def _verdict(response: Mapping[str, Any]) -> bool:
    error = response.get("Error")
    if not error:
        return True
    if error.get("Code") in {"DuplicateItem", "ConditionalCheckFailed"}:
        return False
    raise RetryLater(f"dynamodb statement: {error.get('Code')}")


def _cancelled(error: ServiceError) -> Conflict:
    reasons = error.answer.get("CancellationReasons") or error.answer.get("cancellationReasons")
    codes = [reason.get("Code", "None") for reason in reasons or []]
    if "ThrottlingError" in codes or "ProvisionedThroughputExceeded" in codes:
        raise RetryLater("dynamodb transaction: throttled") from error
    return Conflict(tuple(i for i, code in enumerate(codes) if code == "ConditionalCheckFailed"))
