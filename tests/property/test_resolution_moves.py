"""A record whose next version is about somebody else is in exactly one place, at any moment."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

import pytest

from rules.resolution import resolve
from rules.resolution_islands import Laws
from rules.resolution_parting import PARTED
from schemas.rows import Key
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.property.test_resolution_mutants import none
from tests.simulator.histories import expected
from tests.simulator.moving import Told, Watched, amiss, told, turn
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, run_alone

TURNS = 2


def played(
    seed: int,
    at_once: int,
    faults: Faults,
    forgets: Callable[[Key], bool] = none,
    *,
    removing: bool = False,
) -> tuple[Told, MemoryTable]:
    """Old and new, all of it beside removals and turns of the clock; then what is still to do."""
    random = Random(seed)
    story = told(random, removing=removing)
    made = laws()
    world = World(random, faults, Watched(forgets=forgets))
    late = [each for each in story.every if random.random() < 0.3]
    for number, part in enumerate((story.old, story.new, late)):
        removals = [partial(each.steps, made, last=number > 0) for each in story.removed]
        work = [*jobs(batches(random, part), made), *removals, *clock(number, made)]
        random.shuffle(work)
        world.run(work, at_once)
    for number in range(8, 20):
        world.run([partial(turn, number, made)])
    return story, world.graph


def clock(number: int, made: Laws) -> list[Job]:
    return [partial(turn, number, made)] * TURNS


@pytest.mark.parametrize("removing", [False, True])
@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.04, throttle=0.02, crash=0.04), id="eight, crashing"),
    ],
)
def test_the_newest_version_alone_counts(at_once: int, faults: Faults, removing: bool) -> None:
    for seed in range(FIRST, FIRST + HISTORIES):
        story, table = played(seed, at_once, faults, removing=removing)
        assert not broken_promises(table), f"seed {seed}"
        assert not amiss(table), f"seed {seed}"
        assert graph_in(table) == expected(story.left), f"seed {seed}"
        assert not table.query(PARTED, ""), f"seed {seed}"
