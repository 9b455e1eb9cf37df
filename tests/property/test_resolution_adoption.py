"""New rules are swept through the graph beside resolvers, and give what they would have given."""

from dataclasses import replace
from functools import partial
from random import Random

import pytest

from rules.resolution import resolve
from rules.resolution_adoption import adopt
from rules.resolution_calls import Steps
from rules.resolution_islands import Laws
from rules.resolution_restating import Sweep
from schemas.errors import RetryLater
from schemas.policy import IdentifierRule, IdentityRules
from tests.property.test_resolution import FIRST, HISTORIES, batches, jobs, laws
from tests.simulator.histories import RULES, START, Graph, expected, history
from tests.simulator.reading import broken_promises, graph_in
from tests.simulator.store import MemoryTable
from tests.simulator.world import Faults, Job, World, run_alone

FIRST_SWEEP = Sweep("v2", START)
LAST_SWEEP = Sweep("v2", START, last=True)


def changed(random: Random) -> IdentityRules:
    """The same types with other limits, levels and another cap; some unique, or no more."""
    levels = random.choice(((1, 2), (2, 1), (1, 1)))
    types = {
        "email": IdentifierRule(
            level=levels[0],
            limit=random.choice((2, 5)),
            per_subject=random.choice((1, 2, 4)),
            junk=("junk@.*",),
        ),
        "phone": IdentifierRule(
            level=levels[1], limit=random.choice((2, 4)), per_subject=random.choice((1, 3))
        ),
        "shop:customer": IdentifierRule(level=0, limit=random.choice((2, 3, 6))),
        "help:user": IdentifierRule(level=0),
    }
    for name in random.sample(sorted(types), random.choice((0, 0, 1, 2))):
        types[name] = types[name].model_copy(update={"unique": ":" not in name})
    return IdentityRules(
        types=types,
        scope_cap=random.choice((3, 6, 12)),
    )


def adopted(made: Laws) -> Steps[bool]:
    """One page, as one message of the background work; what is left comes again."""
    progress = yield from adopt(FIRST_SWEEP, made)
    if not progress.done:
        raise RetryLater("more pages")
    return True


def swept(made: Laws) -> Steps[bool]:
    """To the end in one go."""
    for sweep in (FIRST_SWEEP, LAST_SWEEP):
        while not (yield from adopt(sweep, made)).done:
            pass
    return True


def played(seed: int, at_once: int, faults: Faults) -> tuple[Graph, MemoryTable]:
    random = Random(seed)
    received = history(random, most=20)
    rules = changed(random)
    old = laws()
    new = replace(old, rules=rules)
    half = len(received) // 2
    world = World(random, faults)
    world.run(jobs(batches(random, received[:half]), old), at_once)
    work: list[Job] = [*jobs(batches(random, received[half:]), new), partial(adopted, new)]
    random.shuffle(work)
    world.run(work, at_once)
    return expected(received, rules), world.graph


@pytest.mark.parametrize(
    "at_once, faults",
    [
        pytest.param(1, Faults(), id="one at a time"),
        pytest.param(8, Faults(conflict=0.03, throttle=0.02, crash=0.03), id="eight, crashing"),
    ],
)
def test_after_the_sweep_the_graph_is_that_of_the_new_rules(at_once: int, faults: Faults) -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 2):
        wanted, table = played(seed, at_once, faults)
        assert not broken_promises(table), f"seed {seed}"
        assert graph_in(table) == wanted, f"seed {seed}"


def test_a_crash_after_any_call_loses_nothing_of_the_sweep() -> None:
    for seed in range(FIRST, FIRST + HISTORIES // 60):
        random = Random(seed)
        received, rules, old = history(random, most=12), changed(random), laws()
        new = replace(old, rules=rules)
        for crash_at in range(seed % 3, 200, 3):
            graph, journal = MemoryTable(), MemoryTable()
            run_alone(resolve(received, old), graph, journal)
            finished = run_alone(swept(new), graph, journal, crash_at)
            assert not broken_promises(graph), f"seed {seed}, call {crash_at}"
            run_alone(swept(new), graph, journal)
            assert graph_in(graph) == expected(received, rules), f"seed {seed}, call {crash_at}"
            if finished:
                break


def test_without_the_sweep_some_history_stays_as_it_was() -> None:
    def differs(seed: int) -> bool:
        random = Random(seed)
        received, rules = history(random), changed(random)
        graph = MemoryTable()
        run_alone(resolve(received, laws()), graph, MemoryTable())
        return graph_in(graph) != expected(received, rules)

    assert changed(Random(0)) != RULES
    assert any(differs(seed) for seed in range(100))
