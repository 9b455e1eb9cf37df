"""What resolving costs: request units, processor time, and how much one subject takes.

Units are counted by DynamoDB's published rules over a store in memory, which an engine's own
ConsumedCapacity confirms for every kind of event (tests/conformance/test_graph_engine.py).
"""

import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

from local.cloud import Cloud
from local.service import endpoint
from rules.keys import Pepper
from rules.resolution import Report, resolve
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from schemas.identifiers import Claim, Identifier, Subject
from schemas.observation import Interaction, Money, Observation, Record, Trait
from schemas.policy import IdentifierRule, IdentityRules
from tests.bench.figure import Figure
from tests.simulator.engine import another_writer, made_stores
from tests.simulator.meter import Meter

START = datetime(2026, 1, 1, tzinfo=UTC)
RULES = IdentityRules(types={"email": IdentifierRule(level=1), "phone": IdentifierRule(level=2)})
PEPPER = Pepper(b"a pepper for measuring")
LAWS = Laws(RULES, PEPPER, lambda: secrets.token_hex(12), lambda: START)
WRITE_DOLLARS = 0.625
READ_DOLLARS = 0.125
"""A million units on demand, us-east-1."""
BATCH = 10
EVENTS = 2_000
TOUCHED = 1_000
WRITERS = 8
HOT_SECONDS = 5.0


def measure() -> Iterator[Figure]:
    """The figures of the group `resolve`."""
    small, large = mix(1_000), mix(1_000_000)
    wru, rru = small.write / EVENTS, small.read / EVENTS
    yield Figure("resolve.wru_per_event", wru, "write units", EVENTS)
    yield Figure("resolve.rru_per_event", rru, "read units", EVENTS)
    dollars = wru * WRITE_DOLLARS + rru * READ_DOLLARS
    yield Figure("resolve.usd_per_million", dollars, "USD", EVENTS)
    growth = (large.write + large.read) / (small.write + small.read)
    yield Figure("resolve.growth_1k_1m", growth, "ratio", EVENTS)
    yield Figure("resolve.cpu_ms_per_event", small.cpu / EVENTS * 1000, "ms", EVENTS)
    yield Figure("resolve.join_units_small", join_units(1), "units", 1)
    yield Figure("resolve.join_units_large", join_units(10_000), "units", 1)
    events, seconds = hot_subject()
    yield Figure("resolve.hot_subject_events_per_second", events / seconds, "events/s", events)


def mix(customers: int) -> Meter:
    """Batches of the mix: known subjects with nothing new, a quarter money, one in fifty new.

    Of a million customers those that the events touch are made: every read is by key, so the
    rest have no way to cost anything, whatever their number.
    """
    random = Random(7)
    meter = Meter()
    there = [n * customers // TOUCHED for n in range(TOUCHED)]
    for start in range(0, TOUCHED, BATCH):
        meter.run(resolve([contact(n) for n in there[start : start + BATCH]], LAWS))
    meter.reset()
    fresh = count(customers)
    events = [_event(random, there, fresh, i) for i in range(EVENTS)]
    for start in range(0, EVENTS, BATCH):
        meter.run(resolve(events[start : start + BATCH], LAWS))
    return meter


def _event(random: Random, there: list[int], fresh: Iterator[int], i: int) -> Received:
    draw = random.random()
    if draw < 0.02:
        return contact(next(fresh))
    return interaction(random.choice(there), i, paid=draw < 0.27)


def contact(n: int, email: int | None = None, source: str = "shop") -> Received:
    """A person as a shop knows them."""
    values = {"email": f"person{n if email is None else email}@example.com", "phone": f"+1{n:010}"}
    claims = tuple(
        Claim(identifier=Identifier(type=kind, value=value), raw=value)
        for kind, value in values.items()
    )
    record = Record(kind="customer", id=str(n), version="2026-01-01T00:00:00Z", occurred_at=START)
    traits: dict[Trait, str] = {"name": "Ada Example", "email": values["email"], "city": "London"}
    return Received(
        Observation(subject=subject(n, source), record=record, claims=claims, traits=traits), START
    )


def interaction(n: int, i: int, *, paid: bool, source: str = "shop") -> Received:
    """A call or an order of a known person."""
    amount = Money(minor=1240 + i, currency="EUR") if paid else None
    email = f"person{n}@example.com"
    observation = Observation(
        subject=subject(n, source),
        record=Record(
            kind="order" if paid else "call",
            id=str(i),
            version="1",
            occurred_at=START + timedelta(seconds=i),
        ),
        claims=(Claim(identifier=Identifier(type="email", value=email), raw=email),),
        interaction=Interaction(
            kind="order" if paid else "call", title=f"Number {i}", amount=amount, lines=("Lamp",)
        ),
    )
    return Received(observation, START)


def subject(n: int, source: str) -> Subject:
    """Who the records are about."""
    return Subject(source=source, object="customer", id=str(n), created_at=START)


def join_units(interactions: int) -> float:
    """Joining two customers who have so many interactions each, by a third record."""
    meter = Meter()
    for n, source in ((1, "shop"), (2, "help")):
        meter.run(resolve([contact(n, source=source)], LAWS))
        calls = [interaction(n, i, paid=False, source=source) for i in range(interactions)]
        for start in range(0, interactions, 100):
            meter.run(resolve(calls[start : start + 100], LAWS))
    meter.reset()
    meter.run(resolve([contact(1, email=2, source="mail")], LAWS))
    return meter.write + meter.read


def hot_subject() -> tuple[int, float]:
    """Events of one subject through eight writers on the local engine, a quarter with money."""
    with tempfile.TemporaryDirectory() as home:
        cloud = Cloud(Path(home), persistent=False)
        try:
            return _hot_subject(endpoint(cloud.start()))
        finally:
            cloud.stop()


def _hot_subject(at: str) -> tuple[int, float]:
    numbers = count()
    done: list[int] = []
    with made_stores(at, "hot") as stores:
        stores.run(resolve([contact(1)], LAWS))
        until = time.monotonic() + HOT_SECONDS

        def write() -> None:
            with another_writer(stores) as own:
                while time.monotonic() < until:
                    batch = [interaction(1, i, paid=i % 4 == 0) for i in _next(numbers)]
                    report: Report = own.run(resolve(batch, LAWS))
                    done.append(BATCH - len(report.later))

        writers = [threading.Thread(target=write) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    return sum(done), HOT_SECONDS


def _next(numbers: Iterator[int]) -> list[int]:
    return [next(numbers) for _ in range(BATCH)]
