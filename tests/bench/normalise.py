"""How many records a second one core verifies, validates, normalises and serialises; and how many
times what nobody can do without that takes: the hash of the body, and reading its JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hmac import digest

from connectors import registry
from connectors.contract import Inbound
from functions import observed
from local.standins import senders
from local.standins.secrets import credentials
from schemas.config import Source
from tests.bench.figure import Figure, median, seconds
from tests.bench.orders import order

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
RECORDS = 500
REPEATS = 9


def measure() -> Iterator[Figure]:
    """`normalise.per_second.shopify_order`: from raw bytes to the event's JSON. `floor_ratio`:
    over `hmac.digest` and `json.loads` of the same bytes, in turns."""
    secret = credentials("shopify-eu")["webhook"]
    target = senders.Target("shopify-eu", secret["secret"], NOW)
    sent = senders.shopify(target, "orders/create", order())
    connector = registry.load("shopify")
    source = Source(connector="shopify", base_url="https://eu.example.com")
    inbound = Inbound("POST", target.url, {}, sent.headers, sent.body)

    def once() -> None:
        for _ in range(RECORDS):
            if connector.verify(source, secret, inbound, NOW):
                raise AssertionError
            ((kind, record),) = connector.parse(source, inbound).records
            observation = connector.normalise("shopify-eu", source, kind, record)
            observed.event("shopify-eu", observation, "webhook", NOW, ("order",)).model_dump_json()

    def floor() -> None:
        for _ in range(RECORDS):
            digest(target.secret.encode(), sent.body, "sha256")
            json.loads(sent.body)

    once()
    turns = [(seconds(once, 1)[0], seconds(floor, 1)[0]) for _ in range(REPEATS)]
    rate = RECORDS / median([ours for ours, _ in turns])
    ratio = median([ours / least for ours, least in turns])
    yield Figure("normalise.per_second.shopify_order", rate, "1/s", RECORDS * REPEATS)
    yield Figure("normalise.floor_ratio.shopify_order", ratio, "ratio", REPEATS)
    yield Figure("normalise.bytes.shopify_order", len(sent.body), "B", 1)
