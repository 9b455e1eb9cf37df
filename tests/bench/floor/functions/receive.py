"""Every webhook is taken for genuine, and put on the bus as it came."""

import json
from collections.abc import Mapping
from typing import Any

from tests.bench.floor.functions import passing


def handler(event: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
    """One event, then 200."""
    body = json.loads(event["body"])
    passing.publish("SLUICE_INBOUND_BUS", "sluice.shopify-eu", "RecordObserved", [body])
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}
