"""How far each source was read: a cursor a kind, and who is reading now.

They live in the graph table, so a restored graph reads on from where it was itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.table import Condition, Conflict, Item, Key, Table, Write

FREE_OR_MINE: Final = "attribute_not_exists(#pk) OR #until < :now OR #owner = :owner"


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints of one source."""

    table: Table
    source: str

    def cursor(self, kind: str) -> dict[str, str]:
        """Where to resume; empty at the very first."""
        row = self.table.get(self._key(f"CURSOR#{kind}"))
        return json.loads(str(row["data"])) if row and "data" in row else {}

    def advance(self, kind: str, cursor: Mapping[str, str], records: int, at: datetime) -> None:
        """Moves the cursor; only after every event up to it was accepted."""
        values: Item = {"data": json.dumps(dict(cursor)), "at": at.isoformat()}
        write = Write(
            "update",
            self._key(f"CURSOR#{kind}"),
            values,
            add={"records": records},
            remove=("reason", "failed_at"),
        )
        self.table.write(write)

    def failed(self, kind: str, reason: str, at: datetime) -> None:
        """Notes why the cursor stays where it is."""
        values: Item = {"reason": reason, "failed_at": at.isoformat()}
        self.table.write(Write("update", self._key(f"CURSOR#{kind}"), values))

    def lease(self, owner: str, now: int, seconds: int) -> bool:
        """Whether this reader may read now: two at once would race on the cursor."""
        free = Condition(FREE_OR_MINE, {":now": now, ":owner": owner})
        row: Item = {"owner": owner, "until": now + seconds}
        try:
            self.table.write(Write("put", self._key("LEASE"), row, condition=free))
        except Conflict:
            return False
        return True

    def release(self, owner: str) -> None:
        """Lets the next reader in, unless the lease has passed on already."""
        mine = Condition("#owner = :owner", {":owner": owner})
        try:
            self.table.write(Write("delete", self._key("LEASE"), condition=mine))
        except Conflict:
            return

    def _key(self, sk: str) -> Key:
        return Key(f"SRC#{self.source}", sk)
