"""Every row that was written is said, by its name."""

from collections.abc import Mapping
from typing import Any

from tests.bench.floor.functions import passing


def handler(event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
    """One event a row."""
    names = [record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]]
    said = [{"data": {"customer": name}} for name in names]
    passing.publish("SLUICE_OUTBOUND_BUS", "sluice.announce", "CustomerChanged", said)
    return {"batchItemFailures": []}
