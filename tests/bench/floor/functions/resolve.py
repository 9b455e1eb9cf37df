"""Every record is a row of its own."""

import json
from collections.abc import Mapping
from typing import Any

from tests.bench.floor.functions import passing


def handler(event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
    """One item a record, under a key that the stream's filter lets through."""
    for message in event["Records"]:
        record = json.loads(message["body"])["detail"]
        passing.put(f"S#{record['id']}", "HEAD", json.dumps(record))
    return {"batchItemFailures": []}
