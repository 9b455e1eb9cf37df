"""The one client of the empty handlers: signed calls, as the product makes them."""

import json
import os
import random
import time
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from botocore.credentials import Credentials

from adapters.aws import Aws

A_CALL = 10


@cache
def aws() -> Aws:
    """The client, once a process."""
    environment = os.environ
    key, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    held = Credentials(key, secret, environment.get("AWS_SESSION_TOKEN"))
    region, endpoint = environment["AWS_REGION"], environment.get("AWS_ENDPOINT_URL", "")
    return Aws(region, lambda: held, time.sleep, random.random, endpoint)


def publish(bus: str, source: str, kind: str, details: Iterable[Mapping[str, Any]]) -> None:
    """Events on a bus, ten to a call."""
    entries = [
        {
            "EventBusName": os.environ[bus],
            "Source": source,
            "DetailType": kind,
            "Detail": json.dumps(detail),
        }
        for detail in details
    ]
    for start in range(0, len(entries), A_CALL):
        aws().call("events", "PutEvents", {"Entries": entries[start : start + A_CALL]})


def put(pk: str, sk: str, data: str) -> None:
    """One row of the graph's table."""
    item = {"pk": {"S": pk}, "sk": {"S": sk}, "data": {"S": data}}
    payload = {"TableName": os.environ["SLUICE_GRAPH_TABLE"], "Item": item}
    aws().call("dynamodb", "PutItem", payload)
