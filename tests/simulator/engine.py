"""A real engine for the resolver: tables of their own on an emulator's endpoint."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from botocore.credentials import Credentials

from adapters.aws import Aws
from adapters.graph import Stores
from adapters.table import Table, Units
from rules.resolution_calls import Steps

REGION = "eu-central-1"


def aws_at(endpoint: str) -> Aws:
    """The signed client, as the emulator's root user."""
    return Aws(REGION, lambda: Credentials("test", "test"), time.sleep, Random().random, endpoint)


def close(aws: Aws) -> None:
    """Closes its connections now, not when they are collected."""
    for key in aws.pool.pools.keys():  # noqa: SIM118 - not a mapping to iterate over
        aws.pool.pools[key].close()
    aws.pool.clear()


def make_table(aws: Aws, name: str) -> Table:
    """An empty table as `infra` makes it."""
    keys = ("pk", "HASH"), ("sk", "RANGE")
    aws.call(
        "dynamodb",
        "CreateTable",
        {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n, _ in keys],
            "KeySchema": [{"AttributeName": n, "KeyType": kind} for n, kind in keys],
        },
    )
    return Table(aws, name)


@contextmanager
def made_stores(endpoint: str, name: str) -> Iterator[Stores]:
    """A graph and a journal of their own."""
    aws = aws_at(endpoint)
    graph, journal = make_table(aws, f"{name}-graph"), make_table(aws, f"{name}-journal")
    yield Stores(graph, journal, aws.pause, aws.jitter)
    close(aws)


@contextmanager
def another_writer(stores: Stores) -> Iterator[Stores]:
    """The same tables through a client of its own, as another Lambda has it."""
    aws = aws_at(stores.graph.aws.endpoint)
    graph, journal = Table(aws, stores.graph.name), Table(aws, stores.journal.name)
    yield Stores(graph, journal, aws.pause, aws.jitter)
    close(aws)


@dataclass(frozen=True)
class Spent:
    """Request units of one step, both tables."""

    read: float
    write: float


def spent(stores: Stores, steps: Callable[[], Steps[object]]) -> Spent:
    """What the engine says that a step consumed."""
    tables = (stores.graph, stores.journal)
    for table in tables:
        table.units = Units()
    stores.run(steps())
    units = [table.units for table in tables]
    return Spent(sum(u.read for u in units), sum(u.write for u in units))
