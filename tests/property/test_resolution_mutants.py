"""Each condition of the protocol is needed: without any one of them some history goes wrong."""

from collections.abc import Callable
from random import Random

import pytest

from rules.resolution_items import HEAD
from schemas.rows import Key
from tests.property.test_resolution import batches, jobs, laws
from tests.simulator.histories import expected, history
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, World

SEEDS = 400
Forgetting = Callable[[Key], bool]


def none(_key: Key) -> bool:
    return False


def subjects(key: Key) -> bool:
    return key.pk.startswith("S#") and key.sk == HEAD


def identifiers(key: Key) -> bool:
    return key.pk.startswith("I#") and key.sk == HEAD


def islands(key: Key) -> bool:
    return key.pk.startswith("G#")


def records(key: Key) -> bool:
    return key.sk.startswith("R#")


def goes_wrong(seed: int, forgets: Forgetting) -> bool:
    """Whether eight resolvers reach another graph than the function, or break down."""
    random = Random(seed)
    received = history(random)
    world = World(random, Faults(crash=0.05), MemoryTable(forgets=forgets))
    try:
        world.run(jobs(batches(random, received), laws()), 8)
        return bool(broken_promises(world.graph)) or graph_in(world.graph) != expected(received)
    except (AssertionError, KeyError):
        return True


@pytest.mark.parametrize("forgets", [subjects, identifiers, islands, records])
def test_without_its_condition_some_history_goes_wrong(forgets: Forgetting) -> None:
    assert any(goes_wrong(seed, forgets) for seed in range(SEEDS))


def test_with_all_conditions_none_does() -> None:
    assert not any(goes_wrong(seed, none) for seed in range(SEEDS // 4))
