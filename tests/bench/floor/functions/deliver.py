"""Whatever is said is entered into the ledger."""

import json
import os
from collections.abc import Mapping
from typing import Any

from tests.bench.floor.functions import passing


def handler(event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
    """One row an event."""
    for message in event["Records"]:
        customer = json.loads(message["body"])["detail"]["data"]["customer"]
        passing.put(customer, f"D#{os.environ['SLUICE_SYSTEM']}", "{}")
    return {"batchItemFailures": []}
