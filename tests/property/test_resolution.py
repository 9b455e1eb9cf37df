"""Any order, interleaving, conflict, crash and redelivery gives the graph of the whole set."""

import os
from collections.abc import Sequence
from functools import partial
from itertools import count
from random import Random

import pytest

from rules.resolution import resolve
from rules.resolution_calls import Steps
from rules.resolution_case import Received
from rules.resolution_islands import Laws
from tests.simulator.histories import PEPPER, RULES, START, expected, history
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, run_alone

HISTORIES = int(os.environ.get("SLUICE_HISTORIES", "300"))
FIRST = int(os.environ.get("SLUICE_SEED", "0"))


def laws() -> Laws:
    names = count()
    return Laws(RULES, PEPPER, lambda: f"g{next(names)}", lambda: START)


def batches(random: Random, received: Sequence[Received]) -> list[list[Received]]:
    """Shuffled, some delivered twice, cut into batches of any size."""
    again = [each for each in received if random.random() < 0.2]
    every = [*received, *again]
    random.shuffle(every)
    cut = []
    while every:
        size = random.choice((1, 1, 2, 5))
        cut.append(every[:size])
        every = every[size:]
    return cut


def jobs(batches_: Sequence[Sequence[Received]], made: Laws) -> list[Job]:
    return [partial(_start, batch, made) for batch in batches_]


def _start(batch: Sequence[Received], made: Laws) -> Steps[object]:
    return resolve(batch, made)


def played(seed: int, at_once: int, faults: Faults) -> tuple[list[Received], MemoryTable]:
    random = Random(seed)
    received = history(random)
    world = World(random, faults)
    world.run(jobs(batches(random, received), laws()), at_once)
    return received, world.graph


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one resolver"),
        pytest.param(3, Faults(conflict=0.1), id="three resolvers, conflicts"),
        pytest.param(8, Faults(conflict=0.05, throttle=0.03, crash=0.05), id="eight, crashing"),
    ],
)
def test_the_stream_computes_the_function(at_once: int, faults: Faults) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        received, table = played(seed, at_once, faults)
        assert not broken_promises(table), f"seed {seed}"
        assert graph_in(table) == expected(received), f"seed {seed}"


def test_a_crash_after_any_call_and_one_redelivery_lose_nothing() -> None:
    """A record counts as seen only when its subject's committed links contain its identifiers."""
    for seed in range(FIRST, FIRST + HISTORIES // 10):
        random = Random(seed)
        received = history(random, most=6)
        for crash_at in range(40):
            graph, journal = MemoryTable(), MemoryTable()
            made = laws()
            finished = run_alone(resolve(received, made), graph, journal, crash_at)
            assert not broken_promises(graph), f"seed {seed}, crash after call {crash_at}"
            run_alone(resolve(received, made), graph, journal)
            assert graph_in(graph) == expected(received), f"seed {seed}, call {crash_at}"
            if finished:
                break
        else:
            pytest.fail(f"seed {seed} takes more than 40 calls")
