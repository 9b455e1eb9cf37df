"""What resolving costs: request units, processor time, and how much one subject takes.

Units of the mix are the ConsumedCapacity of an engine whose table really holds the customers.
Those of a join are counted by DynamoDB's published rules over a store in memory, which an
engine's own count confirms for every kind of event (tests/conformance/test_graph_engine.py).
"""

import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from random import Random

from adapters.graph import Stores
from rules.resolution import Report, resolve
from rules.resolution_case import Received
from tests.bench import dynoxide
from tests.bench.events import LAWS, contact, interaction
from tests.bench.figure import Figure
from tests.bench.million import holding
from tests.simulator.clock import Arrival, Clocked, Tally
from tests.simulator.engine import Spent, another_writer, made_stores, spent
from tests.simulator.meter import Meter
from tests.simulator.reading import heads

WRITE_DOLLARS = 0.625
READ_DOLLARS = 0.125
"""A million units on demand, us-east-1."""
BATCH = 10
EVENTS = 2_000
TOUCHED = 1_000
WRITERS = 8
HOT_SECONDS = 5.0
HOT = 1_000
"""Events of the simulated hot subject."""
SMALL, LARGE = 1_000, 1_000_000
"""Customers."""


def measure() -> Iterator[Figure]:
    """The figures of the group `resolve`; the table of a million takes minutes to make."""
    with holding(SMALL) as stores:
        small = units(stores, SMALL)
    events, seconds = hot_subject()
    wru, rru = small.write / EVENTS, small.read / EVENTS
    yield Figure("resolve.wru_per_event", wru, "write units", EVENTS)
    yield Figure("resolve.rru_per_event", rru, "read units", EVENTS)
    moving = metered(movable=True)
    yield Figure("resolve.wru_per_event_movable", moving.write / EVENTS, "write units", EVENTS)
    yield Figure("resolve.rru_per_event_movable", moving.read / EVENTS, "read units", EVENTS)
    dollars = wru * WRITE_DOLLARS + rru * READ_DOLLARS
    yield Figure("resolve.usd_per_million", dollars, "USD", EVENTS)
    yield Figure("resolve.cpu_ms_per_event", metered().cpu / EVENTS * 1000, "ms", EVENTS)
    yield Figure("resolve.join_units_small", join_units(1), "units", 1)
    yield Figure("resolve.join_units_large", join_units(10_000), "units", 1)
    yield Figure("resolve.hot_subject_events_per_second", events / seconds, "events/s", events)
    hot = collisions(200)
    yield Figure("resolve.hot_subject_conflicts_per_event", hot.conflicts / HOT, "conflicts", HOT)
    with holding(LARGE) as stores:
        large = units(stores, LARGE)
    growth = (large.write + large.read) / (small.write + small.read)
    yield Figure("resolve.growth_1k_1m", growth, "ratio", EVENTS)


def mix(customers: int) -> Iterator[list[Received]]:
    """Batches: known subjects with nothing new, a quarter money, one in fifty a new subject."""
    random = Random(7)
    there = [n * customers // TOUCHED for n in range(TOUCHED)]
    fresh = count(customers)
    events = [_event(random, there, fresh, i) for i in range(EVENTS)]
    return (events[start : start + BATCH] for start in range(0, EVENTS, BATCH))


def _event(random: Random, there: list[int], fresh: Iterator[int], i: int) -> Received:
    draw = random.random()
    if draw < 0.02:
        return contact(next(fresh))
    return interaction(random.choice(there), i, paid=draw < 0.27)


def units(stores: Stores, customers: int) -> Spent:
    """What the engine says that the mix consumed."""
    every = [spent(stores, partial(resolve, batch, LAWS)) for batch in mix(customers)]
    return Spent(sum(each.read for each in every), sum(each.write for each in every))


def metered(*, movable: bool = False) -> Meter:
    """The mix on a store in memory: the resolver's own processor time, and units by the rules.

    `movable`: its orders and calls are of kinds that can change whom they are about.
    """
    meter = Meter()
    for n in range(TOUCHED):
        meter.run(resolve([contact(n)], LAWS))
    meter.reset()
    for batch in mix(TOUCHED):
        told = [e._replace(movable=movable and bool(e.observation.interaction)) for e in batch]
        meter.run(resolve(told, LAWS))
    return meter


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
    """Events of one subject through eight writers, a quarter with money: how many, in how long."""
    with dynoxide.serving() as endpoint, made_stores(endpoint, "hot") as stores:
        stores.run(resolve([contact(1)], LAWS))
        return _written_at_once(stores), HOT_SECONDS


def _written_at_once(stores: Stores) -> int:
    numbers = count()
    done: list[int] = []
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
    return sum(done)


def _next(numbers: Iterator[int]) -> list[int]:
    return [next(numbers) for _ in range(BATCH)]


def collisions(rate: int, *, movable: bool = False) -> Tally:
    """So many events a second of one subject, a quarter with money, on a clock that lets them
    collide as on DynamoDB: the engine does one call at a time, so there nothing ever does.
    """
    random = Random(rate)
    clocked = Clocked(random)
    clocked.run([Arrival(0.0, partial(resolve, [contact(1)], LAWS))], writers=1)
    clocked.tally = Tally()
    events = [interaction(1, i, paid=i % 4 == 0)._replace(movable=movable) for i in range(HOT)]
    at, arrivals = 0.0, []
    for start in range(0, HOT, BATCH):
        at += random.expovariate(rate / BATCH)
        arrivals.append(Arrival(at, partial(resolve, events[start : start + BATCH], LAWS)))
    tally = clocked.run(arrivals, WRITERS)
    (head,) = heads(clocked.graph).values()
    assert tally.again or head.totals["EUR"].count == HOT // 4
    return tally
