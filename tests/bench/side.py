"""A stage that is sent orders, and watched until they are in its ledger."""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

import urllib3

from adapters.table import Key, Table
from local import stage as local_stage
from local.stage import Stage
from local.standins import senders
from local.standins.secrets import credentials
from rules import keys
from rules.keys import Pepper
from schemas.identifiers import Identifier, Subject
from tests.bench.orders import address_of, order

SOURCE: Final = "shopify-eu"
DESTINATION: Final = "hubspot"
"""Cleared for a customer's value, on a basis that needs no consent: it is told of every order."""
SENDERS: Final = 2
GIVE_UP: Final = 300.0
"""Seconds. The first journey waits for every function to be loaded: minutes, on a loud machine."""
SOON, RARELY = 0.01, 0.05
"""Seconds between two looks: looking costs the cloud time, too."""


class Last(NamedTuple):
    """A customer's last order: its number, and how many it has placed by now."""

    customer: int
    number: int
    placed: int


Rows = Callable[[Last], Key]


def product_rows(stage: Stage) -> Rows:
    """Where the ledger says that the destination was told of an order."""
    held = stage.client("secretsmanager").get_secret_value(SecretId="sluice/local/pepper/graph")
    pepper = Pepper(bytes.fromhex(json.loads(held["SecretString"])["secret"]))

    def row(last: Last) -> Key:
        subject = Subject(source=SOURCE, object="customer", id=str(last.customer))
        email = Identifier(type="email", value=address_of(last.customer))
        name = f"{keys.of_identifier(pepper, email)}#{last.placed:06}"
        return Key(f"S#{keys.of_subject(pepper, subject)}", f"D#{DESTINATION}#{name}")

    return row


def floor_rows(_stage: Stage) -> Rows:
    """Where the empty handlers put it."""
    return lambda last: Key(f"S#{last.number}", f"D#{DESTINATION}")


@dataclass
class Side:
    """Latencies and spans in seconds; a span is that of one burst."""

    stage: Stage
    row: Rows
    last: dict[int, Last] = field(default_factory=dict)
    sent: int = 0
    latencies: list[float] = field(default_factory=list)
    spans: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.table = Table(local_stage._aws(self.stage), self.stage.outputs["GraphTable"])
        self.pool = urllib3.PoolManager(maxsize=SENDERS, retries=False)
        self.secret = credentials(SOURCE)["webhook"]["secret"]

    def one_by_one(self, customers: Sequence[int]) -> None:
        """Each order on its own: from its first byte to its row in the ledger."""
        for customer in customers:
            signed = self._signed(customer)
            started = time.perf_counter()
            self._send(signed)
            self._await([customer], started, SOON)
            self.latencies.append(time.perf_counter() - started)

    def at_once(self, customers: Sequence[int]) -> None:
        """An order of each, as fast as they are taken, until the last row is there."""
        signed = [self._signed(customer) for customer in customers]
        started = time.perf_counter()
        with ThreadPoolExecutor(SENDERS) as threads:
            list(threads.map(self._send, signed))
        self._await(customers, started, RARELY)
        self.spans.append(time.perf_counter() - started)

    def forget(self) -> None:
        """What was measured so far was to warm up."""
        self.latencies, self.spans = [], []

    def _signed(self, customer: int) -> senders.Signed:
        self.sent += 1
        before = self.last.get(customer, Last(customer, 0, 0))
        self.last[customer] = Last(customer, self.sent, before.placed + 1)
        target = senders.Target(SOURCE, self.secret, datetime.now(UTC))
        return senders.shopify(target, "orders/create", order(self.sent, customer))

    def _send(self, signed: senders.Signed) -> None:
        url = self.stage.endpoint + signed.path
        headers = {**signed.headers, "host": self.stage.api_host}
        answer = self.pool.request("POST", url, body=signed.body, headers=headers)
        if answer.status != 200:
            message = f"a webhook was answered with {answer.status}: {answer.data[:300]!r}"
            raise RuntimeError(message)

    def _await(self, customers: Sequence[int], started: float, pause: float) -> None:
        wanted = [self.row(self.last[customer]) for customer in customers]
        while wanted:
            found = self.table.get_many(wanted, consistent=False)
            wanted = [key for key in wanted if key not in found]
            if time.perf_counter() - started > GIVE_UP:
                message = f"{len(wanted)} of {len(customers)} orders did not reach the ledger"
                raise RuntimeError(message)
            if wanted:
                time.sleep(pause)
