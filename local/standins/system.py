"""What every stand-in is: records, limits and answers of one vendor."""

from threading import Lock
from typing import Any

from local.standins.limits import Bucket, Simultaneous, Window
from local.standins.tokens import Tokens
from local.standins.wire import Record, Request, Response


class System:
    """One vendor's stand-in. `records` maps kind → id → record and is all that is persisted."""

    name: str
    simultaneous: Simultaneous | None = None
    tokens: Tokens | None = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.lock = Lock()
        self.records: dict[str, dict[str, Record]] = {}
        self.limits: list[Bucket | Window] = []

    def handle(self, request: Request) -> Response:
        """The vendor's answer."""
        raise NotImplementedError

    def refuse(self, status: int, retry_after: int) -> Response:
        """The vendor's own words for a status that was asked for as a fault."""
        raise NotImplementedError

    def put(self, kind: str, record: Record) -> None:
        """Add or replace a record as it is, also one that the vendor would never make."""
        self.records.setdefault(kind, {})[self.key(record)] = record

    def key(self, record: Record) -> str:
        """The id that a record is kept by."""
        return str(record.get("id", ""))

    def adopt(self, records: dict[str, dict[str, Any]]) -> None:
        """Take up records that were kept."""
        self.records = records

    def reset(self) -> None:
        """Refill the limits."""
        for limit in self.limits:
            limit.reset()
