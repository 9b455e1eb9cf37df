"""Records that could not be used, kept with their reason where they can be replayed."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from adapters.table import ABSENT, Conflict, Item, Key, Table, Write
from schemas.errors import BadRecord

KEPT: Final = timedelta(days=14)
LONGEST: Final = 200 * 1024
"""A row takes 400 KB; what is longer is cut and says so."""


def keep(table: Table, source: str, found: tuple[str, Any], error: BadRecord, at: datetime) -> bool:
    """Sets a `(kind, record)` aside; False when it is there already, as after a redelivery."""
    kind, record = found
    raw = record if isinstance(record, str) else json.dumps(record, default=str)
    name = sha256(f"{kind}\0{raw}".encode()).hexdigest()[:24]
    row: Item = {
        "data": raw[:LONGEST],
        "cut": len(raw) > LONGEST,
        "kind": kind,
        "reason": error.reason,
        "at": at.isoformat(),
        "expires": int((at + KEPT).timestamp()),
    }
    try:
        table.write(Write("put", Key(f"Q#{source}", name), row, condition=ABSENT))
    except Conflict:
        return False
    return True
